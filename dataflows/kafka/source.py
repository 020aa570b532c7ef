"""The candle feed from Kafka: one part per partition, batches decoded at once, offsets in the recovery state.

Delivery: a part goes on exactly where its snapshot was taken. The offset lives in Bytewax's recovery store together
with the state that it led to; it is committed to a consumer group too, for lag tools only, and never read back from
there. An offset that is gone from the broker is an error (``OffsetLost``), never a jump.
"""

import contextlib
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypedDict

from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from dataflows.graph import FeedItem
from dataflows.kafka.client import ClientConfig, reader_config
from dataflows.kafka.control_log import ControlLog
from dataflows.kafka.messages import checked, dead_letter_of, is_end
from dataflows.kafka.metadata import check_single_partition, offset_range, partition_count
from dataflows.stop import StopFlag
from operators.control.fanout import Fanout
from operators.control.registry import Registry
from operators.events import CandleBatch
from operators.strategy.catalog import Catalog
from operators.tally import Tally
from schemas.candle_row import CandleRow
from schemas.codec import Codec, DecodeError
from schemas.dead_letter import DeadLetter, Reason
from schemas.record import from_milliseconds
from schemas.timeframe import timeframe_ms

SCHEMA_VERSION = 1

CONTROL_SECONDS = 0.02
"""Between two looks at the control topic: a command can wait so long, a candle should not wait for a look."""
IDLE = timedelta(milliseconds=1.5)
"""Until the next look at a partition that had nothing."""

Item = tuple[str, FeedItem]


class PartState(TypedDict):
    """What a part resumes from: the next offsets of candles and control log, and the symbols that it has met."""

    schema_version: int
    candles: int
    control: int
    symbols: Sequence[str]


@dataclass(frozen=True)
class CandleSource(FixedPartitionedSource[Item, PartState]):
    """Candles by symbol with the control log merged in.

    Items are ``(symbol, CandleBatch | Command | Listing)`` or ``(key, DeadLetter)``. Each part reads the whole control
    topic before its first candle and follows it afterwards, so a command, or what the watchlist says of it, reaches a
    symbol between two of its candles and nowhere else. ``bounded``: end where the topics ended at the start.

    Keys are spread over all workers, so one that has no part goes on with states that name versions too. Each worker
    lists the parts before it restores any state or takes any item, and that is when its catalog learns them.
    """

    client_config: ClientConfig = field(repr=False)  # may hold secrets
    candles_topic: str
    control_topic: str
    codec: Codec
    catalog: Catalog
    tally: Tally
    stop: StopFlag
    placements_topic: str = ""
    group: str = "candelabra"
    max_clock_skew_ms: int = 60_000
    batch_size: int = 8_192
    bounded: bool = False

    def list_parts(self) -> list[str]:
        """One part for each partition of the candle topic, as it is at the start; the catalog knows every version."""
        check_single_partition(self.client_config, self.control_topic)
        registry = Registry(self.catalog)
        with contextlib.closing(ControlLog(self.client_config, self.control_topic, self.codec)) as log:
            for entry in log.whole():
                if not isinstance(entry.record, DeadLetter):
                    registry.apply(entry.record)
        return [str(number) for number in range(partition_count(self.client_config, self.candles_topic))]

    def build_part(self, step_id: str, for_part: str, resume_state: PartState | None) -> "CandlePart":
        """The part of one partition."""
        del step_id
        if resume_state is not None and resume_state["schema_version"] != SCHEMA_VERSION:
            found = resume_state["schema_version"]
            raise ValueError(f"candle source: expected state of schema version {SCHEMA_VERSION}, got {found}")
        return CandlePart(self, int(for_part), resume_state)


class CandlePart(StatefulSourcePartition[Item, PartState]):
    """One partition of the candle topic."""

    def __init__(self, source: CandleSource, partition: int, resume: PartState | None) -> None:
        self._source = source
        self._partition = partition
        self._consumer = Consumer({**reader_config(source.client_config), "enable.partition.eof": source.bounded})
        if resume is None:  # a first start: the oldest candle that there is
            self._next, _ = offset_range(self._consumer, source.candles_topic, partition)
        else:
            self._next = resume["candles"]
        self._ended = False
        self._idle = False
        self._control_due = 0.0
        self._control = ControlLog(source.client_config, source.control_topic, source.codec)
        registry = Registry(source.catalog)
        self._fanout = Fanout(registry, () if resume is None else resume["symbols"])
        known = self._next_control = 0 if resume is None else resume["control"]
        self._pending: list[Item] = []
        for entry in self._control.whole():
            if isinstance(entry.record, DeadLetter):
                continue  # reported by the control source, once for all parts
            if entry.offset < known:
                registry.apply(entry.record)  # the symbols' own state has it already
            else:
                self._pending += [(one.symbol, one) for one in self._fanout.control(entry.record)]
        self._consumer.assign([TopicPartition(source.candles_topic, partition, self._next)])

    def next_batch(self) -> Iterable[Item]:
        """Whatever is there, without waiting."""
        if self._ended or self._source.stop.is_set:
            raise StopIteration
        items, self._pending = self._pending, []
        now = time.monotonic()
        for entry in self._control.poll() if now >= self._control_due else ():
            if not isinstance(entry.record, DeadLetter):
                items += [(one.symbol, one) for one in self._fanout.control(entry.record)]
        if now >= self._control_due:
            self._next_control = self._control.position
            self._control_due = now + CONTROL_SECONDS
        messages = self._consumer.consume(num_messages=self._source.batch_size, timeout=0)
        self._idle = not messages
        if messages:
            self._decode(messages, items)
            self._note_lag()
        return items

    def next_awake(self) -> datetime | None:
        """At once while there is something to read, else in a moment."""
        return datetime.now(UTC) + IDLE if self._idle else None

    def snapshot(self) -> PartState:
        """The next offsets; also committed for lag tools, whose loss would harm nobody."""
        place = TopicPartition(self._source.candles_topic, self._partition, self._next)
        with contextlib.suppress(KafkaException):  # the recovery store has the offset that counts
            self._consumer.commit(offsets=[place], asynchronous=True)
        return PartState(
            schema_version=SCHEMA_VERSION,
            candles=self._next,
            control=self._next_control,
            symbols=self._fanout.symbols,
        )

    def close(self) -> None:
        """Leave the broker."""
        self._consumer.close()
        self._control.close()

    def _note_lag(self) -> None:
        """How far the end is, by what the client was told with its last fetch: it asks the broker nothing."""
        place = TopicPartition(self._source.candles_topic, self._partition)
        _oldest, end = self._consumer.get_watermark_offsets(place, cached=True)
        self._source.tally.lag[self._partition] = max(0, end - self._next)

    def _decode(self, messages: list[Message], items: list[Item]) -> None:
        decode = self._source.codec.decode_candle_row
        skew = self._source.max_clock_skew_ms
        by_symbol: dict[str, tuple[list[CandleRow], list[int], list[bytes | None]]] = {}
        for message in checked(messages):
            offset: int = message.offset()  # type: ignore[assignment]  # None only before a message has been to a broker
            if is_end(message):
                self._ended = True
                continue
            self._next = offset + 1
            payload = message.value()
            try:
                row = decode(payload)
                recorded = message.timestamp()[1]
                if row[2] + timeframe_ms(row[1]) > recorded + skew:
                    _refuse_the_future(row, recorded, skew)
            except DecodeError as error:
                letter = dead_letter_of(message, error)
                self._source.tally.dead_letters += 1
                items.append((letter.key, letter))
                continue
            if not row[8]:
                continue  # still forming: the chart's business
            symbol = row[0]
            known = by_symbol.get(symbol)
            if known is None:
                known = by_symbol[symbol] = ([], [], [])
            known[0].append(row)
            known[1].append(offset)
            known[2].append(payload)
        topic, partition = self._source.candles_topic, self._partition
        for symbol, (rows, offsets, payloads) in by_symbol.items():
            items += [(symbol, one) for one in self._fanout.symbol(symbol)]
            items.append((symbol, CandleBatch(symbol, topic, partition, rows, offsets, payloads)))


def _refuse_the_future(row: CandleRow, recorded: int, skew: int) -> None:
    """``recorded`` is the record's own timestamp, so that a repeat judges alike; 0 or less: it has none."""
    known_at = row[2] + timeframe_ms(row[1]) if row[8] else row[2]
    if known_at > recorded + skew and recorded > 0:
        at, written = from_milliseconds(known_at).isoformat(), from_milliseconds(recorded).isoformat()
        happens = "closes" if row[8] else "opens"
        raise DecodeError(
            Reason.FROM_THE_FUTURE,
            f"{row[0]} {row[1]}: the candle {happens} at {at}, but was recorded before, at {written}",
        )
