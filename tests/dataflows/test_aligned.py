"""Several sources as one input: every part is there, under a name that leads back to its source."""

from datetime import UTC, datetime, timedelta
from typing import Any

import bytewax.operators as op
import pytest
from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from bytewax.testing import TestingSink, run_main

from dataflows.aligned import AlignedSources, Looks
from dataflows.prove.moved_clock import MovedClock


class Letters(StatefulSourcePartition[str, int]):
    def __init__(self, letters: str, start: int) -> None:
        self.letters, self.next = letters, start

    def next_batch(self) -> list[str]:
        if self.next >= len(self.letters):
            raise StopIteration
        self.next += 1
        return [self.letters[self.next - 1]]

    def snapshot(self) -> int:
        return self.next


class Alphabet(FixedPartitionedSource[str, int]):
    def __init__(self, **parts: str) -> None:
        self.parts = parts

    def list_parts(self) -> list[str]:
        return list(self.parts)

    def build_part(self, step_id: str, for_part: str, resume_state: int | None) -> Letters:
        del step_id
        return Letters(self.parts[for_part], resume_state or 0)


class Clocked(Letters):
    """Letters one by one, each to be asked for a moment after the one before."""

    def next_awake(self) -> datetime:
        return datetime.now(UTC) + timedelta(milliseconds=1)


class OneClocked(Alphabet):
    def build_part(self, step_id: str, for_part: str, resume_state: int | None) -> Letters:
        del step_id
        return Clocked(self.parts[for_part], resume_state or 0)


@pytest.fixture
def aligned() -> AlignedSources:
    sources: dict[str, FixedPartitionedSource[Any, Any]] = {
        "latin": Alphabet(low="abc", up="AB"),
        "digits": Alphabet(low="12"),
    }
    return AlignedSources(sources)


def test_parts_are_named_by_source_and_part(aligned: AlignedSources) -> None:
    assert aligned.list_parts() == ["latin/low", "latin/up", "digits/low"]


def test_a_part_resumes_in_its_own_source(aligned: AlignedSources) -> None:
    assert aligned.build_part("feed", "latin/low", 1).next_batch() == ["b"]
    assert aligned.build_part("feed", "digits/low", None).next_batch() == ["1"]


def test_everything_of_all_sources_comes_through(aligned: AlignedSources) -> None:
    out: list[str] = []
    flow = Dataflow("letters")
    op.output("out", op.input("in", flow, aligned), TestingSink(out))
    run_main(flow)  # type: ignore[no-untyped-call]  # Rust, stubbed without types
    assert sorted(out) == sorted("abcAB12")
    assert [one for one in out if one in "abc"] == list("abc")


def test_a_part_is_looked_at_on_time_however_far_the_clock_is_from_that_of_bytewax() -> None:
    """As after the system's clock was set back by an hour: the times that were asked for lie an hour ahead."""
    out: list[str] = []
    flow = Dataflow("letters")
    letters = op.input("feed", flow, AlignedSources({"latin": OneClocked(low="abc"), "digits": OneClocked(low="12")}))
    op.output("out", letters, TestingSink(out))
    with MovedClock() as clock:
        clock.offset_s = 3_600.0
        run_main(flow)  # type: ignore[no-untyped-call]  # Bytewax does not type it
    assert sorted(out) == ["1", "2", "a", "b", "c"]


def test_a_part_is_not_looked_at_before_it_asks_for_it() -> None:
    looks = Looks()
    looks.looked("slow", 60.0)
    assert looks.is_due("fast")
    looks.looked("fast", 0.0)
    assert looks.is_due("fast")
    assert not looks.is_due("slow")
    looks.ended("slow")
    assert looks.is_due("slow")
