"""A worker at the seed's rate with every history full: how long its answers take, and what memory it is in."""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from dataflows.bench.latency import Identity, steady
from dataflows.bench.measure import finish
from dataflows.bench.timeframes_arrivals import Arrival, Arrivals
from dataflows.bench.timeframes_process import Outcome
from dataflows.bench.timeframes_topics import ECHO, BenchTopics, finish_worker
from dataflows.bench.timeframes_waits import Waits, copies_of, waits_of
from dataflows.bench.timeframes_workload import BASE, FIVE, PULSE, STYLES, five, per_candle, pulse, watchlist, weekly
from dataflows.bench.workload import MINUTE_MS, START_MS, GeneratedCandles
from dataflows.errors import BenchFailed
from schemas.record import to_milliseconds
from schemas.signal import Signal
from schemas.timeframe import timeframe_ms
from schemas.topics import COMPOSITES, SIGNALS

Say = Callable[[str], None]
Stretch = tuple[dict[Identity, float], list[Arrival]]
"""When each candle was sent, and what came."""

WARM_SECONDS = 120.0


@dataclass(frozen=True)
class Pace:
    """How the live feed goes.

    Attributes:
        symbols: how many there are.
        calculations_per_s: of the five strategies, on average over all bars.
        seconds: how long latency is measured.
        consensus: whether strategies are weighed against each other.
        settling_s: how long the feed goes before, for connections to be made and the broker's JVM to warm up.
        history: bars that every timeframe of every symbol has before: as many as are kept.
        few: symbols of the run that memory is compared with.
        few_seconds: how long that run is, after settling: long enough for some snapshots.
    """

    symbols: int
    calculations_per_s: float
    seconds: float
    consensus: bool = True
    settling_s: float = 12.0
    history: int = 1_100
    few: int = 5
    few_seconds: float = 20.0

    @property
    def candles_per_s(self) -> float:
        """The candles of all symbols that make so many calculations due."""
        return self.calculations_per_s / per_candle(len(FIVE))

    @property
    def minutes(self) -> int:
        """Candles of each symbol."""
        return max(1, int(self.candles_per_s * (self.settling_s + self.seconds) / self.symbols))

    @property
    def first(self) -> int:
        """The first minute, such that the longest timeframe closes in the middle of what is measured."""
        longest = max(map(timeframe_ms, STYLES)) // MINUTE_MS
        return longest - int(self.candles_per_s * (self.settling_s + self.seconds / 2) / self.symbols) % longest


@dataclass(frozen=True)
class Latencies:
    """Milliseconds from candle to signal and to composite, and through the bare loop for the same candles."""

    signals: Waits
    composites: Waits
    bare: Waits


@dataclass(frozen=True)
class Memory:
    """Resident memory of a live worker with few symbols and with many, in MB (2**20 bytes), at one rate of candles.

    ``start_mb`` is that of a worker before its flow is built: Python and what is imported.
    """

    few: int
    many: int
    few_mb: float
    many_mb: float
    start_mb: float

    @property
    def mb_per_symbol(self) -> float:
        """Growth from the few to the many, by symbol."""
        return (self.many_mb - self.few_mb) / (self.many - self.few)


def live(servers: str, pace: Pace, say: Say) -> tuple[Latencies, Memory]:
    """The worker with all symbols; the bare loop on the same candles; the worker with few symbols, for a while."""
    (signals, composites), many = _worker(servers, pace, say)
    bare = _bare_loop(servers, pace, say)
    few = min(pace.few, pace.symbols - 1)
    _, less = _worker(servers, replace(pace, symbols=few, seconds=pace.few_seconds), say)
    return (
        Latencies(signals, composites, bare),
        Memory(few, pace.symbols, less.resident_mb, many.resident_mb, many.start_mb),
    )


def _worker(servers: str, pace: Pace, say: Say) -> tuple[tuple[Waits, Waits], Outcome]:
    """One worker fills the histories; another one goes on from its recovery store, live."""
    before = weekly(pace.symbols, pace.history)
    topics = BenchTopics(servers, watchlist(before.names(), consensus=pace.consensus, quiet=True), five())
    topics.deploy(pulse(), from_ms=START_MS)
    topics.feed(before)
    with tempfile.TemporaryDirectory() as recovery:
        say(f"{pace.symbols} symbols: {pace.history:,} bars of history in every timeframe")
        finish_worker(topics.start_worker(recovery, "whole"))
        process = topics.start_worker(recovery, "follow")
        try:
            outputs = [SIGNALS.prefixed(topics.prefix), COMPOSITES.prefixed(topics.prefix)]
            sent, received = _paced(topics, pace, outputs, f"{pace.symbols} symbols", say)
            outcome = finish_worker(process)
        finally:
            process.kill()  # nothing to do where it has ended well
    return waits_of(sent, received, topics.codec, settling_s=pace.settling_s), outcome


def _bare_loop(servers: str, pace: Pace, say: Say) -> Waits:
    topics = BenchTopics(servers, (), ())
    process = topics.start_bare_loop("follow")
    try:
        sent, received = _paced(topics, pace, [f"{topics.prefix}{ECHO}"], "bare loop", say)
        finish(process)
    finally:
        process.kill()
    return copies_of(sent, received, topics.codec, settling_s=pace.settling_s)


def _paced(topics: BenchTopics, pace: Pace, outputs: list[str], what: str, say: Say) -> Stretch:
    """Wait until something has come of a first candle of each symbol, then feed evenly."""
    arrivals = Arrivals(topics.config, outputs)
    first = GeneratedCandles(pace.symbols, 1, first=pace.first - 1)
    topics.feed(first)
    _until_warm(topics, arrivals, {(row[0], row[2]) for batch in first.batches() for row in batch})
    say(f"{what}: {pace.candles_per_s:,.0f} candles a second for {pace.settling_s + pace.seconds:g} s")
    candles = GeneratedCandles(pace.symbols, pace.minutes, first=pace.first)
    rows = (row for batch in candles.batches() for row in batch)
    sent = steady(topics.config, topics.codec, topics.candles, rows, per_second=pace.candles_per_s)
    arrivals.until_quiet()
    return sent, arrivals.close()


def _until_warm(topics: BenchTopics, arrivals: Arrivals, wanted: set[Identity]) -> None:
    """Wait for a copy of each of some candles, or for the signal of the strategy that gives one at every bar."""
    deadline = time.monotonic() + WARM_SECONDS
    while wanted:
        if time.monotonic() > deadline:
            raise BenchFailed(f"nothing came of the first candle of {min(wanted)[0]} within {WARM_SECONDS:.0f} s")
        time.sleep(0.1)
        for arrival in arrivals.fresh():
            if arrival.topic.endswith(ECHO):
                row = topics.codec.decode_candle_row(arrival.value)
                wanted.discard((row[0], row[2]))
            elif arrival.topic.endswith(SIGNALS.name):
                signal = topics.codec.decode(arrival.value, Signal)
                if (signal.strategy, signal.timeframe) == (PULSE, BASE):
                    wanted.discard((signal.symbol, to_milliseconds(signal.open_time)))
