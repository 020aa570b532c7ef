"""Start-up in any order: wait until the broker answers and has the topics."""

import time
from collections.abc import Callable
from typing import Final

from dataflows.brokers.contact import wait_for_broker
from dataflows.errors import BrokerUnreachable, TopicMissing
from dataflows.settings import Settings
from schemas import topics

NEEDED: Final = (
    topics.CANDLES,
    topics.CONTROL,
    topics.SIGNALS,
    topics.COMPOSITES,
    topics.LATE_SIGNALS,
    topics.POSITIONS,
    topics.METRICS,
    topics.EQUITY,
    topics.EXECUTIONS,
    topics.STATUS,
    topics.ALERTS,
    topics.DEAD_LETTER,
)
"""What a live flow reads and writes, but for the topic that it makes itself."""

SILENT_SECONDS: Final = 1.0
"""A broker that answers sooner need not be waited for aloud."""
SAY_SECONDS: Final = 5.0
LOOK_SECONDS: Final = 0.3
"""Between two looks at a broker that answers and lacks topics."""
SHORTEST_WAIT_SECONDS: Final = 2.0
"""Less than that is not enough to be told anything."""


def wait_until_there(settings: Settings, say: Callable[[str], None], asked_to_end: Callable[[], bool]) -> bool:
    """Wait for the broker and the topics; False where somebody asked for the end first.

    It says every few seconds what is missing, why, and when it gives up.

    Raises:
        BrokerUnreachable: nobody answered within the settings' ``startup_wait_seconds``.
        TopicMissing: the broker answered, and topics were still missing then; names them.
        ClientConfigInvalid: the Kafka client refused a setting.
    """
    longest = left = max(settings.startup_wait_seconds, SHORTEST_WAIT_SECONDS)
    began = time.monotonic()
    servers = settings.bootstrap_servers
    names = [topic.prefixed(settings.topic_prefix) for topic in NEEDED]
    voice = _Voice(say, began, longest)
    while not asked_to_end():
        try:
            found = wait_for_broker(
                settings.kafka_client_config(),
                timeout_s=max(left, LOOK_SECONDS),  # one that answered is asked once more, however little is left
                give_up=asked_to_end,
                waiting=lambda cause: voice.tell(f"a Kafka broker at {servers}", cause),
            ).topics
        except BrokerUnreachable:
            if asked_to_end():
                break
            raise
        missing = [name for name in names if name not in found or not found[name].partitions]
        if not missing:
            return True
        listed = ", ".join(missing)
        left = longest - (time.monotonic() - began)
        if left <= 0:
            raise TopicMissing(
                f"{servers} still lacked these topics after {longest:g} s: {listed}. Create them with `candelabra "
                "topics create`; CANDELABRA_TOPIC_PREFIX stands before each name"
            )
        voice.tell("topics", f"{servers} has no {listed}. Create them with `candelabra topics create`.")
        time.sleep(LOOK_SECONDS)
    return False


class _Voice:
    """Says what is waited for when that is new, and again after a while."""

    def __init__(self, say: Callable[[str], None], began: float, longest: float) -> None:
        self._say = say
        self._began = began
        self._longest = longest
        self._said = ""
        self._at = 0.0

    def tell(self, what: str, why: str) -> None:
        now = time.monotonic()
        waited = now - self._began
        if waited < SILENT_SECONDS or (what == self._said and now - self._at < SAY_SECONDS):
            return
        self._said, self._at = what, now
        self._say(f"waiting for {what} ({waited:.0f} s of at most {self._longest:g}): {why}")
