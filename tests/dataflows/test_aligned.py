"""Several sources as one input: every part is there, under a name that leads back to its source."""

from typing import Any

import bytewax.operators as op
import pytest
from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from bytewax.testing import TestingSink, run_main

from dataflows.aligned import AlignedSources


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
