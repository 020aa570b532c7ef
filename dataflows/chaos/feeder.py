"""What is written while everything breaks: candles in the order of the feed, and what an owner says."""

from collections.abc import Iterable, Sequence

from confluent_kafka import KafkaError, Message, Producer

from dataflows.chaos.inputs import Fed
from dataflows.errors import DeliveryFailed
from dataflows.kafka.client import writer_config
from dataflows.kafka.codec import build_codec
from dataflows.settings import Settings
from operators.control.records import ControlRecord
from schemas.topics import CANDLES, CONTROL

PATIENCE_SECONDS = 180.0
"""A broker that is stopped is waited for."""


class Feeder:
    """Writes past the proxy. One producer for all, so that what it is given first lies first in each partition."""

    def __init__(self, settings: Settings, records: Sequence[Fed]) -> None:
        own = {"message.timeout.ms": int(PATIENCE_SECONDS * 1000), "reconnect.backoff.max.ms": 500}
        self._producer = Producer({**writer_config(settings.kafka_client_config()), **own})
        self._codec = build_codec(settings)
        self._candles = CANDLES.prefixed(settings.topic_prefix)
        self._control = CONTROL.prefixed(settings.topic_prefix)
        self._records = records
        self._failures: list[str] = []
        self.fed = 0
        """So many of the records were given to the producer."""
        self.acknowledged = 0
        """So many records, candles or not, the broker has taken."""

    @property
    def now(self) -> int:
        """The latest event time that was fed, in milliseconds."""
        return self._records[max(0, self.fed - 1)].now

    def feed(self, count: int) -> None:
        """The next so many records, without waiting for the broker."""
        for one in self._records[self.fed : self.fed + count]:
            self._produce(self._candles, one.key, one.value)
            self.fed += 1
        self._producer.poll(0)
        self._check()

    def tell(self, records: Iterable[ControlRecord]) -> None:
        """To the control topic, and wait until it is there: what is fed next comes after it."""
        for record in records:
            self._produce(self._control, record.key.encode(), self._codec.encode(record))
        self.flush()

    def flush(self) -> None:
        """Wait until everything is on its topic.

        Raises:
            DeliveryFailed: the broker did not take it.
        """
        if self._producer.flush(PATIENCE_SECONDS):
            raise DeliveryFailed(f"the broker did not take what was fed within {PATIENCE_SECONDS:.0f} s")
        self._check()

    def _produce(self, topic: str, key: bytes | None, value: bytes | None) -> None:
        while True:
            try:
                self._producer.produce(topic, value, key, on_delivery=self._delivered)
            except BufferError:
                self._producer.poll(0.05)
            else:
                return

    def _delivered(self, error: KafkaError | None, _message: Message) -> None:
        if error is None:
            self.acknowledged += 1
        else:
            self._failures.append(error.str())

    def _check(self) -> None:
        if self._failures:
            raise DeliveryFailed(f"the broker did not take what was fed: {self._failures[0]}")
