"""The control topic as something to add to: what is written is read back, and judged as every worker judges it."""

import time
from collections.abc import Callable, Iterable, Sequence

from confluent_kafka import KafkaError, Message, Producer

from dataflows.errors import CommandRefused, DeliveryFailed
from dataflows.kafka.client import ClientConfig, writer_config
from dataflows.kafka.control_log import ControlLog
from dataflows.kafka.metadata import partition_count
from operators.control.compaction import Written, displaced, displaced_entry
from operators.control.portfolios import Enlisted, Portfolios
from operators.control.records import ControlRecord
from operators.control.registry import Registry
from operators.control.watchlist import Listed, Watchlist
from operators.strategy.catalog import Catalog
from schemas.codec import Codec
from schemas.dead_letter import DeadLetter
from schemas.decode_error import EncodeError
from schemas.lifecycle import StrategyStatus
from schemas.portfolio import PortfolioEntry, PortfolioReset
from schemas.watchlist import WatchlistEntry

DELIVERY_SECONDS = 10.0
_AT_ONCE = 100
"""Entries of the watchlist that are written before the broker's word is waited for."""
_MENDS = 8
"""How often what is written again is looked after: another may have written in between, and is displaced in turn."""


class ControlTopic:
    """The topic as far as it was read, and a way to add a record.

    Two who write at once are put in order by the topic, and both learn from it which of them was first. A refused
    record stays on the topic, perhaps with the key of a valid one, which compaction would remove in its favour: whoever
    has added something calls ``mend``, or ``mend_entries``.

    To judge a record is to compile its strategy, tens of milliseconds: so a strategy's records are judged when somebody
    asks for that strategy. Entries of the watchlist, and records of portfolios, are judged as they are read.

    Raises:
        BrokerUnreachable, TopicMissing: the topic cannot be read.
    """

    def __init__(self, client_config: ClientConfig, topic: str, codec: Codec) -> None:
        self._config = client_config
        self._topic = topic
        self._codec = codec
        partition_count(client_config, topic)
        self._producer = Producer(writer_config(client_config))
        self._registry = Registry(Catalog())
        self._waiting: dict[str, list[tuple[int, Written]]] = {}
        self._answers: dict[int, StrategyStatus] = {}
        self._listed: dict[int, Listed] = {}
        self._enlisted: dict[int, Enlisted] = {}
        self._places: dict[str, tuple[int, ControlRecord]] = {}
        self._position = 0
        self._refresh()

    @property
    def strategies(self) -> tuple[str, ...]:
        """Every strategy with at least one version, sorted; judges all of them."""
        for strategy in list(self._waiting):
            self.registry_of(strategy)
        return self._registry.strategies

    @property
    def names(self) -> tuple[str, ...]:
        """The strategies of all records, whether or not they were accepted."""
        return tuple(sorted({one.strategy for _, one in self._places.values() if isinstance(one, Written)}))

    @property
    def watchlist(self) -> Watchlist:
        """What the topic says of symbols."""
        return self._registry.watchlist

    @property
    def portfolios(self) -> Portfolios:
        """What the topic says of portfolios."""
        return self._registry.portfolios

    def registry_of(self, strategy: str) -> Registry:
        """What the topic says of one strategy; of others the registry may know nothing yet."""
        for offset, record in self._waiting.pop(strategy, ()):
            self._answers[offset] = self._registry.apply(record)
        return self._registry

    def add(self, record: Written) -> StrategyStatus:
        """Write a record and read on until it is there; what the registry says of it.

        Raises:
            CommandRefused: it is longer than any reader takes; nothing was written.
            DeliveryFailed: the broker did not acknowledge it, or it could not be read back. It may be there or not.
        """
        [offset] = self._produce([record])
        self._read_beyond(offset)
        self.registry_of(record.strategy)
        return self._answers[offset]

    def mend(self, strategy: str) -> None:
        """Write again what compaction would remove in favour of a refused record, or put out of order."""
        for _ in range(_MENDS):
            offsets = self._produce(displaced(self.registry_of(strategy), strategy, self._places))
            if not offsets:
                return
            self._read_beyond(offsets[-1])

    def add_entries(
        self, entries: Sequence[WatchlistEntry], progress: Callable[[int], None] = lambda _written: None
    ) -> tuple[Listed, ...]:
        """Write entries of the watchlist and read on until they are there; how each was taken.

        ``progress`` is told how many more were written.

        Raises:
            CommandRefused, DeliveryFailed: as ``add``; entries before the one that failed may be there.
        """
        offsets: list[int] = []
        for start in range(0, len(entries), _AT_ONCE):
            written = self._produce(entries[start : start + _AT_ONCE])
            offsets += written
            progress(len(written))
        if offsets:
            self._read_beyond(offsets[-1])
        return tuple(self._listed[offset] for offset in offsets)

    def mend_entries(self, symbols: Iterable[str]) -> None:
        """As ``mend``, for what is said of these symbols."""
        for _ in range(_MENDS):
            found = (displaced_entry(self._registry, symbol, self._places) for symbol in symbols)
            offsets = self._produce([one for one in found if one is not None])
            if not offsets:
                return
            self._read_beyond(offsets[-1])

    def add_portfolio(self, record: PortfolioEntry | PortfolioReset) -> Enlisted:
        """As ``add``, of a portfolio. What compaction would remove in favour of a refused one is written again.

        Raises:
            CommandRefused, DeliveryFailed: as ``add``.
        """
        [offset] = self._produce([record])
        self._read_beyond(offset)
        held = self._registry.portfolios.entries.get(record.portfolio)
        if held is not None and self._places.get(held.key, (-1, held))[1] != held:
            self._read_beyond(self._produce([held])[-1])
        return self._enlisted[offset]

    def _refresh(self) -> None:
        """Read on to the end."""
        log = ControlLog(self._config, self._topic, self._codec, self._position)
        try:
            for entry in log.whole():
                if not isinstance(entry.record, DeadLetter):
                    self._take(entry.offset, entry.record)
            self._position = log.position
        finally:
            log.close()

    def _take(self, offset: int, record: ControlRecord) -> None:
        self._places[record.key] = offset, record
        if isinstance(record, WatchlistEntry):
            self._listed[offset] = self._registry.apply(record)
        elif isinstance(record, PortfolioEntry | PortfolioReset):
            self._enlisted[offset] = self._registry.apply(record)
        else:
            self._waiting.setdefault(record.strategy, []).append((offset, record))

    def _read_beyond(self, offset: int) -> None:
        """Read on to the end, which is after this offset; DeliveryFailed where the broker does not give that much."""
        deadline = time.monotonic() + DELIVERY_SECONDS
        self._refresh()
        while self._position <= offset:
            if time.monotonic() > deadline:
                raise DeliveryFailed(
                    f"{self._topic}: the command was written and could not be read back within "
                    f"{DELIVERY_SECONDS:.0f} s: look with `candelabra strategy show` or `candelabra watchlist show` "
                    "whether it was accepted"
                )
            self._refresh()

    def _produce(self, records: Sequence[ControlRecord]) -> list[int]:
        """Write records in order; their offsets."""
        if not records:
            return []
        payloads = [self._encoded(record) for record in records]
        failures: list[str] = []
        offsets: list[int] = []

        def delivered(error: KafkaError | None, message: Message) -> None:
            if error is not None:
                failures.append(error.str())
            else:
                offsets.append(message.offset() or 0)

        for record, payload in zip(records, payloads, strict=True):
            self._producer.produce(self._topic, payload, record.key, 0, delivered)
        if self._producer.flush(DELIVERY_SECONDS) or failures:
            reason = failures[0] if failures else f"no answer within {DELIVERY_SECONDS:.0f} s"
            self._producer.purge()
            raise DeliveryFailed(
                f"{self._topic}: the broker did not say that it took the command: {reason}. It may have: look with "
                f"`{_look(records[0])}` before you send it again"
            )
        return offsets

    def _encoded(self, record: ControlRecord) -> bytes:
        try:
            return self._codec.encode(record)
        except EncodeError as error:
            name = f"strategy {record.strategy!r}" if isinstance(record, Written) else record.key
            raise CommandRefused(
                f"{name} is too long to send: {error}. Shorten it, or raise "
                "CANDELABRA_MAX_RECORD_BYTES here and for every worker"
            ) from None


def _look(record: ControlRecord) -> str:
    """The verb that shows what became of a record."""
    if isinstance(record, PortfolioEntry | PortfolioReset):
        return f"candelabra portfolio show {record.portfolio}"
    return f"candelabra {'watchlist' if isinstance(record, WatchlistEntry) else 'strategy'} show"
