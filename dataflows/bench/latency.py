"""From a candle's produce call to the receipt of what came of it, at a steady rate."""

import threading
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

import numpy as np
from confluent_kafka import OFFSET_END, Consumer, Producer, TopicPartition

from dataflows.errors import BenchFailed
from dataflows.kafka.client import ClientConfig, reader_config, writer_config
from dataflows.kafka.metadata import partition_count
from schemas.candle_row import CandleRow
from schemas.codec import Codec

Identity = tuple[str, int]
"""Symbol and open time: what joins a candle with what came of it."""

DRAIN_SECONDS = 5.0


@dataclass(frozen=True)
class Latency:
    """Milliseconds over ``count`` candles."""

    count: int
    p50_ms: float
    p99_ms: float


class Probe:
    """Receives from an output topic in a thread of its own and notes when each candle's result came first."""

    def __init__(self, config: ClientConfig, topic: str, identify: Callable[[bytes], Identity]) -> None:
        self._consumer = Consumer({**reader_config(config), "auto.offset.reset": "latest", "fetch.wait.max.ms": 10})
        count = partition_count(config, topic)
        self._consumer.assign([TopicPartition(topic, number, OFFSET_END) for number in range(count)])
        self._identify = identify
        self._received: dict[Identity, float] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._receive, daemon=True)
        self._thread.start()

    def _receive(self) -> None:
        while not self._stop.is_set():
            message = self._consumer.poll(0.1)
            now = time.perf_counter()
            value = None if message is None or message.error() is not None else message.value()
            if value is not None:
                self._received.setdefault(self._identify(value), now)

    def has(self, wanted: Collection[Identity]) -> bool:
        """Whether all of these candles have had a result."""
        return self._received.keys() >= set(wanted)

    def close(self) -> dict[Identity, float]:
        """Stop and hand over what was received when."""
        self._stop.set()
        self._thread.join()
        self._consumer.close()
        return self._received


def steady(
    config: ClientConfig, codec: Codec, topic: str, rows: Iterable[CandleRow], *, per_second: float
) -> dict[Identity, float]:
    """Produce candles evenly spaced in time; when each was handed to the producer."""
    producer = Producer({**writer_config(config), "linger.ms": 0})
    producer.list_topics(timeout=10)  # connected before the first candle is due
    sent: dict[Identity, float] = {}
    start = time.perf_counter()
    for number, row in enumerate(rows):
        due = start + number / per_second
        while (left := due - time.perf_counter()) > 0:
            producer.poll(0)
            time.sleep(left)
        sent[row[0], row[2]] = time.perf_counter()
        producer.produce(topic, codec.encode_candle_row(row), row[0])
        producer.poll(0)
    producer.flush()
    return sent


def latency(sent: dict[Identity, float], probe: Probe, *, settling_s: float) -> Latency:
    """Percentiles over the candles sent after a settling time; BenchFailed where any candle had no result."""
    deadline = time.perf_counter() + DRAIN_SECONDS
    while not probe.has(sent) and time.perf_counter() < deadline:
        time.sleep(0.05)
    received = probe.close()
    missing = [identity for identity in sent if identity not in received]
    if missing:
        raise BenchFailed(f"{len(missing):,} of {len(sent):,} candles had no result, the first is {missing[0]}")
    begin = min(sent.values()) + settling_s
    waits = np.array([received[identity] - at for identity, at in sent.items() if at >= begin]) * 1000
    p50, p99 = np.percentile(waits, [50, 99])
    return Latency(len(waits), round(float(p50), 3), round(float(p99), 3))
