"""A worker with a fault of its own, by the name in PLANTED: it breaks a promise, and the kill test must see that."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping

from dataflows.chaos import worker_process
from dataflows.kafka.already import Already
from dataflows.kafka.source import CandlePart, CandleSource
from operators.control.placing import Placing
from operators.control.registry import ControlRecord


def plant(owner: type, name: str, fault: Callable[..., object]) -> None:
    setattr(owner, name, fault)


def sink_forgets_what_is_there() -> None:
    """It writes whatever is made again, though it is on the topic."""
    plant(Already, "take", lambda *_: False)


def source_skips_a_candle() -> None:
    """A part that resumes goes on one candle too far."""
    build = CandleSource.build_part

    def skipping(
        source: CandleSource, step_id: str, for_part: str, resume_state: Mapping[str, int] | None
    ) -> CandlePart:
        further = None if resume_state is None else {**resume_state, "candles": resume_state["candles"] + 1}
        return build(source, step_id, for_part, further)

    plant(CandleSource, "build_part", skipping)


def command_moves_by_a_candle() -> None:
    """What was placed goes where it was placed on the first life, and a candle later on every other."""
    due = Placing.due

    def late(placing: Placing, candle: int) -> Iterator[ControlRecord]:
        yield from due(placing, candle if placing.run == 1 else candle - 1)

    plant(Placing, "due", late)


if __name__ == "__main__":
    globals()[os.environ["PLANTED"]]()
    sys.exit(worker_process.main(sys.argv[1:]))
