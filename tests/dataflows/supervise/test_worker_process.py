"""What a worker process prints, and where."""

from io import StringIO

import pytest

from dataflows.supervise.worker_process import print_to


def test_an_error_that_nobody_catches_is_printed_where_the_supervisor_looks_for_a_cause() -> None:
    printed = StringIO()
    with pytest.raises(ValueError, match="no number") as caught:
        int("no number")
    print_to(printed, caught.type, caught.value, caught.tb)
    lines = printed.getvalue().splitlines()
    assert lines[0].startswith("Traceback")
    assert lines[-1].startswith("ValueError: invalid literal")
