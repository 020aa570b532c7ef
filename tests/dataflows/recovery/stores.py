"""Stores as Bytewax makes them: a small flow that counts by key, run to its end or killed."""

import resource
import subprocess
import sys
import time
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.run import cli_main
from bytewax.testing import TestingSink

from dataflows.recovery.explain import explain
from dataflows.settings import Settings

KEYS = 20
PARTITIONS = 3


def settings_for(folder: Path | None, **more: object) -> Settings:
    given: dict[str, Any] = {"recovery_dir": folder, "partitions": PARTITIONS, **more}
    return Settings(
        _env_file=None,  # type: ignore[call-arg]  # pydantic-settings' own argument, of no type without its plugin
        **given,
    )


class Numbers(StatefulSourcePartition[tuple[str, int], int]):
    """Numbers up to an end, a key for each of twenty in turn, ten at a time, with a pause before each ten."""

    def __init__(self, end: int, begin: int, pause: float) -> None:
        self._end, self._next, self._pause = end, begin, pause

    def next_batch(self) -> Iterable[tuple[str, int]]:
        if self._next >= self._end:
            raise StopIteration
        time.sleep(self._pause)
        batch = [(f"key-{number % KEYS}", number) for number in range(self._next, self._next + 10)]
        self._next += 10
        return batch

    def snapshot(self) -> int:
        return self._next


class NumberSource(FixedPartitionedSource[tuple[str, int], int]):
    def __init__(self, end: int, pause: float) -> None:
        self._end, self._pause = end, pause

    def list_parts(self) -> list[str]:
        return ["numbers"]

    def build_part(self, step_id: str, for_part: str, resume_state: int | None) -> Numbers:
        del step_id, for_part
        return Numbers(self._end, resume_state or 0, self._pause)


def count_to(folder: Path, end: int, pad: int = 10, pause: float = 0.0) -> dict[str, int]:
    """Go on in the store until so many numbers were counted; the last count of each key that had any."""
    found: list[tuple[str, int]] = []

    def count(state: tuple[int, str] | None, _number: int) -> tuple[tuple[int, str], int]:
        counted = (0 if state is None else state[0]) + 1
        return (counted, "x" * pad), counted

    flow = Dataflow("counting")
    numbers = op.input("feed", flow, NumberSource(end, pause))
    op.output("out", op.stateful_map("count", numbers, count), TestingSink(found))
    cli_main(  # type: ignore[no-untyped-call]  # Rust, stubbed without types
        flow,
        epoch_interval=timedelta(0),
        recovery_config=RecoveryConfig(folder, timedelta(0)),  # type: ignore[no-untyped-call]  # as above
    )
    return dict(found)


def counted_store(folder: Path, end: int = 200, partitions: int = PARTITIONS) -> Path:
    """A store that a run to its end has left, without a manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    init_db_dir(folder, partitions)  # type: ignore[no-untyped-call]  # Rust, stubbed without types
    count_to(folder, end)
    return folder


def counting_process(
    folder: Path, end: int, pad: int = 10, *, pause: float = 0.0, file_bytes: int = 0
) -> "subprocess.Popen[str]":
    """The same in a process of its own, which may write no longer files than that; prints what ended it, explained."""
    command = [sys.executable, "-m", "tests.dataflows.recovery.stores", str(folder)]
    numbers = map(str, (end, pad, pause, file_bytes))
    return subprocess.Popen([*command, *numbers], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def main(folder: str, end: str, pad: str, pause: str, file_bytes: str) -> None:
    if file_bytes != "0":
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(file_bytes), resource.RLIM_INFINITY))
    try:
        counts = count_to(Path(folder), int(end), int(pad), float(pause))
    except Exception as error:  # noqa: BLE001  # whatever Bytewax raises is what is to be explained
        refused = explain(error, Path(folder))
        sys.stdout.write(f"{type(refused).__name__}: {refused}\n")
    else:
        sys.stdout.write(f"counted {sum(counts.values())}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
