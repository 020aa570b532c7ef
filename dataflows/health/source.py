"""The feed, measured: signs of life, commands taken, when candles were recorded. Items and states pass as they are."""

import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition

from dataflows.health.correlation import correlation_id
from dataflows.health.logs import tell, tells
from dataflows.health.meter import Meter
from operators.events import CandleBatch, Command, Enrolment, Listing
from schemas.timeframe import timeframe_ms


@runtime_checkable
class Recording(Protocol):
    """A part that says when its newest record was recorded, in milliseconds since the epoch; 0 where it has none."""

    @property
    def recorded_ms(self) -> int:
        """The timestamp of the newest record that the part has given."""
        ...


@dataclass(frozen=True)
class MeteredSource(FixedPartitionedSource[Any, Any]):
    """The parts of ``source``, each measured under its own name, which is a stored format."""

    source: FixedPartitionedSource[Any, Any]
    meter: Meter

    def list_parts(self) -> list[str]:
        """The source's."""
        parts = self.source.list_parts()
        self.meter.vitals.listed()
        return parts

    def build_part(self, step_id: str, for_part: str, resume_state: Any) -> "MeteredPart":  # noqa: ANN401  # the source's own
        """The source's, measured."""
        part = self.source.build_part(step_id, for_part, resume_state)
        kind, _, partition = for_part.partition("/")
        if kind == "candles":
            self.meter.readings.partitions.append(int(partition))
        if resume_state is not None:
            self.meter.offsets[for_part] = _offset(resume_state)
        return MeteredPart(step_id, for_part, part, self.meter)


class MeteredPart(StatefulSourcePartition[Any, Any]):
    """One part."""

    def __init__(self, step_id: str, name: str, part: StatefulSourcePartition[Any, Any], meter: Meter) -> None:
        self._step = step_id.rpartition(".")[2]
        self._name = name
        self._part = part
        self._recording = part if isinstance(part, Recording) else None
        self._meter = meter
        self._tells_candles = tells(logging.DEBUG)
        meter.vitals.built(name)

    def next_batch(self) -> Iterable[Any]:
        """The part's items."""
        vitals = self._meter.vitals
        first = vitals.first_look is None
        vitals.looked(self._name)
        if first:
            self._meter.first_look()
        items = self._part.next_batch()
        if not items:
            return items
        whole = items if isinstance(items, list) else list(items)
        self._took(whole)
        return whole

    def next_awake(self) -> datetime | None:
        """The part's."""
        return self._part.next_awake()

    def snapshot(self) -> Any:  # noqa: ANN401  # the source's own state
        """The part's state."""
        begun = time.perf_counter()
        state = self._part.snapshot()
        self._meter.snapshot_took(self._step, time.perf_counter() - begun)
        self._meter.readings.snapshot_at = self._meter.wall()
        return state

    def close(self) -> None:
        """Close the part."""
        self._part.close()

    def _took(self, items: Sequence[tuple[str, Any]]) -> None:
        meter = self._meter
        recorded = self._recording.recorded_ms if self._recording is not None else 0
        if recorded <= 0:
            recorded = int(meter.wall() * 1000)
        note = meter.stamps.note
        commands: list[Command | Enrolment | Listing] = []
        for _key, item in items:
            if type(item) is CandleBatch:
                row = item.rows[-1]
                note(row[0], row[2] + timeframe_ms(row[1]), recorded)
                if self._tells_candles:
                    _tell_candles(item)
            elif type(item) is Command or type(item) is Listing or type(item) is Enrolment:
                commands.append(item)
        if commands:
            counts = meter.readings.commands
            counts[self._name] = counts.get(self._name, 0) + len(commands)
            _tell_commands(self._name, commands)


def _tell_candles(batch: CandleBatch) -> None:
    """A line for each candle: at this level somebody looks for one."""
    for row, offset in zip(batch.rows, batch.offsets, strict=True):
        close = row[2] + timeframe_ms(row[1])
        tell(
            logging.DEBUG,
            "candle",
            correlation=correlation_id(row[0], close),
            timeframe=row[1],
            close=row[6],
            place=f"{batch.topic}[{batch.partition}]@{offset}",
        )


def _tell_commands(part: str, given: Sequence[Command | Enrolment | Listing]) -> None:
    """One line for each command, however many symbols it was given to."""
    symbols: dict[tuple[str, str, str], int] = {}
    listings = 0
    for one in given:
        if isinstance(one, Command):
            desired = one.desired
            named = (f"{desired.strategy}@{desired.version}", desired.state, desired.command)
            symbols[named] = symbols.get(named, 0) + 1
        else:
            listings += 1
    if len(symbols) > _MANY:
        tell(logging.INFO, "commands placed", part=part, commands=len(symbols), symbols=sum(symbols.values()))
    else:
        for (strategy, state, command), count in symbols.items():
            tell(
                logging.INFO,
                "command placed",
                part=part,
                strategy=strategy,
                state=state,
                command=command,
                symbols=count,
            )
    if listings:
        tell(logging.INFO, "watchlist placed", part=part, symbols=listings)


_MANY = 10
"""More commands than this at once are told of in one line: a symbol that is new gets all that are in force."""


def _offset(state: object) -> object:
    """What a person wants to know of a part's state: the offset of its next record."""
    return state.get("candles", state.get("control")) if isinstance(state, dict) else state
