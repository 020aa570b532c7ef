"""The topics of one run of `bench timeframes`: made, told who runs where, filled with candles, emptied again."""

import subprocess
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress

from confluent_kafka.admin import NewTopic

from dataflows.bench.measure import start
from dataflows.bench.outputs import empty, let_be_emptied
from dataflows.bench.timeframes_process import Outcome, outcome_of
from dataflows.bench.workload import GeneratedCandles
from dataflows.brokers.contact import admin_client
from dataflows.control_client import ControlClient
from dataflows.errors import BenchFailed, TopicMissing
from dataflows.feed import feed
from dataflows.kafka import topic_layout
from dataflows.kafka.codec import build_codec
from dataflows.kafka.metadata import partition_count
from dataflows.settings import load
from dataflows.watchlist_client import WatchlistClient
from schemas.record import EPOCH, from_milliseconds
from schemas.strategy import StrategyConfig
from schemas.topics import (
    ALERTS,
    CANDLES,
    COMPOSITES,
    DEAD_LETTER,
    EQUITY,
    EXECUTIONS,
    LATE_SIGNALS,
    METRICS,
    POSITIONS,
    SIGNALS,
)
from schemas.watchlist import AssetConfig

ECHO = "echo"
"""Where the bare loop copies candles to."""

LOOKS = 50
LOOK_SECONDS = 0.2

OUTPUTS = (SIGNALS, COMPOSITES, LATE_SIGNALS, POSITIONS, METRICS, EQUITY, EXECUTIONS, ALERTS, DEAD_LETTER)


class BenchTopics:
    """Topics of their own on a broker, with a watchlist and strategies that run from the first candle on."""

    def __init__(self, servers: str, assets: Sequence[AssetConfig], configs: Sequence[StrategyConfig]) -> None:
        self.servers = servers
        self.prefix = f"bench-{uuid.uuid4().hex[:8]}."
        self.settings = load(bootstrap_servers=servers, topic_prefix=self.prefix)
        self.config = self.settings.kafka_client_config()
        self.codec = build_codec(self.settings)
        self.candles = CANDLES.prefixed(self.prefix)
        topic_layout.create(self.settings)
        let_be_emptied(self.config, METRICS.prefixed(self.prefix))
        self._make(f"{self.prefix}{ECHO}")
        if assets:
            WatchlistClient(self.settings).apply(assets, effective_from=EPOCH)
        for config in configs:
            self.deploy(config, from_ms=0)

    def _make(self, topic: str) -> None:
        """A topic that the layout does not know, with as many partitions as candles have."""
        admin = admin_client(self.config)
        for future in admin.create_topics([NewTopic(topic, self.settings.partitions, 1)]).values():
            future.result()
        for _ in range(LOOKS):
            with suppress(TopicMissing):  # made, and not known to every client at once
                partition_count(self.config, topic)
                return
            time.sleep(LOOK_SECONDS)
        raise BenchFailed(f"the broker has made {topic} and does not show it")

    def deploy(self, config: StrategyConfig, *, from_ms: int) -> None:
        """Run a strategy from a time on, in milliseconds of event time."""
        ControlClient(self.settings).deploy(config, effective_from=from_milliseconds(from_ms))

    def feed(self, candles: GeneratedCandles) -> int:
        """Add candles; how many there were."""
        return feed(candles, client_config=self.config, topic=self.candles, codec=self.codec).candles

    def empty_outputs(self) -> None:
        """Each run begins on empty topics."""
        empty(self.config, [spec.prefixed(self.prefix) for spec in OUTPUTS])

    def start_worker(self, recovery: str, mode: str) -> "subprocess.Popen[str]":
        """A worker in a process of its own; see ``timeframes_process`` for the modes."""
        arguments = [self.servers, self.prefix, recovery, mode]
        return start("dataflows.bench.timeframes_process", arguments)

    def start_bare_loop(self, *more: str) -> "subprocess.Popen[str]":
        """The yardstick."""
        return start("dataflows.bench.bare_loop", [self.servers, self.prefix, *more])


def finish_worker(process: "subprocess.Popen[str]", seconds: float = 900.0) -> Outcome:
    """What a worker says of itself, once it has ended; BenchFailed at an error."""
    output, _ = process.communicate(timeout=seconds)
    if process.returncode != 0 or not output.strip():
        raise BenchFailed(f"a measured worker ended with code {process.returncode}: {output[-500:]!r}")
    return outcome_of(output.strip().splitlines()[-1])
