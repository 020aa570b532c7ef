"""An output, measured: what was handed to the producer, how long after its candle, how long the broker takes.

``candelabra_latency_seconds`` is the time from the **record timestamp of the candle** at whose close a signal (or a
composite) happens to the moment **after the producer has taken the record**: reading, decoding, waiting for the loop,
every step, the exchange between processes, encoding. Not in it: the broker's acknowledgement (see
``candelabra_snapshot_seconds`` of the output), and what the feed took before it wrote the candle. Mind:

- The two times are of two clocks where the feed runs on another machine; below zero counts as zero.
- Of many records at once some are looked at, evenly spread: about ``ENOUGH``.
- A candle that was fetched together with others counts from the newest of them, and only the newest candle of each
  symbol in a fetch is looked at: so when a worker catches up most signals are not in it, and the rest say how far
  behind it is.
- Workers of one machine share the timestamps, so it does not matter which of them reads a candle and which writes what
  follows from it. Across machines only those are measured that begin and end on one.
- After a resume, records that are on the topic already count again, from their candle's old timestamp.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition

from dataflows.health.correlation import correlation_of
from dataflows.health.logs import tell, tells
from dataflows.health.meter import Meter
from dataflows.health.readings import one_more
from schemas.alert import Alert
from schemas.audit import Execution
from schemas.composite import Composite, Consensus, LateSignal
from schemas.dead_letter import DeadLetter
from schemas.lifecycle import State, StrategyStatus
from schemas.metrics import EquityPoint, StrategyMetrics
from schemas.position import PositionChange
from schemas.record import Record, to_milliseconds
from schemas.signal import Signal
from schemas.trade import Trade

ENOUGH = 32
"""Records of one batch whose latency is looked up: at the market's pace all, when a worker catches up a few."""


@dataclass(frozen=True)
class MeteredSink(FixedPartitionedSink[Any, Any]):
    """The parts of ``sink``; ``topic`` is its topic's name without prefix."""

    topic: str
    sink: FixedPartitionedSink[Any, Any]
    meter: Meter

    def list_parts(self) -> list[str]:
        """The sink's."""
        return self.sink.list_parts()

    def part_fn(self, item_key: str) -> int:
        """The sink's."""
        return self.sink.part_fn(item_key)

    def build_part(self, step_id: str, for_part: str, resume_state: Any) -> "MeteredOutput":  # noqa: ANN401  # the sink's own
        """The sink's, measured."""
        part = self.sink.build_part(step_id, for_part, resume_state)
        return MeteredOutput(step_id, self.topic, part, self.meter)


class MeteredOutput(StatefulSinkPartition[Any, Any]):
    """One part."""

    def __init__(self, step_id: str, topic: str, part: StatefulSinkPartition[Any, Any], meter: Meter) -> None:
        self._step = step_id.rpartition(".")[2]  # without the flow's name
        self._topic = topic
        self._part = part
        self._meter = meter
        self._tells_records = tells(logging.DEBUG)
        meter.vitals.output_built()

    def write_batch(self, values: list[Any]) -> None:
        """Hand them on, then count."""
        meter = self._meter
        with meter.vitals.waiting(self._topic):
            self._part.write_batch(values)
        records = meter.readings.records
        records[self._topic] = records.get(self._topic, 0) + len(values)
        if isinstance(values[0], Signal | Composite | Consensus):
            self._note_latency(values[:: len(values) // ENOUGH or 1])
        elif isinstance(values[0], DeadLetter | Alert | StrategyStatus):
            for record in values:
                self._note_rare(record)
        if self._tells_records:
            for record in values:
                _tell_record(record)

    def snapshot(self) -> Any:  # noqa: ANN401  # the sink's own state
        """The part's state, once the broker has everything."""
        begun = time.perf_counter()
        with self._meter.vitals.waiting(self._topic):
            state = self._part.snapshot()
        self._meter.snapshot_took(self._step, time.perf_counter() - begun)
        return state

    def close(self) -> None:
        """Close the part."""
        with self._meter.vitals.waiting(self._topic):
            self._part.close()

    def _note_latency(self, records: Sequence[Signal | Composite | Consensus]) -> None:
        now = self._meter.wall() * 1000
        find, latency = self._meter.stamps.find, self._meter.readings.latency
        for one in records:
            kind, close = ("signal", one.close_time) if isinstance(one, Signal) else ("composite", one.window_end)
            recorded = find(one.symbol, to_milliseconds(close))
            if recorded is not None:
                latency[kind].add(max(0.0, now - recorded) / 1000)

    def _note_rare(self, record: Record) -> None:
        readings = self._meter.readings
        if isinstance(record, DeadLetter):
            one_more(readings.dead_letters, record.reason.value)
            self._meter.dead_letters.note(record.reason.value)
        elif isinstance(record, Alert):
            one_more(readings.alerts, record.kind)
        elif isinstance(record, StrategyStatus) and record.state is State.QUARANTINED:
            tell(
                logging.WARNING,
                "quarantined",
                correlation=correlation_of(record),
                series=record.key,
                version=record.version,
                reason=record.reason,
            )


def _tell_record(record: Record) -> None:
    name, more = _shown(record)
    tell(logging.DEBUG, name, correlation=correlation_of(record), key=getattr(record, "key", None), **more)


def _shown(record: Record) -> tuple[str, dict[str, object]]:
    """What a record is called in the log, and what of it helps to find out more."""
    name = _NAMES.get(type(record), type(record).__name__)
    shown = _SHOWN.get(type(record))
    if shown is not None:
        values = ((field, getattr(record, field)) for field in shown)
        return name, {field: value for field, value in values if value is not None}
    match record:
        case Composite() | Consensus():
            return name, {"id": record.id, "side": record.side, "signals": list(record.signals)}
        case StrategyStatus():
            return name, {"state": record.state.value, "version": record.version, "command": record.command}
        case DeadLetter():
            place = f"{record.topic}[{record.partition}]@{record.offset}"
            return name, {"reason": record.reason.value, "place": place, "detail": record.detail}
    return name, {"id": getattr(record, "id", None)}


_NAMES: dict[type[Record], str] = {
    Signal: "signal",
    Composite: "composite",
    Consensus: "consensus",
    LateSignal: "late signal",
    PositionChange: "position",
    Trade: "trade",
    StrategyMetrics: "metrics",
    EquityPoint: "equity",
    Execution: "execution",
    Alert: "alert",
    StrategyStatus: "status",
    DeadLetter: "dead letter",
}

_SHOWN: dict[type[Record], tuple[str, ...]] = {
    Signal: ("id", "rule", "side", "type"),
    Alert: ("id", "kind", "message"),
    PositionChange: ("id", "change", "position", "reason"),
    Trade: ("id", "side", "profit", "exit_reason"),
    StrategyMetrics: ("version", "status", "position"),
    EquityPoint: ("equity", "drawdown"),
    Execution: ("id", "outcome", "reason", "microseconds"),
}
