"""The control topic as a log that is read whole before the first candle, then followed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import Consumer, Message, TopicPartition

from dataflows.kafka.client import ClientConfig, reader_config
from dataflows.kafka.messages import checked, dead_letter_of, is_end
from dataflows.kafka.metadata import offset_range
from dataflows.kafka.patience import Patience
from dataflows.kafka.record_types import RECORDS_OF
from operators.control.records import ControlRecord
from schemas import topics
from schemas.codec import Codec, DecodeError
from schemas.dead_letter import DeadLetter, Reason

_BATCH = 500
_WAIT_SECONDS = 0.02
"""Short, because the client waits this long for a full batch even when the end is reached."""


@dataclass(frozen=True, slots=True)
class ControlEntry:
    """One record of the log at its offset. A record that cannot be read is the dead letter that it becomes."""

    offset: int
    record: ControlRecord | DeadLetter
    message: Message = field(repr=False, compare=False)

    def refused(self, reason: str) -> DeadLetter:
        """The dead letter of a record that can be read and makes no sense."""
        return dead_letter_of(self.message, DecodeError(Reason.INVALID, reason))


class ControlLog:
    """Reads the control topic from its beginning, or from ``start``, by ``assign``.

    The topic has one partition, so that all readers see one order. It is compacted: versions are kept for ever (each
    has a key of its own), of the desired states of a strategy at least the newest, and so of the entries of a symbol on
    the watchlist. ``position`` is the next offset to read.
    """

    def __init__(self, client_config: ClientConfig, topic: str, codec: Codec, start: int = 0) -> None:
        self._codec = codec
        self._topic = topic
        self._consumer = Consumer({**reader_config(client_config), "enable.partition.eof": True})
        # Asking for the range makes the client find the partition's leader at once, not at its next half-second look.
        oldest, _ = offset_range(self._consumer, topic, 0)
        self.position = max(oldest, start)
        self._consumer.assign([TopicPartition(topic, 0, self.position)])
        self._at_end = False

    def whole(self, asked_to_end: Callable[[], bool] = lambda: False) -> Iterator[ControlEntry]:
        """Everything up to the end, which has then been seen at least once.

        Raises:
            BrokerUnreachable: the broker fell silent before the end.
        """
        patience = Patience(f"{self._topic}[0]", asked_to_end)
        while not self._at_end:
            yield from self.poll(timeout=_WAIT_SECONDS)
            patience.at(self.position)

    def poll(self, timeout: float = 0.0) -> list[ControlEntry]:
        """What has come since; waits up to ``timeout`` seconds for a full batch of it."""
        entries: list[ControlEntry] = []
        for message in checked(self._consumer.consume(num_messages=_BATCH, timeout=timeout)):
            offset = message.offset() or 0
            if is_end(message):
                self._at_end = True
                self.position = max(self.position, offset)
                continue
            self.position = offset + 1
            payload = message.value()
            if payload is None:
                continue  # a tombstone: compaction at work, nothing to carry out
            try:
                record: Any = self._codec.decode_any(payload, RECORDS_OF[topics.CONTROL.name])
            except DecodeError as error:
                record = dead_letter_of(message, error)
            entries.append(ControlEntry(offset, record, message))
        return entries

    def close(self) -> None:
        """Leave the broker."""
        self._consumer.close()
