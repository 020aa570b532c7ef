"""`bench timeframes`: one worker with every timeframe of a watchlist, topic to topic, beside a bare loop.

All strategies run on all timeframes of all symbols, their timeframes correlated and the strategies weighed against
each other. A calculation is an evaluation of one strategy on one closed bar of one timeframe. What the engine does
beside is not counted and is part of what a calculation costs: indicators, bars of timeframes on which nothing runs,
windows, composites, reading and writing.
"""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dataflows.bench.measure import Usage, finish
from dataflows.bench.timeframes_check import checked
from dataflows.bench.timeframes_meter import PARTS
from dataflows.bench.timeframes_process import Outcome
from dataflows.bench.timeframes_topics import BenchTopics, finish_worker
from dataflows.bench.timeframes_workload import calculations, five, not_ready, watchlist
from dataflows.bench.workload import GeneratedCandles
from dataflows.errors import BenchFailed

Say = Callable[[str], None]

REST_OF_THREAD = "Bytewax and what is between the parts"
REST_OF_PROCESS = "Kafka client's threads, start and end"


@dataclass(frozen=True)
class Plan:
    """How much is run."""

    symbols: int = 100
    candles_per_symbol: int = 6_000
    rounds: int = 2
    consensus: bool = True


@dataclass(frozen=True)
class Part:
    """What one part of the worker takes of a base candle: microseconds of CPU, its share, how often it is called."""

    name: str
    us_per_candle: float
    share: float
    calls_per_candle: float


@dataclass(frozen=True)
class Throughput:
    """Rounds of the worker and of the bare loop, done in turn, and one more with the time of each part.

    Attributes:
        engine: of each round.
        bare: of each round.
        metered: the round with the time of each part.
        records: on the output topics, by kind; they are those of the graph in memory.
        not_ready: share of the calculations that come before all indicators of the strategy have a value.
    """

    engine: tuple[Usage, ...]
    bare: tuple[Usage, ...]
    metered: Outcome
    records: dict[str, int]
    not_ready: float

    @property
    def calculations_per_s(self) -> float:
        """Of all rounds together."""
        return sum(one.evaluations for one in self.engine) / sum(one.wall_s for one in self.engine)

    @property
    def candles_per_s(self) -> float:
        """Of all rounds together."""
        return sum(one.candles for one in self.engine) / sum(one.wall_s for one in self.engine)

    @property
    def bare_candles_per_s(self) -> float:
        """Of all rounds together."""
        return sum(one.candles for one in self.bare) / sum(one.wall_s for one in self.bare)

    @property
    def us_per_candle(self) -> float:
        """CPU of all threads."""
        return _us_per_candle(self.engine)

    @property
    def cpu_ratio_to_bare_loop(self) -> float:
        """CPU a candle, over the bare loop's."""
        return self.us_per_candle / _us_per_candle(self.bare)

    @property
    def calculations_per_cpu_s(self) -> float:
        """What one core would do that had nothing else to do."""
        return sum(one.evaluations for one in self.engine) / sum(one.cpu_s for one in self.engine)

    @property
    def peak_memory_mb(self) -> float:
        """Of the worker that is behind, the highest of all rounds."""
        return max(one.peak_memory_mb for one in self.engine)

    @property
    def metered_us_per_candle(self) -> float:
        """CPU of all threads in the metered round, less what the meter took itself."""
        one = self.metered
        return (one.usage.cpu_s * 1e6 - one.meter_us) / one.usage.candles

    @property
    def parts(self) -> tuple[Part, ...]:
        """The metered round, part by part; they add up to its CPU, less what the meter took itself."""
        one, candles = self.metered, self.metered.usage.candles
        taken = {name: one.parts.get(name, 0.0) for name in PARTS}
        taken[REST_OF_THREAD] = max(0.0, one.thread_us - sum(one.parts.values()))
        taken[REST_OF_PROCESS] = max(0.0, one.usage.cpu_s * 1e6 - one.meter_us - one.thread_us)
        whole = sum(taken.values())
        return tuple(
            Part(name, us / candles, us / whole, one.calls.get(name, 0) / candles) for name, us in taken.items()
        )


def throughput(servers: str, plan: Plan, say: Say) -> Throughput:
    """Fill a topic, then run the bare loop and the worker over it in turn; then the worker once more with a meter."""
    candles = GeneratedCandles(plan.symbols, plan.candles_per_symbol)
    configs, assets = five(), watchlist(candles.names(), consensus=plan.consensus)
    topics = BenchTopics(servers, assets, configs)
    say(f"feeding {plan.symbols * plan.candles_per_symbol:,} candles of {plan.symbols} symbols")
    topics.feed(candles)
    due = calculations(plan.candles_per_symbol, len(configs))
    engine, bare = [], []
    for number in range(plan.rounds):
        say(f"bare loop, round {number + 1}")
        bare.append(finish(topics.start_bare_loop()))
        say(f"worker, round {number + 1}")
        engine.append(_run(topics, "whole", plan, due).usage)
    say("worker, part by part")
    metered = _run(topics, "metered", plan, due)
    say("comparing the last round with the graph run in memory")
    found = checked(topics.settings, candles, configs, assets)
    if found.difference:
        raise BenchFailed(f"the output topics are not what the graph gives in memory: {found.difference}")
    unready = not_ready(plan.candles_per_symbol, configs) / due
    return Throughput(tuple(engine), tuple(bare), metered, found.records, unready)


def _run(topics: BenchTopics, mode: str, plan: Plan, due: int) -> Outcome:
    with tempfile.TemporaryDirectory() as recovery:
        topics.empty_outputs()
        outcome = finish_worker(topics.start_worker(recovery, mode))
    usage, expected = outcome.usage, plan.symbols * plan.candles_per_symbol
    if (usage.candles, usage.evaluations) != (expected, plan.symbols * due):
        raise BenchFailed(f"expected {expected:,} candles and {plan.symbols * due:,} calculations, got {usage}")
    return outcome


def _us_per_candle(usages: Sequence[Usage]) -> float:
    return sum(one.cpu_s for one in usages) / sum(one.candles for one in usages) * 1e6
