"""What a worker process prints, and where."""

from io import StringIO

from dataflows.supervise.worker_process import print_to


def test_an_error_that_nobody_catches_is_printed_where_the_supervisor_looks_for_a_cause() -> None:
    printed = StringIO()
    try:
        raise RuntimeError("panicked")
    except RuntimeError as error:
        print_to(printed, type(error), error, error.__traceback__)
    lines = printed.getvalue().splitlines()
    assert lines[0].startswith("Traceback")
    assert lines[-1] == "RuntimeError: panicked"
