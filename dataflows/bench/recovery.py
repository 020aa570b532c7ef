"""`bench recovery`: what snapshots cost, how large they are, and how long a resume takes.

All on Apache Kafka with one worker. Throughput with a recovery store and without one is measured in turn in one run.
A key is a series: a strategy on a symbol and timeframe; each symbol has a key of its own beside them.
"""

import contextlib
import json
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataflows.bench.engine import empty_outputs, prepare
from dataflows.bench.measure import Usage, finish, start
from dataflows.bench.workload import GeneratedCandles, strategies
from dataflows.errors import BenchFailed
from dataflows.feed import feed
from dataflows.graph import MARKET_STEP, STRATEGY_STEP
from dataflows.kafka.codec import build_codec
from dataflows.settings import Settings, load

Say = Callable[[str], None]

STRATEGIES = 5
BARS = 120
"""Candles of each symbol before a resume is measured: every indicator is warm."""
RESUME_SECONDS = 600.0


@dataclass(frozen=True)
class Cost:
    """The same candles with snapshots and without, in turn."""

    saved: tuple[Usage, ...]
    unsaved: tuple[Usage, ...]

    @property
    def with_snapshots(self) -> float:
        """Candles a second, of all rounds together."""
        return _rate(self.saved)

    @property
    def without_snapshots(self) -> float:
        """Candles a second, of all rounds together."""
        return _rate(self.unsaved)


@dataclass(frozen=True)
class Resumed:
    """A worker that resumed with so many keys.

    Attributes:
        keys: series of strategies.
        resume_s: from the start of the process to the first candle worked, seconds; the median of some.
        bytes_per_key: of a series' snapshot, on average.
        bytes_per_symbol: of a symbol's snapshot, with its histories (``BARS`` base candles here).
        store_mb: size of the recovery store's files.
    """

    keys: int
    resume_s: float
    bytes_per_key: float
    bytes_per_symbol: float
    store_mb: float


def cost(servers: str, *, symbols: int, candles: int, rounds: int, say: Say) -> Cost:
    """Fill a topic; run the engine over it with a recovery store and without one, in turn."""
    settings = _deployment(servers, STRATEGIES)
    expected = symbols * candles
    say(f"feeding {expected:,} candles of {symbols} symbols")
    _feed(settings, GeneratedCandles(symbols, candles))
    found: dict[bool, list[Usage]] = {True: [], False: []}
    for number in range(rounds):
        for saved in (True, False):
            say(f"{'with' if saved else 'without'} snapshots, round {number + 1}")
            empty_outputs(settings)
            with tempfile.TemporaryDirectory() as folder:
                store = folder if saved else "-"
                arguments = [servers, settings.topic_prefix, store]
                usage = finish(start("dataflows.bench.engine_process", arguments))
            if usage.candles != expected:
                raise BenchFailed(f"expected {expected:,} candles, got {usage}")
            found[saved].append(usage)
    return Cost(tuple(found[True]), tuple(found[False]))


def resumes(servers: str, *, symbols: int, keys: Sequence[int], rounds: int, say: Say) -> list[Resumed]:
    """For each number of keys: work a while, end, and resume some times with a candle of each symbol to work."""
    return [_resumed(servers, symbols, count, rounds, say) for count in keys]


def _resumed(servers: str, symbols: int, keys: int, rounds: int, say: Say) -> Resumed:
    count, rest = divmod(keys, symbols)
    if rest:
        raise BenchFailed(f"{keys:,} keys are no whole number of strategies on {symbols} symbols")
    say(f"{keys:,} keys: {count:,} strategies on {symbols} symbols")
    settings = _deployment(servers, count)
    _feed(settings, GeneratedCandles(symbols, BARS))
    taken: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        arguments = [servers, settings.topic_prefix, folder]
        usage = finish(start("dataflows.bench.engine_process", arguments))
        if usage.evaluations != BARS * keys:
            raise BenchFailed(f"expected {BARS * keys:,} evaluations, got {usage}")
        steps, size = _sizes(Path(folder))
        for number in range(rounds):
            say(f"{keys:,} keys: resume {number + 1}")
            _feed(settings, GeneratedCandles(symbols, 1, first=BARS + number))
            taken.append(_time_to_resume(arguments, symbols))
    found, series = steps.get(STRATEGY_STEP, (0, 0))[0], steps[STRATEGY_STEP]
    if found != keys:
        raise BenchFailed(f"expected {keys:,} keys in the store, got {found:,}")
    symbol = steps[MARKET_STEP]
    return Resumed(keys, statistics.median(taken), series[1] / series[0], symbol[1] / symbol[0], size / 1e6)


def _time_to_resume(arguments: Sequence[str], candles: int) -> float:
    done = subprocess.run(
        [sys.executable, "-m", "dataflows.bench.recovery_process", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        timeout=RESUME_SECONDS,
    )
    if done.returncode or not done.stdout.strip():
        raise BenchFailed(f"a worker that resumed ended with code {done.returncode}")
    report: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    if report["candles"] != candles:
        raise BenchFailed(f"expected {candles:,} candles after the resume, got {report}")
    return float(report["resume_s"])


def _sizes(folder: Path) -> tuple[dict[str, tuple[int, int]], int]:
    """Keys and bytes of the newest snapshots by step, and the bytes of all files of a store."""
    found: dict[str, tuple[int, int]] = {}
    newest = "SELECT step_id, state_key, ser_change, max(snap_epoch) FROM snaps GROUP BY step_id, state_key"
    for file in folder.glob("part-*.sqlite3"):
        with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as store:
            query = f"SELECT step_id, count(*), sum(length(ser_change)) FROM ({newest}) GROUP BY step_id"  # noqa: S608  # constants
            for step_id, keys, size in store.execute(query):
                name = str(step_id).split(".")[1]  # flow.step.operator
                before = found.get(name, (0, 0))
                found[name] = before[0] + keys, before[1] + (size or 0)
    return found, sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _deployment(servers: str, count: int) -> Settings:
    settings = load(bootstrap_servers=servers, topic_prefix=f"bench-{uuid.uuid4().hex[:8]}.")
    prepare(settings, strategies(count))
    return settings


def _feed(settings: Settings, candles: GeneratedCandles) -> None:
    topic = f"{settings.topic_prefix}candles"
    feed(candles, client_config=settings.kafka_client_config(), topic=topic, codec=build_codec(settings))


def _rate(usages: Sequence[Usage]) -> float:
    return sum(one.candles for one in usages) / sum(one.wall_s for one in usages)
