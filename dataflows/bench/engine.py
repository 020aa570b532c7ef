"""`bench engine`: topic to topic on Apache Kafka, one worker, beside a bare loop in the same run.

The bare loop consumes, decodes, encodes and produces one record for each candle; it uses the codec, client settings
and batches of the engine. Both run alternately in processes of their own, on topics filled beforehand, and what the
engine put out is compared with the graph run in memory over the same candles.
"""

import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from confluent_kafka.admin import NewTopic

from dataflows.bench.check import signals_differ
from dataflows.bench.latency import Identity, Latency, Probe, latency, steady
from dataflows.bench.measure import Usage, finish, start
from dataflows.bench.outputs import empty, let_be_emptied
from dataflows.bench.workload import GeneratedCandles, pulse, strategies
from dataflows.brokers.contact import admin_client
from dataflows.control_client import ControlClient
from dataflows.errors import BenchFailed
from dataflows.feed import feed
from dataflows.kafka import topic_layout
from dataflows.kafka.codec import build_codec
from dataflows.settings import Settings, load
from schemas.codec import Codec
from schemas.record import EPOCH, to_milliseconds
from schemas.signal import Signal
from schemas.strategy import StrategyConfig

Say = Callable[[str], None]

WARM_SECONDS = 60.0
SETTLING_SECONDS = 12.0
"""Of the steady feed, before latency counts: connections are made and the broker's JVM has compiled what it needs."""


@dataclass(frozen=True)
class Plan:
    """How much is run."""

    symbols: int = 100
    candles_per_symbol: int = 4_000
    rounds: int = 2
    latency_rate: float = 500.0
    latency_seconds: float = 20.0


@dataclass(frozen=True)
class Throughput:
    """The engine with so many strategies on each symbol, beside the bare loop; one of each a round."""

    strategies: int
    engine: tuple[Usage, ...]
    bare: tuple[Usage, ...]

    @property
    def candles_per_s(self) -> float:
        """Of all rounds together."""
        return sum(one.candles for one in self.engine) / sum(one.wall_s for one in self.engine)

    @property
    def evaluations_per_s(self) -> float:
        """Of all rounds together."""
        return sum(one.evaluations for one in self.engine) / sum(one.wall_s for one in self.engine)

    @property
    def cpu_s_per_million_evaluations(self) -> float:
        """All threads of the worker, user and system."""
        return sum(one.cpu_s for one in self.engine) / sum(one.evaluations for one in self.engine) * 1e6

    @property
    def cpu_ratio_to_bare_loop(self) -> float:
        """CPU seconds a candle, over the bare loop's."""
        own = sum(one.cpu_s for one in self.engine) / sum(one.candles for one in self.engine)
        bare = sum(one.cpu_s for one in self.bare) / sum(one.candles for one in self.bare)
        return own / bare

    @property
    def bare_candles_per_s(self) -> float:
        """Of all rounds together."""
        return sum(one.candles for one in self.bare) / sum(one.wall_s for one in self.bare)

    @property
    def peak_memory_mb(self) -> float:
        """Of the worker, the highest of all rounds."""
        return max(one.peak_memory_mb for one in self.engine)


def throughput(servers: str, plan: Plan, count: int, say: Say) -> Throughput:
    """Fill a topic, then run the bare loop and the engine over it in turn."""
    prefix = f"bench-{uuid.uuid4().hex[:8]}-{count}."
    settings = load(bootstrap_servers=servers, topic_prefix=prefix)
    candles = GeneratedCandles(plan.symbols, plan.candles_per_symbol)
    configs = strategies(count)
    prepare(settings, configs)
    say(f"feeding {plan.symbols * plan.candles_per_symbol:,} candles of {plan.symbols} symbols")
    topic = f"{prefix}candles"
    feed(candles, client_config=settings.kafka_client_config(), topic=topic, codec=build_codec(settings))
    expected = plan.symbols * plan.candles_per_symbol
    engine, bare = [], []
    for number in range(plan.rounds):
        say(f"bare loop, round {number + 1}")
        bare.append(finish(start("dataflows.bench.bare_loop", [servers, prefix])))
        say(f"engine with {count} strategies a symbol, round {number + 1}")
        with tempfile.TemporaryDirectory() as recovery:
            empty_outputs(settings)
            usage = finish(start("dataflows.bench.engine_process", [servers, prefix, recovery]))
        if (usage.candles, usage.evaluations) != (expected, expected * count):
            raise BenchFailed(f"expected {expected:,} candles and {expected * count:,} evaluations, got {usage}")
        engine.append(usage)
    say("comparing the last round's signals with the graph run in memory")
    different = signals_differ(settings, candles, configs)
    if different:
        raise BenchFailed(f"the signals on the topic are not those of the graph in memory: {different}")
    return Throughput(count, tuple(engine), tuple(bare))


def latencies(servers: str, plan: Plan, say: Say) -> tuple[Latency, Latency]:
    """Engine and bare loop at a steady rate, five strategies a symbol, one of which signals at every candle."""
    warm = 80
    steady_rows = int(plan.latency_rate * (SETTLING_SECONDS + plan.latency_seconds) / plan.symbols)
    results = []
    for module, output in (("dataflows.bench.engine_process", "signals"), ("dataflows.bench.bare_loop", "echo")):
        prefix = f"bench-{uuid.uuid4().hex[:8]}-{output}."
        settings = load(bootstrap_servers=servers, topic_prefix=prefix)
        codec = build_codec(settings)
        prepare(settings, [*strategies(4), pulse()])
        config, topic = settings.kafka_client_config(), f"{prefix}candles"
        feed(GeneratedCandles(plan.symbols, warm), client_config=config, topic=topic, codec=codec)
        say(f"{module.rpartition('.')[2]} at {plan.latency_rate:g} candles a second for {plan.latency_seconds:g} s")
        with tempfile.TemporaryDirectory() as recovery:
            arguments = [servers, prefix, recovery, "follow"] if output == "signals" else [servers, prefix, "follow"]
            process = start(module, arguments)
            try:
                probe = Probe(config, f"{prefix}{output}", _identify(codec, output))
                _until_warm(settings, plan, warm, probe)
                candles = GeneratedCandles(plan.symbols, steady_rows, first=warm + 1)
                rows = (row for batch in candles.batches() for row in batch)
                sent = steady(config, codec, topic, rows, per_second=plan.latency_rate)
                results.append(latency(sent, probe, settling_s=SETTLING_SECONDS))
                finish(process)
            finally:
                process.kill()  # nothing to do where it has ended well
    return results[0], results[1]


def prepare(settings: Settings, configs: list[StrategyConfig]) -> None:
    """Topics, and these strategies on whatever comes, from the first candle on."""
    topic_layout.create(settings)
    let_be_emptied(settings.kafka_client_config(), f"{settings.topic_prefix}metrics")
    admin = admin_client(settings.kafka_client_config())
    echo = NewTopic(f"{settings.topic_prefix}echo", settings.partitions, 1)
    for future in admin.create_topics([echo]).values():
        future.result()
    control = ControlClient(settings)
    for config in configs:
        control.deploy(config, effective_from=EPOCH)


def empty_outputs(settings: Settings) -> None:
    """Each round begins on empty outputs."""
    names = ("signals", "positions", "metrics", "equity", "executions", "alerts", "dead-letter")
    empty(settings.kafka_client_config(), [f"{settings.topic_prefix}{name}" for name in names])


def _identify(codec: Codec, output: str) -> Callable[[bytes], Identity]:
    """What joins a record of an output topic with the candle behind it."""

    def of_signal(value: bytes) -> Identity:
        signal = codec.decode(value, Signal)
        return signal.symbol, to_milliseconds(signal.open_time)

    def of_candle(value: bytes) -> Identity:
        row = codec.decode_candle_row(value)
        return row[0], row[2]

    return of_signal if output == "signals" else of_candle


def _until_warm(settings: Settings, plan: Plan, warm: int, probe: Probe) -> None:
    """Feed one more candle of each symbol, and wait until what comes of all of them is seen."""
    candles = GeneratedCandles(plan.symbols, 1, first=warm)
    topic = f"{settings.topic_prefix}candles"
    feed(candles, client_config=settings.kafka_client_config(), topic=topic, codec=build_codec(settings))
    wanted = {(row[0], row[2]) for batch in candles.batches() for row in batch}
    deadline = time.monotonic() + WARM_SECONDS
    while not probe.has(wanted):
        if time.monotonic() > deadline:
            raise BenchFailed(f"nothing came of the first candles within {WARM_SECONDS:.0f} s")
        time.sleep(0.1)
