"""The candle feed from Kafka: one part per partition, batches decoded at once, offsets in the recovery state.

Delivery: a part goes on exactly where its snapshot was taken. The offset lives in Bytewax's recovery store together
with the state that it led to; it is committed to a consumer group too, for lag tools only, and never read back from
there. An offset that is gone from the broker is an error (``OffsetLost``), never a jump.

Before which candle a control record is worked depends on when it comes, and on nothing else in the flow does anything
of that kind. So that is decided once and journaled before it is acted on (``operators.control.placing``): candles alone
never wait for the broker, and whoever works them again finds every command before the same one.
"""

import contextlib
import time
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from dataflows.errors import TopicUnfit
from dataflows.graph import FeedItem
from dataflows.kafka.client import ClientConfig, reader_config
from dataflows.kafka.control_log import ControlEntry, ControlLog
from dataflows.kafka.feed_now import feed_now
from dataflows.kafka.messages import checked, dead_letter_of, is_end
from dataflows.kafka.metadata import offset_range
from dataflows.kafka.placements import Journal, Worked, claim_run
from dataflows.kafka.source_state import SCHEMA_VERSION, Feed, PartState, resumable, resumed
from dataflows.kafka.topics import ensure_topic
from dataflows.stop import StopFlag
from operators.control.fanout import Fanout
from operators.control.placing import Entry, Placing
from operators.control.registry import Registry
from operators.events import CandleBatch
from operators.strategy.catalog import Catalog
from operators.tally import Tally
from schemas.candle_row import CandleRow
from schemas.codec import Codec, DecodeError
from schemas.dead_letter import DeadLetter, Reason
from schemas.placement import Placement
from schemas.record import from_milliseconds
from schemas.timeframe import timeframe_ms
from schemas.topics import PLACEMENTS

CONTROL_SECONDS = 0.02
"""Between two looks at the control topic: a command can wait so long, a candle should not wait for a look."""
IDLE = timedelta(milliseconds=1.5)
"""Until the next look at a partition that had nothing."""

Item = tuple[str, FeedItem]


_BySymbol = dict[str, tuple[list[CandleRow], list[int], list[bytes | None]]]
"""Rows, offsets and payloads of the candles that go on together."""


@dataclass(frozen=True)
class CandleSource(FixedPartitionedSource[Item, PartState]):
    """Candles by symbol with the control log merged in.

    Items are ``(symbol, CandleBatch | Command | Listing)`` or ``(key, DeadLetter)``. Each part reads the whole control
    topic before its first candle and follows it afterwards, so a command, or what the watchlist says of it, reaches a
    symbol between two of its candles and nowhere else. ``bounded``: each part ends as soon as it has caught up.

    ``parameters`` is the canonical JSON of what the answers depend on beside candles and control records; it is kept
    with each run on ``placements_topic``, which is made, with ``replication_factor``, where it is missing. ``group`` is
    the consumer group whose committed offsets show lag tools how far the candles were read.

    Keys are spread over all workers, so one that has no part goes on with states that name versions too. Each worker
    lists the parts before it restores any state or takes any item, and that is when its catalog learns them.
    """

    client_config: ClientConfig = field(repr=False)  # may hold secrets
    candles_topic: str
    control_topic: str
    placements_topic: str
    codec: Codec
    catalog: Catalog
    tally: Tally
    stop: StopFlag
    parameters: str = ""
    replication_factor: int = 1
    group: str = "candelabra"
    max_clock_skew_ms: int = 60_000
    batch_size: int = 8_192
    bounded: bool = False

    def list_parts(self) -> list[str]:
        """One part for each partition of the candle topic, as it is at the start; the catalog knows every version."""
        count, factor = self.feed.partitions, self.replication_factor
        ensure_topic(self.client_config, self.placements_topic, PLACEMENTS, partitions=1, replication_factor=factor)
        registry = Registry(self.catalog)
        with contextlib.closing(ControlLog(self.client_config, self.control_topic, self.codec)) as log:
            for entry in log.whole(lambda: self.stop.is_set):
                if not isinstance(entry.record, DeadLetter):
                    registry.apply(entry.record)
        return [str(number) for number in range(count)]

    def build_part(self, step_id: str, for_part: str, resume_state: Mapping[str, Any] | None) -> "CandlePart":
        """The part of one partition."""
        del step_id
        partition = int(for_part)
        state = None if resume_state is None else resumable(resume_state, self.feed, partition)
        return CandlePart(self, partition, state)

    @cached_property
    def feed(self) -> Feed:
        """What is read, asked of the broker once."""
        return feed_now(self.client_config, self.candles_topic, self.control_topic)


class CandlePart(StatefulSourcePartition[Item, PartState]):
    """One partition of the candle topic."""

    def __init__(self, source: CandleSource, partition: int, resume: PartState | None) -> None:
        def asked_to_end() -> bool:
            return source.stop.is_set

        self._source = source
        self._partition = partition
        config = {
            **reader_config(source.client_config),
            "group.id": source.group,
            "enable.partition.eof": source.bounded,
        }
        self._consumer = Consumer(config)
        # The embedded broker tells an end that is too low: what is promised of crashes needs Apache Kafka.
        oldest, end = offset_range(self._consumer, source.candles_topic, partition)
        self._journal = Journal(source.client_config, source.placements_topic, source.codec)
        run, journal = claim_run(
            source.client_config,
            source.placements_topic,
            source.codec,
            partition,
            above=0 if resume is None else resumed(resume).run,
            asked_to_end=asked_to_end,
        )
        self._worked = journal.worked(partition)
        _refuse_another_feed(source, self._worked, partition)
        self._placing = Placing(
            partition,
            run=run,
            latest=journal.runs.get(partition),
            placed=journal.placed.get(partition, ()),
            resume=None if resume is None else resumed(resume),
            oldest=oldest,
            parameters=source.parameters,
        )
        self._next = self._placing.next
        # What is placed at the next offset is handed on with the first batch, and in no snapshot before it.
        self._handed_on = (0, self._next) if resume is None else (resume["control"], resume["commands_until"])
        self._at_end = False
        self._ended = False
        self._idle = False
        self.recorded_ms = 0
        """When the newest record that was read was recorded, in milliseconds since the epoch; 0 where none says."""
        self._control_due = 0.0
        self._control = ControlLog(source.client_config, source.control_topic, source.codec)
        entries = _entries(self._control.whole(asked_to_end))
        self._write(self._placing.at_start(entries, end), entries)
        registry = Registry(source.catalog)
        for record in self._placing.worked:
            registry.apply(record)  # the symbols' own state has it already
        self._fanout = Fanout(registry, () if resume is None else resume["symbols"])
        self._consumer.assign([TopicPartition(source.candles_topic, partition, self._next)])

    def next_batch(self) -> Iterable[Item]:
        """Whatever is there, without waiting for more. A control record waits for its placement's acknowledgement."""
        if self._at_end or self._source.stop.is_set:
            self._ended = self._placing.is_all(self._next)
            raise StopIteration
        messages = self._consumer.consume(num_messages=self._source.batch_size, timeout=0)
        now = time.monotonic()
        if messages or now >= self._control_due:
            self._control_due = now + CONTROL_SECONDS
            # After the candles, so that none of them waits for a later command.
            entries = _entries(self._control.poll())
            if entries:
                candle = next((one.offset() for one in messages if one.error() is None), None)
                self._write(self._placing.place(entries, self._next if candle is None else candle), entries)
        items: list[Item] = []
        self._hand_on(self._next, items)
        self._idle = not messages
        if messages:
            self._decode(messages, items)
            self._hand_on(self._next, items)
            self._note_lag()
        self._handed_on = self._control.position, self._next
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
            control=self._handed_on[0],
            commands_until=self._handed_on[1],
            symbols=self._fanout.symbols,
            run=self._placing.run,
            ended=self._ended,
            feed=self._source.feed.text,
            partitions=self._source.feed.partitions,
        )

    def close(self) -> None:
        """Leave the broker."""
        self._consumer.close()
        self._control.close()

    def _write(self, placements: Iterable[Placement], entries: Sequence[Entry]) -> None:
        """Journal what was decided, with what it is of: the feed, and how many records are placed."""
        offsets = [offset for offset, _ in entries]
        for one in placements:
            if one.is_start:
                more: dict[str, Any] = {"feed": self._source.feed.mark, "since": self._worked.since}
            else:
                more = {"records": bisect_left(offsets, one.end) - bisect_left(offsets, one.first)}
            self._journal.write(one.model_copy(update=more))

    def _note_lag(self) -> None:
        """How far the end is, by what the client was told with its last fetch: it asks the broker nothing."""
        place = TopicPartition(self._source.candles_topic, self._partition)
        _oldest, end = self._consumer.get_watermark_offsets(place, cached=True)
        self._source.tally.lag[self._partition] = max(0, end - self._next)

    def _hand_on(self, candle: int, items: list[Item]) -> None:
        """What is to be worked before a candle."""
        for record in self._placing.due(candle):
            items += [(one.symbol, one) for one in self._fanout.control(record)]

    def _decode(self, messages: list[Message], items: list[Item]) -> None:
        decode = self._source.codec.decode_candle_row
        skew = self._source.max_clock_skew_ms
        by_symbol: _BySymbol = {}
        ahead, recorded = self._placing.ahead, self.recorded_ms
        for message in checked(messages):
            offset: int = message.offset()  # type: ignore[assignment]  # None only before a message has been to a broker
            if is_end(message):
                self._at_end = True
                continue
            if offset >= ahead:
                self._group(by_symbol, items)
                self._hand_on(offset, items)
                by_symbol, ahead = {}, self._placing.ahead
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
        self.recorded_ms = recorded
        self._group(by_symbol, items)

    def _group(self, by_symbol: _BySymbol, items: list[Item]) -> None:
        """Candles symbol by symbol, each new one with what it has to hear first."""
        topic, partition = self._source.candles_topic, self._partition
        for symbol, (rows, offsets, payloads) in by_symbol.items():
            items += [(symbol, one) for one in self._fanout.symbol(symbol)]
            items.append((symbol, CandleBatch(symbol, topic, partition, rows, offsets, payloads)))


def _refuse_another_feed(source: CandleSource, worked: Worked, partition: int) -> None:
    """A run is asked of this before it begins; topics can be made anew while it runs, too."""
    why = source.feed.why_not(worked.feed)
    if why is not None:
        raise TopicUnfit(
            f"{source.placements_topic}: what it says of partition {partition} is of other topics: {why}. `candelabra "
            "run --cold` begins with what is there now"
        )


def _entries(log: Iterable[ControlEntry]) -> list[Entry]:
    """What there is to work; what cannot be read is reported by the control source, once for all parts."""
    return [(one.offset, None if isinstance(one.record, DeadLetter) else one.record) for one in log]


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
