"""A deployment of one test: topics under a prefix of its own, what is fed into them, and what came out."""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.parquet
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from dataflows.brokers.broker import Broker
from dataflows.candle_files import CandleFile
from dataflows.kafka.codec import build_codec
from dataflows.live import Live
from dataflows.prove.kafka_cluster import run_to_the_ends
from dataflows.replay import Replayed, replay
from dataflows.settings import Settings
from dataflows.worker import recovery_config, run_worker
from operators.control.records import ControlRecord
from operators.tally import Tally
from schemas import topics
from schemas.candle_row import CandleRow
from schemas.lifecycle import DesiredState, StrategyVersion
from schemas.record import Record, from_milliseconds
from schemas.signal import Signal
from schemas.strategy import StrategyConfig
from schemas.strategy_file import parse_strategy
from schemas.topics import TopicSpec
from schemas.watchlist import AssetConfig, WatchlistEntry

R = TypeVar("R", bound=Record)

MINUTE = 60_000
START = 1_735_689_600_000  # 2025-01-01T00:00:00Z
SYMBOLS = ("AAA", "BBB", "CCC")
PATIENCE_SECONDS = 90.0
"""For what takes a second where nothing else runs: a machine may be busy for a minute."""


def swing(identity: str, low: int = 45, high: int = 55) -> StrategyConfig:
    """A strategy that trades often: long while a fast RSI swings between two levels."""
    rules = {
        "entry": {"condition": f"rsi < {low}", "confidence": 0.7},
        "exit": {"condition": f"rsi > {high}", "confidence": 0.6},
    }
    return parse_strategy({"id": identity, "indicators": {"rsi": {"period": 5}}, "rules": rules}, origin="test")


def version(config: StrategyConfig, number: int = 1) -> StrategyVersion:
    return StrategyVersion(strategy=config.id, version=number, config=config)


def wanted(strategy: str, state: str = "running", command: str = "start", **more: object) -> DesiredState:
    return DesiredState.model_validate(
        {"strategy": strategy, "version": 1, "state": state, "command": command, **more}, strict=True
    )


def watched(symbol: str, *timeframes: str, command: str = "watch", **more: object) -> WatchlistEntry:
    """A symbol on the watchlist with these timeframes; more are fields of its asset."""
    asset = AssetConfig.model_validate({"symbol": symbol, "timeframes": timeframes, **more})
    return WatchlistEntry(symbol=symbol, asset=asset, command=command)


def walk(bars: int, *, seed: int = 7, symbols: Sequence[str] = SYMBOLS) -> list[CandleRow]:
    """A seeded random walk of one-minute candles for some symbols, minute by minute."""
    chance = random.Random(seed)
    last = dict.fromkeys(symbols, 100.0)
    rows: list[CandleRow] = []
    for bar in range(bars):
        for symbol in symbols:
            opened = last[symbol]
            closed = last[symbol] = opened * chance.uniform(0.99, 1.01)
            high, low = max(opened, closed) * 1.001, min(opened, closed) * 0.999
            rows.append((symbol, "1m", START + bar * MINUTE, opened, high, low, closed, chance.uniform(1, 9), True))
    return rows


def as_file(rows: Sequence[CandleRow], path: Path) -> CandleFile:
    """The rows as a Parquet file."""
    names = ("symbol", "timeframe", "open_time", "open", "high", "low", "close", "volume")
    columns = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    pyarrow.parquet.write_table(pa.table(columns), path)
    return CandleFile(path)


def lines(signals: Iterable[Signal]) -> list[str]:
    """Signals as the bytes that are compared, by close time, then key, then as they came."""
    return [one.model_dump_json() for one in sorted(signals, key=lambda one: (one.close_time, one.key))]


def replayed(rows: Sequence[CandleRow], strategies: Iterable[StrategyConfig], folder: Path) -> list[str]:
    """What a replay of the rows signals."""
    result: Replayed = replay(as_file(rows, folder / "replayed.parquet"), strategies)
    return lines(result.signals)


def minute(bar: int) -> datetime:
    """The open time of a bar of ``walk``."""
    return from_milliseconds(START + bar * MINUTE)


def wait_until(holds: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "what was waited for did not happen"
        time.sleep(0.02)


class Deployment:
    """Two partitions for each topic, one for control and placements; short epochs; its own recovery directory."""

    def __init__(self, broker: Broker, prefix: str, folder: Path, **settings: object) -> None:
        given: dict[str, Any] = {"recovery_dir": folder / "recovery", "partitions": 2, "epoch_seconds": 0.1}
        self.folder = folder
        self.settings = Settings(
            _env_file=None,  # type: ignore[call-arg]  # pydantic-settings' own argument, of no type without its plugin
            bootstrap_servers=broker.bootstrap_servers,
            topic_prefix=prefix,
            **{**given, **settings},
        )
        self.config = self.settings.kafka_client_config()
        self.codec = build_codec(self.settings)

    def name(self, topic: TopicSpec) -> str:
        return topic.prefixed(self.settings.topic_prefix)

    def create(
        self, *, without: Sequence[TopicSpec] = (), control_partitions: int = 1, **settings: dict[str, str]
    ) -> "Deployment":
        """Make the topics; ``settings`` are broker settings by topic name (with underscores)."""
        used = (
            topics.CANDLES,
            topics.CONTROL,
            topics.PLACEMENTS,
            topics.STATUS,
            topics.SIGNALS,
            topics.COMPOSITES,
            topics.LATE_SIGNALS,
            topics.POSITIONS,
            topics.METRICS,
            topics.EQUITY,
            topics.EXECUTIONS,
            topics.ALERTS,
            topics.DEAD_LETTER,
        )
        made = [
            NewTopic(
                self.name(topic),
                {topics.CONTROL: control_partitions, topics.PLACEMENTS: 1}.get(topic, self.settings.partitions),
                1,
                config={"cleanup.policy": topic.cleanup_policy, **settings.get(topic.name.replace("-", "_"), {})},
            )
            for topic in used
            if topic not in without
        ]
        admin = AdminClient({**self.config, "log_level": 0})
        for created in admin.create_topics(made).values():
            created.result(20)
        wait_until(lambda: {one.topic for one in made} <= set(admin.list_topics(timeout=10).topics))
        return self

    def produce(
        self,
        topic: TopicSpec,
        records: Iterable[tuple[bytes | None, bytes | None]],
        *,
        partition: int = -1,
        timestamp: int = 0,
    ) -> None:
        """Key and value of records, each acknowledged; the client chooses a partition or timestamp not given."""
        failures: list[KafkaError] = []

        def delivered(error: KafkaError | None, _message: Message) -> None:
            if error is not None:
                failures.append(error)

        producer = Producer({**self.config, "log_level": 0, "partitioner": "murmur2_random", "linger.ms": 5})
        for key, value in records:
            producer.produce(self.name(topic), value, key, partition, delivered, timestamp=timestamp)
        assert producer.flush(PATIENCE_SECONDS) == 0
        assert not failures

    def command(self, *records: ControlRecord) -> None:
        self.produce(topics.CONTROL, [(record.key.encode(), self.codec.encode(record)) for record in records])

    def candles(self, rows: Iterable[CandleRow], *, timestamp: int = 0) -> None:
        records = [(row[0].encode(), self.codec.encode_candle_row(row)) for row in rows]
        self.produce(topics.CANDLES, records, timestamp=timestamp)

    def run(self) -> Tally:
        """A worker, to the topics' present ends."""
        once = Live(self.settings, bounded=True)
        run_worker(once)
        return once.tally

    def run_cluster(self, workers: int) -> None:
        """Worker processes, to the topics' present ends."""
        settings = self.settings
        recovery_config(settings)  # made once, before the workers look for it
        flags = {
            "bootstrap_servers": settings.bootstrap_servers,
            "topic_prefix": settings.topic_prefix,
            "recovery_dir": str(settings.recovery_dir),
            "partitions": settings.partitions,
            "epoch_seconds": settings.epoch_seconds,
        }
        run_to_the_ends(flags, workers)

    @contextmanager
    def running(self) -> Iterator[Live]:
        """A worker in the background, ended politely; its error is raised here."""
        live = Live(self.settings)
        errors: list[BaseException] = []

        def work() -> None:
            try:
                run_worker(live)
            except BaseException as error:  # noqa: BLE001  # handed to the test's own thread
                errors.append(error)

        worker = Thread(target=work)
        worker.start()
        try:
            yield live
        finally:
            live.stop.set()
            worker.join(PATIENCE_SECONDS)
        assert not worker.is_alive()
        if errors:
            raise errors[0]

    def messages(self, topic: TopicSpec) -> list[Message]:
        """Everything that is on a topic now, partition by partition."""
        consumer = Consumer(
            {**self.config, "group.id": "reader", "enable.partition.eof": True, "fetch.wait.max.ms": 20, "log_level": 0}
        )
        try:
            partitions = consumer.list_topics(timeout=10).topics[self.name(topic)].partitions
            consumer.assign([TopicPartition(self.name(topic), number, OFFSET_BEGINNING) for number in partitions])
            found: list[Message] = []
            ended: set[int | None] = set()
            deadline = time.monotonic() + PATIENCE_SECONDS
            while len(ended) < len(partitions):
                assert time.monotonic() < deadline, f"{topic.name} could not be read to its end"
                for message in consumer.consume(10_000, 0.05):
                    if message.error():
                        ended.add(message.partition())
                    else:
                        found.append(message)
        finally:
            consumer.close()
        return sorted(found, key=lambda one: (one.partition() or 0, one.offset() or 0))

    def records(self, topic: TopicSpec, kind: type[R]) -> list[R]:
        return [self.codec.decode(message.value(), kind) for message in self.messages(topic)]

    def signals(self) -> list[str]:
        return lines(self.records(topics.SIGNALS, Signal))
