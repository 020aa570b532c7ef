"""Dead letters that the broker will not take: kept in a local file, so that a full topic stops and loses nothing.

A letter may be in the file more than once: after a crash it is refused again. One for which the broker has no answer is
not refused: that ends the run as with any other record.
"""

import base64
import json
import logging
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka import KafkaError

_FOR_GOOD = {
    KafkaError.MSG_SIZE_TOO_LARGE,
    KafkaError.RECORD_LIST_TOO_LARGE,
    KafkaError.POLICY_VIOLATION,
    KafkaError.INVALID_RECORD,
    KafkaError.KAFKA_STORAGE_ERROR,
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
}

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Refused:
    """Appends what a topic refuses to ``path``, a line of JSON each: topic, error, key and value (base64)."""

    path: Path

    def takes(self, error: KafkaError) -> bool:
        """Whether trying again would not help."""
        return error.code() in _FOR_GOOD

    def keep(self, topic: str, key: bytes, value: bytes, error: KafkaError) -> None:
        """Write the record down and say so."""
        line = {
            "topic": topic,
            "error": error.str(),
            "key": base64.b64encode(key).decode(),
            "value": base64.b64encode(value).decode(),
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        logger.error("%s refused a record (%s); it is kept in %s", topic, error.str(), self.path)
