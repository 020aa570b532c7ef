"""What a worker tells of its end reaches its supervisor whole."""

import pytest

from dataflows.errors import BrokerUnreachable, CandelabraError, DeliveryFailed, TopicUnfit
from dataflows.supervise.report import read_report
from dataflows.supervise.worker import report_of
from dataflows.worker import MeshBroken


@pytest.mark.parametrize(
    ("error", "flags"),
    [
        (BrokerUnreachable("the broker says nothing"), (False, False, True)),
        (DeliveryFailed("the broker did not take a record"), (False, False, False)),
        (TopicUnfit("no placement"), (True, False, False)),
        (MeshBroken("worker 1 is gone"), (False, True, False)),
    ],
    ids=lambda one: type(one).__name__,
)
def test_a_failure_says_what_it_means_for_the_run(error: CandelabraError, flags: tuple[bool, bool, bool]) -> None:
    report = read_report(report_of(error).line())
    assert report.message == str(error)
    assert (report.permanent, report.consequence, report.unworked) == flags
