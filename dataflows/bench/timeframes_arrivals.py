"""What comes on output topics, and when: received now, looked into later, so that the machine is not kept busy."""

import threading
import time
from collections.abc import Iterable
from typing import NamedTuple

from confluent_kafka import OFFSET_END, Consumer, TopicPartition

from dataflows.kafka.client import ClientConfig, reader_config
from dataflows.kafka.metadata import partition_count

QUIET_SECONDS = 1.0
DRAIN_SECONDS = 30.0


class Arrival(NamedTuple):
    """A record's value on a topic; ``at`` is when it was received, in seconds of ``time.perf_counter``."""

    topic: str
    value: bytes
    at: float


class Arrivals:
    """Whatever comes on some topics from now on, received in a thread of its own."""

    def __init__(self, config: ClientConfig, topics: Iterable[str]) -> None:
        self._consumer = Consumer({**reader_config(config), "auto.offset.reset": "latest", "fetch.wait.max.ms": 10})
        places = [(topic, number) for topic in topics for number in range(partition_count(config, topic))]
        self._consumer.assign([TopicPartition(topic, number, OFFSET_END) for topic, number in places])
        self._received: list[Arrival] = []
        self._looked = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._receive, daemon=True)
        self._thread.start()

    def _receive(self) -> None:
        while not self._stop.is_set():
            message = self._consumer.poll(0.1)
            now = time.perf_counter()
            value = None if message is None or message.error() is not None else message.value()
            if message is not None and value is not None:
                self._received.append(Arrival(message.topic() or "", value, now))

    def fresh(self) -> list[Arrival]:
        """What has come since this was last asked."""
        found = self._received[self._looked :]
        self._looked += len(found)
        return found

    def until_quiet(self) -> None:
        """Wait until nothing has come for a while."""
        deadline = time.perf_counter() + DRAIN_SECONDS
        while time.perf_counter() < deadline:
            before = len(self._received)
            time.sleep(QUIET_SECONDS)
            if len(self._received) == before:
                return

    def close(self) -> list[Arrival]:
        """Stop and hand over all that was received."""
        self._stop.set()
        self._thread.join()
        self._consumer.close()
        return self._received
