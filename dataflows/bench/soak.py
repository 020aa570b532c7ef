"""`bench soak`: hours of market in minutes, and whether anything grows.

Candles of a hundred symbols are fed and worked on Apache Kafka by one worker with its recovery store, which tells every
two seconds what it holds. After the first fifth (histories fill, indicators warm up) nothing may grow. Of each symbol
256 bars of 1m, 5m, 15m and 1h are kept, so that it is over by then.
"""

import json
import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dataflows.bench.engine import prepare
from dataflows.bench.soak_process import Held
from dataflows.bench.soak_sample import Sample
from dataflows.bench.workload import MINUTE_MS, START_MS, GeneratedCandles, strategies
from dataflows.errors import BenchFailed
from dataflows.feed import feed
from dataflows.kafka.codec import build_codec
from dataflows.settings import PREFIX, load
from schemas.candle_row import CandleRow

Say = Callable[[str], None]

STRETCH = 5_000
"""Candles of each symbol that are generated at a time."""
WARM_PART = 0.2
KEPT: Final = {f"{PREFIX}HISTORY_BARS": "256", f"{PREFIX}TIMEFRAMES": "5m,15m,1h"}
"""What the worker keeps: histories that are full when ten million candles are warm. By default those of days and weeks
would go on filling, up to their bound, for years of market."""


@dataclass(frozen=True)
class Soaked:
    """What a worker held, from the end of its warm-up to the end of its run."""

    samples: tuple[Sample, ...]
    candles: int
    symbols: int

    @property
    def warm(self) -> tuple[Sample, ...]:
        """The samples after the first fifth of the candles, but for the last: the worker has ended by then."""
        return tuple(one for one in self.samples[:-1] if one.candles >= self.candles * WARM_PART)

    def growth(self, name: str) -> float:
        """By which factor a figure is higher in the last quarter of the warm samples than in the first, at the mean."""
        values = [float(getattr(one, name)) for one in self.warm]
        quarter = max(1, len(values) // 4)
        first, last = sum(values[:quarter]) / quarter, sum(values[-quarter:]) / quarter
        return last / first if first else 1.0

    @property
    def market_hours(self) -> float:
        """Of market time, for each symbol."""
        return self.candles / self.symbols / 60


@dataclass(frozen=True)
class Stretches:
    """Random walks of any length: a stretch after the other, each with a seed of its own."""

    symbols: int
    candles_per_symbol: int

    @property
    def name(self) -> str:
        """What it is."""
        return "generated"

    def batches(self) -> Iterator[list[CandleRow]]:
        """Minute by minute over all symbols."""
        for first in range(0, self.candles_per_symbol, STRETCH):
            count = min(STRETCH, self.candles_per_symbol - first)
            yield from GeneratedCandles(
                self.symbols, count, seed=first, start_ms=START_MS + first * MINUTE_MS
            ).batches()


def soak(servers: str, *, candles: int, symbols: int, say: Say) -> Soaked:
    """Feed all of it, then work it."""
    settings = load(bootstrap_servers=servers, topic_prefix=f"soak-{uuid.uuid4().hex[:8]}.")
    prepare(settings, strategies(5))
    per_symbol = candles // symbols
    total = per_symbol * symbols
    topic = f"{settings.topic_prefix}candles"
    fed = 0

    def told(rows: int) -> None:
        nonlocal fed
        fed += rows
        if fed * 20 // total != (fed - rows) * 20 // total:
            say(f"fed {fed:,} of {total:,} candles")

    source = Stretches(symbols, per_symbol)
    config = settings.kafka_client_config()
    feed(source, client_config=config, topic=topic, codec=build_codec(settings), progress=told)
    samples = []
    with tempfile.TemporaryDirectory() as folder:
        for sample in worked(servers, settings.topic_prefix, Path(folder) / "recovery", KEPT):
            samples.append(sample)
            say(f"worked {sample.candles:,} of {total:,} candles, {sample.memory_mb:,.0f} MB")
    if not samples or samples[-1].candles != total:
        raise BenchFailed(f"expected {total:,} candles to be worked, the last word was {samples[-1:]}")
    return Soaked(tuple(samples), total, symbols)


def worked(servers: str, prefix: str, store: Path, environment: Mapping[str, str] | None = None) -> Iterator[Sample]:
    """What a worker holds, until it has ended well. ``environment``: settings beside those of this process."""
    command = [sys.executable, "-m", "dataflows.bench.soak_process", servers, prefix, str(store)]
    variables = {**os.environ, **(environment or {})}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=variables) as process:
        if process.stdout is None:
            raise BenchFailed("the worker has no standard output")
        try:
            for line in process.stdout:
                if line.startswith("{"):
                    yield Sample.of(Held(**json.loads(line)), store)
        finally:
            if process.poll() is None and sys.exc_info()[0] is not None:
                process.kill()
    if process.returncode:
        raise BenchFailed(f"the worker ended with code {process.returncode}")
