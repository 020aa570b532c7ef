"""The topics of one case on Kafka: filled with an input, read whole in the end."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from types import TracebackType

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, Message, Producer, TopicPartition

from dataflows.errors import DeliveryFailed
from dataflows.kafka import topic_layout
from dataflows.kafka.client import reader_config, writer_config
from dataflows.kafka.codec import build_codec
from dataflows.kafka.messages import checked, is_end
from dataflows.kafka.metadata import offset_range
from dataflows.prove.compare import without_origin
from dataflows.prove.run import streams, topic_of
from dataflows.settings import Settings
from operators.control.records import ControlRecord
from schemas.candle_row import CandleRow
from schemas.dead_letter import DeadLetter
from schemas.topics import CANDLES, CONTROL, DEAD_LETTER

FLUSH_SECONDS = 60.0
WAIT_SECONDS = 1.0
ONCE = 10_000


class CaseTopics(AbstractContextManager["CaseTopics"]):
    """The topics under the prefix of some settings, made when this is; closed at the end of the ``with`` block."""

    def __init__(self, settings: Settings) -> None:
        self._prefix = settings.topic_prefix
        self._config = settings.kafka_client_config()
        self._codec = build_codec(settings)
        topic_layout.create(settings)
        self._outputs = sorted({topic_of(stream) for stream in streams()})
        self._numbers = range(settings.partitions)
        self._consumer = Consumer({**reader_config(self._config), "enable.partition.eof": True})
        self._producer = Producer(writer_config(self._config))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the broker."""
        self._consumer.close()

    def tell(self, records: Iterable[ControlRecord]) -> None:
        """Write to the control topic."""
        self._produce(CONTROL.prefixed(self._prefix), ((one.key, self._codec.encode(one)) for one in records))

    def feed(self, rows: Iterable[CandleRow]) -> None:
        """Write candles, keyed by symbol."""
        payloads = ((row[0], self._codec.encode_candle_row(row)) for row in rows)
        self._produce(CANDLES.prefixed(self._prefix), payloads)

    def size(self) -> int:
        """How many records are on the output topics now."""
        ranges = [
            offset_range(self._consumer, f"{self._prefix}{topic}", number)
            for topic in self._outputs
            for number in self._numbers
        ]
        return sum(end - oldest for oldest, end in ranges)

    def read(self, *, origins: bool = False) -> dict[str, dict[str, list[bytes]]]:
        """Every output topic by key, as the bytes that lie there; dead letters without their origin, or with it."""
        found: dict[str, dict[str, list[bytes]]] = {}
        for topic in self._outputs:
            keys = found[topic] = {}
            for message in self.whole(topic, self._numbers):
                value = message.value() or b""
                if topic == DEAD_LETTER.name and not origins:
                    value = self._codec.encode(without_origin(self._codec.decode(value, DeadLetter)))
                keys.setdefault((message.key() or b"").decode(), []).append(value)
        return found

    def whole(self, topic: str, partitions: Iterable[int]) -> Sequence[Message]:
        """All records of a topic, named without prefix, each partition in its order."""
        found: list[Message] = []
        places = [TopicPartition(f"{self._prefix}{topic}", number, OFFSET_BEGINNING) for number in partitions]
        self._consumer.assign(places)
        ended = 0
        while ended < len(places):
            for message in checked(self._consumer.consume(ONCE, WAIT_SECONDS)):
                if is_end(message):
                    ended += 1
                else:
                    found.append(message)
        self._consumer.unassign()
        return found

    def _produce(self, topic: str, records: Iterable[tuple[str, bytes]]) -> None:
        producer = self._producer
        failures: list[str] = []

        def delivered(error: KafkaError | None, _message: Message) -> None:
            if error is not None:
                failures.append(error.str())

        for key, value in records:
            while True:
                try:
                    producer.produce(topic, value, key, on_delivery=delivered)
                    break
                except BufferError:
                    producer.poll(0.05)
        if producer.flush(FLUSH_SECONDS) or failures:
            raise DeliveryFailed(f"{topic}: the broker did not take a record: {(failures or ['no answer in time'])[0]}")
