"""The control topic as something to add to: what is written is read back, and judged as every worker judges it."""

import time

from confluent_kafka import KafkaError, Message, Producer

from dataflows.errors import CommandRefused, DeliveryFailed
from dataflows.kafka.client import ClientConfig, writer_config
from dataflows.kafka.control_log import ControlLog
from dataflows.kafka.metadata import partition_count
from operators.control.compaction import Written, displaced
from operators.control.registry import Registry
from operators.strategy.catalog import Catalog
from schemas.codec import Codec
from schemas.dead_letter import DeadLetter
from schemas.decode_error import EncodeError
from schemas.lifecycle import StrategyStatus

DELIVERY_SECONDS = 10.0
_MENDS = 8
"""How often what is written again is looked after: another may have written in between, and is displaced in turn."""


class ControlTopic:
    """The topic as far as it was read, and a way to add a record.

    Two who write at once are put in order by the topic, and both learn from it which of them was first. A refused
    record stays on the topic, perhaps with the key of a valid one, which compaction would remove in its favour: whoever
    has added something calls ``mend``.

    To judge a record is to compile its strategy, tens of milliseconds: so a strategy's records are judged when somebody
    asks for that strategy.

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
        self._places: dict[str, tuple[int, Written]] = {}
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
        return tuple(sorted({one.strategy for _, one in self._places.values()}))

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
        offset = self._produce(record)
        self._read_beyond(offset)
        self.registry_of(record.strategy)
        return self._answers[offset]

    def mend(self, strategy: str) -> None:
        """Write again what compaction would remove in favour of a refused record, or put out of order."""
        for _ in range(_MENDS):
            offsets = [self._produce(one) for one in displaced(self.registry_of(strategy), strategy, self._places)]
            if not offsets:
                return
            self._read_beyond(offsets[-1])

    def _read_beyond(self, offset: int) -> None:
        """Read on to the end, which is after this offset; DeliveryFailed where the broker does not give that much."""
        deadline = time.monotonic() + DELIVERY_SECONDS
        self._refresh()
        while self._position <= offset:
            if time.monotonic() > deadline:
                raise DeliveryFailed(
                    f"{self._topic}: the command was written and could not be read back within "
                    f"{DELIVERY_SECONDS:.0f} s: look with `candelabra strategy show` whether it was accepted"
                )
            self._refresh()

    def _refresh(self) -> None:
        """Read on to the end."""
        log = ControlLog(self._config, self._topic, self._codec, self._position)
        try:
            for entry in log.whole():
                if not isinstance(entry.record, DeadLetter):
                    self._waiting.setdefault(entry.record.strategy, []).append((entry.offset, entry.record))
                    self._places[entry.record.key] = entry.offset, entry.record
            self._position = log.position
        finally:
            log.close()

    def _produce(self, record: Written) -> int:
        try:
            payload = self._codec.encode(record)
        except EncodeError as error:
            raise CommandRefused(
                f"strategy {record.strategy!r} is too long to send: {error}. Shorten it, or raise "
                "CANDELABRA_MAX_RECORD_BYTES here and for every worker"
            ) from None
        failures: list[str] = []
        offsets: list[int] = []

        def delivered(error: KafkaError | None, message: Message) -> None:
            if error is not None:
                failures.append(error.str())
            else:
                offsets.append(message.offset() or 0)

        self._producer.produce(self._topic, payload, record.key, 0, delivered)
        if self._producer.flush(DELIVERY_SECONDS) or failures:
            reason = failures[0] if failures else f"no answer within {DELIVERY_SECONDS:.0f} s"
            self._producer.purge()
            raise DeliveryFailed(
                f"{self._topic}: the broker did not say that it took the command: {reason}. It may have: look with "
                "`candelabra strategy show` before you send it again"
            )
        return offsets[0]
