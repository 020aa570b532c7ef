"""Where people's wishes become records of the control topic: the topic, the clock, and who signs."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypedDict

from dataflows.control_client import Signature
from dataflows.control_topic import ControlTopic
from dataflows.kafka.codec import build_codec
from dataflows.live_instant import live_instant, whole_milliseconds
from dataflows.settings import Settings
from schemas import topics


def wall_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


class Stamp(TypedDict):
    """What every command has: its identity, and what people want to know of it."""

    command: str
    author: str
    issued_at: datetime
    reason: str


class ControlDesk:
    """The control topic as far as it was read, and what a new record on it says of itself.

    ``now`` is the clock by which a live feed is recognised and records are dated.

    Raises:
        BrokerUnreachable, TopicMissing: the control topic cannot be read.
    """

    def __init__(self, settings: Settings, *, now: Callable[[], datetime] = wall_clock) -> None:
        self.now = now
        self._config = settings.kafka_client_config()
        self._codec = build_codec(settings)
        self._candles = topics.CANDLES.prefixed(settings.topic_prefix)
        self.topic = ControlTopic(self._config, topics.CONTROL.prefixed(settings.topic_prefix), self._codec)

    def begins(self, asked_for: datetime | None) -> datetime | None:
        """From when a command holds: as it was asked for, else this instant where the feed is live, else None."""
        return asked_for or live_instant(self._config, self._candles, self._codec, self.now())

    def stamp(self, signature: Signature) -> Stamp:
        """A new command's own fields."""
        return {
            "command": uuid.uuid4().hex,
            "author": signature.author,
            "issued_at": whole_milliseconds(self.now()),
            "reason": signature.reason,
        }
