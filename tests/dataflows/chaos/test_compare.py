"""Lost, repeated, different: each is counted as what it is, and shown."""

import pytest

from dataflows.chaos.compare import compared
from schemas.codec import Codec
from schemas.framing import SingleObject
from schemas.lifecycle import State, StrategyStatus

ENCODE = Codec(SingleObject()).encode
A, B, C, D = (
    ENCODE(StrategyStatus(strategy="swing", state=State.RUNNING, command=command)) for command in ("a", "b", "c", "d")
)


@pytest.mark.parametrize(
    ("there", "counts"),
    [
        ([A, B, C], (0, 0, 0)),
        ([A, C], (1, 0, 0)),
        ([], (3, 0, 0)),
        ([A, B, B, C], (0, 1, 0)),
        ([A, B, C, A, B], (0, 2, 0)),
        ([A, B, C, D], (0, 0, 1)),
        ([A, D, C], (1, 0, 1)),
        ([B, A, C], (0, 0, 2)),
        ([C, C, A], (1, 1, 2)),
    ],
)
def test_one_key_beside_its_reference(there: list[bytes], counts: tuple[int, int, int]) -> None:
    found = compared({"status": {"swing": [A, B, C]}}, {"status": {"swing": there}})
    assert (found.lost, found.repeated, found.different) == counts
    assert found.records == {"status": 3}
    assert bool(found.findings) == any(counts)


def test_a_key_or_a_topic_that_the_reference_lacks_is_different() -> None:
    found = compared({"status": {"swing": [A]}}, {"status": {"swing": [A], "other": [B]}, "alerts": {}})
    assert (found.lost, found.repeated, found.different) == (0, 0, 1)
    (finding,) = found.findings
    assert (finding.kind, finding.topic, finding.key) == ("different", "status", "other")
    assert '"command":"b"' in finding.detail


def test_a_record_that_is_due_more_than_once_may_be_there_as_often() -> None:
    assert compared({"status": {"swing": [A, A]}}, {"status": {"swing": [A, A]}}).repeated == 0
    assert compared({"status": {"swing": [A, A]}}, {"status": {"swing": [A]}}).lost == 1
    assert compared({"status": {"swing": [A, A]}}, {"status": {"swing": [A, A, A]}}).repeated == 1


def test_records_that_cannot_be_read_are_shown_as_bytes() -> None:
    found = compared({"status": {}}, {"status": {"swing": [b"\xff\x00"]}})
    assert found.different == 1
    assert "ff00" in found.findings[0].detail
