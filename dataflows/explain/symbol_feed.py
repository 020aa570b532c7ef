"""The candle topic as the feed of one symbol, with every command before the candle at which the engine worked it."""

from collections.abc import Callable, Iterator, Sequence

from confluent_kafka import Consumer, Message, TopicPartition

from dataflows.explain.file_feed import NoSymbol
from dataflows.explain.run import Event
from dataflows.kafka.client import reader_config
from dataflows.kafka.codec import build_codec
from dataflows.kafka.control_log import ControlLog
from dataflows.kafka.messages import checked, is_end
from dataflows.kafka.metadata import offset_range, partition_count
from dataflows.kafka.patience import Patience
from dataflows.kafka.placements import read_placements
from dataflows.settings import Settings
from operators.control.fanout import Fanout
from operators.control.placing import Entry, Placing
from operators.control.registry import Registry
from operators.events import CandleBatch
from operators.strategy.catalog import Catalog
from schemas.candle_row import CandleRow
from schemas.decode_error import DecodeError
from schemas.timeframe import timeframe_ms
from schemas.topics import CANDLES, CONTROL, PLACEMENTS
from schemas.watchlist import WatchlistEntry

_BATCH = 4_096
_WAIT_SECONDS = 0.1

Progress = Callable[[int], None]
"""Told how many more records were read."""


class SymbolFeed:
    """The candles of one symbol that the topic still holds, and the commands to one strategy. Writes nothing.

    Where a command goes is read from the journal of placements, as a worker does that begins anew; so with all candles
    there the answer is that of the engine.

    Attributes:
        began_late: whether the topic lacks the partition's first candles.
    """

    def __init__(
        self, settings: Settings, strategy: str, symbol: str, progress: Progress = lambda _count: None
    ) -> None:
        self.began_late = False
        self._settings = settings
        self._config = settings.kafka_client_config()
        self._codec = build_codec(settings)
        self._topic = CANDLES.prefixed(settings.topic_prefix)
        self._symbol = symbol
        self._strategy = strategy
        self._progress = progress

    def __iter__(self) -> Iterator[list[Event]]:
        """Batch by batch, up to what the partition's end was when it was asked for.

        Raises:
            NoSymbol: the topic has no candle of the symbol.
            BrokerUnreachable: the broker fell silent.
        """
        consumer = Consumer({**reader_config(self._config), "enable.partition.eof": True})
        try:
            partition, symbol = self._find(consumer)
            low, high = offset_range(consumer, self._topic, partition)
            self.began_late = low > 0
            consumer.assign([TopicPartition(self._topic, partition, low)])
            yield from self._read(consumer, partition, symbol, (low, high))
        finally:
            consumer.close()

    def _find(self, consumer: Consumer) -> tuple[int, str]:
        """The partition of the symbol, and how the feed writes it: one partition has all of a symbol."""
        count = partition_count(self._config, self._topic)
        ranges = [offset_range(consumer, self._topic, partition) for partition in range(count)]
        places = [TopicPartition(self._topic, one, low) for one, (low, high) in enumerate(ranges) if high > low]
        seen: dict[str, None] = {}
        bare, ended, patience = self._symbol.replace("/", ""), set[int](), Patience(self._topic)
        consumer.assign(places)
        count = 0
        while len(ended) < len(places):
            for message in checked(consumer.consume(_BATCH, _WAIT_SECONDS)):
                if is_end(message):
                    ended.add(message.partition() or 0)
                    continue
                count += 1
                name = (message.key() or b"").decode("utf-8", "replace")
                seen.setdefault(name)
                if name.replace("/", "") == bare:
                    return message.partition() or 0, name
            patience.at(count + len(ended))
        raise NoSymbol(self._topic, self._symbol, seen)

    def _read(self, consumer: Consumer, partition: int, symbol: str, held: tuple[int, int]) -> Iterator[list[Event]]:
        low, high = held
        placing = self._placing(partition, low, high)
        fanout = Fanout(Registry(Catalog()))
        patience, offset, key = Patience(f"{self._topic}[{partition}]"), low, symbol.encode()
        while offset < high:
            events: list[Event] = []
            waiting: list[CandleRow] = []
            messages = list(checked(consumer.consume(_BATCH, _WAIT_SECONDS)))
            for message in messages:
                offset = (message.offset() or 0) + 1
                if is_end(message):
                    offset = high
                    break
                if offset > high:
                    break
                if offset - 1 >= placing.ahead:
                    self._hand_over(fanout, symbol, waiting, events)
                    for record in placing.due(offset - 1):
                        events += fanout.control(record)
                row = self._row(message) if message.key() == key else None
                if row is not None:
                    waiting.append(row)
            self._hand_over(fanout, symbol, waiting, events)
            self._progress(len(messages))
            if events:
                yield events
            patience.at(offset)

    def _hand_over(self, fanout: Fanout, symbol: str, waiting: list[CandleRow], events: list[Event]) -> None:
        if waiting:
            events += fanout.symbol(symbol)
            rows: Sequence[CandleRow] = tuple(waiting)
            events.append(CandleBatch(symbol, self._topic, 0, rows, range(len(rows)), [None] * len(rows)))
            waiting.clear()

    def _row(self, message: Message) -> CandleRow | None:
        """The candle that a worker would take; None for what it would not."""
        try:
            row = self._codec.decode_candle_row(message.value())
        except DecodeError:
            return None
        recorded = message.timestamp()[1]
        ahead = 0 < recorded < row[2] + timeframe_ms(row[1]) - self._settings.max_clock_skew_seconds * 1_000
        return row if row[8] and not ahead else None

    def _placing(self, partition: int, low: int, high: int) -> Placing:
        """Where the records of the control topic go that concern the strategy, or the watchlist."""
        prefix = self._settings.topic_prefix
        journal = read_placements(self._config, PLACEMENTS.prefixed(prefix), self._codec)
        log = ControlLog(self._config, CONTROL.prefixed(prefix), self._codec)
        entries: list[Entry] = []
        try:
            for one in log.whole():
                record = one.record
                if isinstance(record, WatchlistEntry) or getattr(record, "strategy", None) == self._strategy:
                    entries.append((one.offset, record))  # type: ignore[arg-type]  # a dead letter has no strategy
        finally:
            log.close()
        latest, placed = journal.runs.get(partition), journal.placed.get(partition, ())
        run = 1 if latest is None else latest.number + 1
        placing = Placing(partition, run=run, latest=latest, placed=placed, resume=None, oldest=low)
        placing.at_start(entries, high)  # what it would journal is left unsaid: this only reads
        return placing
