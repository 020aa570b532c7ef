"""What a flow failed with is known, also where Bytewax makes a panic of it on the way."""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import bytewax.operators as op
import pytest
from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from bytewax.operators import StatefulBatchLogic
from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition
from bytewax.testing import run_main

from dataflows.brokers.ports import mesh_addresses
from dataflows.first_error import FirstError

PLACES = ("list", "build", "read", "step build", "step", "map", "sink list", "sink build", "write", "snapshot")


class Trouble(Exception):
    """What a test plants."""


class Everywhere(
    FixedPartitionedSource[Any, Any],
    StatefulSourcePartition[Any, Any],
    FixedPartitionedSink[Any, Any],
    StatefulSinkPartition[Any, Any],
):
    """A source, its part, a sink and its part, which fail at one place."""

    def __init__(self, place: str, *, sink: bool = False) -> None:
        self._place = place
        self._sink = "sink " if sink else ""
        self._items = [[("key", 1), ("key", 2)]]
        self.wrote: list[int] = []

    def _at(self, place: str) -> None:
        if place == self._place:
            raise Trouble(place)

    def list_parts(self) -> list[str]:
        self._at(f"{self._sink}list")
        return ["part"]

    def build_part(self, step_id: str, for_part: str, resume_state: Any) -> Any:  # noqa: ANN401  # as Bytewax has it
        assert (step_id.split(".")[1], for_part, resume_state) in {("in", "part", None), ("out", "part", None)}
        self._at(f"{self._sink}build")
        return self

    def next_batch(self) -> Iterable[Any]:
        self._at("read")
        if not self._items:
            raise StopIteration
        return self._items.pop()

    def write_batch(self, values: list[int]) -> None:
        self._at("write")
        self.wrote += values

    def snapshot(self) -> None:
        if not self._sink:
            self._at("snapshot")


class Doubling(StatefulBatchLogic[int, int, None]):
    def __init__(self, trouble: Everywhere) -> None:
        self._trouble = trouble

    def on_batch(self, values: list[int]) -> tuple[list[int], bool]:
        self._trouble._at("step")  # noqa: SLF001  # of this test
        return [2 * value for value in values], StatefulBatchLogic.RETAIN

    def snapshot(self) -> None:
        return None


def flow_that_fails_at(place: str) -> tuple[Dataflow, Everywhere]:
    flow, source, sink = Dataflow("planted"), Everywhere(place), Everywhere(place, sink=True)

    def build(resume: None) -> Doubling:
        assert resume is None
        source._at("step build")  # noqa: SLF001  # of this test
        return Doubling(source)

    def add(value: int) -> int:
        source._at("map")  # noqa: SLF001  # of this test
        return value + 1

    doubled = op.stateful_batch("double", op.input("in", flow, source), build)
    op.output("out", op.map_value("add", doubled, add), sink)
    return flow, sink


def test_a_flow_that_does_not_fail_does_what_it_would_and_notes_nothing() -> None:
    flow, sink = flow_that_fails_at("nowhere")
    first = FirstError()
    run_main(first.watch(flow))  # type: ignore[no-untyped-call]  # Rust, stubbed without types
    assert sink.wrote == [3, 5]
    assert first.error is None


@pytest.mark.parametrize("place", PLACES)
def test_what_is_raised_is_noted_wherever_it_is_raised(place: str) -> None:
    flow, _ = flow_that_fails_at(place)
    first = FirstError()
    with pytest.raises(BaseException):  # noqa: B017, PT011  # whatever Bytewax makes of it
        run_main(first.watch(flow))  # type: ignore[no-untyped-call]  # as above
    assert isinstance(first.error, Trouble)
    assert str(first.error) == place


WORKER = """
import sys
from bytewax.run import cli_main
from dataflows.first_error import FirstError
from tests.dataflows.test_first_error import flow_that_fails_at

flow, _ = flow_that_fails_at("read")
first = FirstError()
try:
    cli_main(first.watch(flow), process_id=int(sys.argv[1]), addresses=sys.argv[2:])
except BaseException as error:
    print(type(error).__name__, repr(first.error), sep=" / ")
"""


def test_one_of_several_processes_tells_it_though_bytewax_only_tells_of_a_panic() -> None:
    addresses = mesh_addresses(2)
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(number), *addresses],
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for number in range(2)
    ]
    try:
        said = sorted(worker.communicate(timeout=60)[0].splitlines()[-1] for worker in workers)
    finally:
        for worker in workers:
            worker.kill()
    assert said == ["PanicException / None", "PanicException / Trouble('read')"]
