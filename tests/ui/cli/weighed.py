"""A composite and a consensus, to be shown."""

from schemas.composite import Composite, Consensus, Voice, composite_id, consensus_id
from schemas.record import from_milliseconds

END = from_milliseconds(1_746_057_600_000)  # 2025-05-01T00:00:00Z
START = from_milliseconds(1_746_054_000_000)


def voice(timeframe: str, side: str = "long", strategy: str = "macd") -> Voice:
    return Voice("0" * 32, strategy, timeframe, "up", side, 0.8, 1.0, 0, 100.0)  # type: ignore[arg-type]  # one of two sides


COMPOSITE = Composite(
    id=composite_id("macd", 1, "BTCUSDT", "4h", "swing", END),
    strategy="macd",
    version=1,
    symbol="BTCUSDT",
    timeframe="4h",
    trading_style="swing",
    window_start=START,
    window_end=END,
    side="long",
    price=100.0,
    base=voice("4h"),
    supporting=(voice("1h"), voice("15m")),
    opposing=(voice("5m", "short"),),
    timeframes={"5m": 1.0, "15m": 1.0, "1h": 1.0, "4h": 1.0},
    half_life_ms=1_800_000,
    conflict_penalty=0.5,
    correlation_strength=0.667,
    composite_confidence=0.8125,
)
CONSENSUS = Consensus(
    id=consensus_id("BTCUSDT", "day", END),
    symbol="BTCUSDT",
    trading_style="day",
    window_start=START,
    window_end=END,
    side="short",
    agreeing=(voice("5m", "short"), voice("5m", "short", "rsi"), voice("5m", "short", "ma")),
    opposing=(voice("5m"),),
    strategies=5,
    half_life_ms=1_800_000,
    agreement=0.75,
)
