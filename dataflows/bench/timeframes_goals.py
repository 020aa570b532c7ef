"""What `bench timeframes` is to reach: the seed's targets, and what this project set itself beyond them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from dataflows.bench.timeframes import Throughput
from dataflows.bench.timeframes_live import Latencies, Memory
from dataflows.bench.timeframes_waits import ALL
from schemas.trading_style import TradingStyle

SEED_CALCULATIONS_PER_S: Final = 2_500.0
CALCULATIONS_PER_S: Final = 100 * SEED_CALCULATIONS_PER_S
MB_PER_SYMBOL: Final = 1.0
TOTAL_MB: Final = 4_096.0
P99_MS: Final = 50.0
STYLE_P99_MS: Final[Mapping[TradingStyle, float]] = {"day": 100.0, "swing": 500.0, "position": 1_000.0}


@dataclass(frozen=True)
class Goal:
    """A figure beside what it is to be: at least the goal where more is better, else below it."""

    name: str
    unit: str
    reached: float
    goal: float
    more_is_better: bool = False

    @property
    def met(self) -> bool:
        """Whether it is."""
        return self.reached >= self.goal if self.more_is_better else self.reached < self.goal


def goals(work: Throughput, waits: Latencies, memory: Memory) -> tuple[Goal, ...]:
    """Every goal with what was reached; of a style of which no signal came there is none."""
    found = [
        Goal("calculations", "/s", work.calculations_per_s, CALCULATIONS_PER_S, more_is_better=True),
        Goal("memory a symbol", "MB", memory.mb_per_symbol, MB_PER_SYMBOL),
        Goal(f"memory with {memory.many} symbols", "MB", memory.many_mb, TOTAL_MB),
    ]
    if ALL in waits.signals:
        found.append(Goal("candle to signal, p99", "ms", waits.signals[ALL].p99_ms, P99_MS))
    found += [
        Goal(f"candle to signal, p99, {style}", "ms", waits.signals[style].p99_ms, limit)
        for style, limit in STYLE_P99_MS.items()
        if style in waits.signals
    ]
    return tuple(found)
