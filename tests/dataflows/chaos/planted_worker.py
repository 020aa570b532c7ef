"""A worker with a fault of its own, by the name in PLANTED: it breaks a promise, and the kill test must see that."""

import os
import sys
from collections.abc import Callable, Iterator

from confluent_kafka import Message

from dataflows.chaos import worker_process
from dataflows.kafka.already import Already
from dataflows.kafka.source import CandlePart, Item
from operators.control.placing import Placing
from operators.control.records import ControlRecord
from operators.risk.kill_switch import Switch


def plant(owner: type, name: str, fault: Callable[..., object]) -> None:
    setattr(owner, name, fault)


def sink_forgets_what_is_there() -> None:
    """It writes whatever is made again, though it is on the topic."""
    plant(Already, "take", lambda *_: False)


def source_skips_a_candle() -> None:
    """Every life of a part but its first passes over the first record that it reads."""
    decode = CandlePart._decode  # noqa: SLF001  # a fault is planted where it hurts
    skipped = set[int]()

    def skipping(part: CandlePart, messages: list[Message], items: list[Item]) -> None:
        is_record = messages[0].error() is None  # and not word of the partition's end
        if part._placing.run > 1 and is_record and id(part) not in skipped:  # noqa: SLF001  # as above
            skipped.add(id(part))
            messages = messages[1:]
        decode(part, messages, items)

    plant(CandlePart, "_decode", skipping)


def command_moves_by_a_candle() -> None:
    """What was placed goes where it was placed on the first life, and a candle later on every other."""
    due = Placing.due

    def late(placing: Placing, candle: int) -> Iterator[ControlRecord]:
        yield from due(placing, candle if placing.run == 1 else candle - 1)

    plant(Placing, "due", late)


def switch_forgets_that_it_has_tripped() -> None:
    """What a portfolio keeps of its kill switch lacks the one thing that it is for."""
    snapshot = Switch.snapshot
    plant(Switch, "snapshot", lambda switch: {**snapshot(switch), "tripped": None, "told": False})


if __name__ == "__main__":
    globals()[os.environ["PLANTED"]]()
    sys.exit(worker_process.main(sys.argv[1:]))
