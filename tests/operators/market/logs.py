"""Anything that may happen to one symbol, for Hypothesis: candles, in order and not, commands and listings."""

from hypothesis import strategies as st

from operators.events import Command, Listing
from schemas.candle_row import CandleRow
from schemas.correlation import CorrelationConfig, WindowConfig
from schemas.lifecycle import StrategyVersion
from schemas.signal_config import SignalConfig
from schemas.watchlist import AssetConfig, ConsensusConfig, SessionConfig, TimeframeConfig
from tests.operators.plain_engine import (
    BLIND,
    RAISES,
    SYMBOL,
    command,
    desired,
    expression,
    listing,
    row,
    version,
)

CONTRARY = (
    SignalConfig(id="buy", type="entry", side="long", expression="bit 4"),
    SignalConfig(id="leave", type="exit", side="long", expression="bit 0"),
)
WEIGHED = CorrelationConfig(windows={"day": WindowConfig(length="10m", every="2m")})
VERSIONS: tuple[StrategyVersion, ...] = (
    version("both", 1),
    version("both", 2, rules=CONTRARY),
    version("both", 3, timeframes=("5m",)),
    version("both", 4, symbols=("ETHUSDT",)),
    version("many", 1, timeframes=("1m", "2m", "3m", "5m"), correlation=WEIGHED),
    version("many", 2, timeframes=("*", "90s", "7m"), rules=CONTRARY, correlation=WEIGHED),
    version("many", 3, timeframes=("day",)),
    expression("reads", "rsi_2@5m > 40 AND mean(close@2m, 3) < 101", "close@7m > 101"),
    expression("crosses", "crossover(ema_2, ema_5)", "crossunder(ema_2, ema_5)"),
    expression("crosses", "rsi_2 < 40", "rsi_3 > 60 AND close > sma_4", 2),
)

ASSETS = tuple(
    None if fields is None else AssetConfig.model_validate({"symbol": SYMBOL, **fields})
    for fields in (
        None,
        {},
        {"timeframes": ["1m", "2m", "4m"], "consensus": ConsensusConfig()},
        {"timeframes": ["3m", "5m"], "quiet_market": True, "consensus": ConsensusConfig(minimum_strategies=1)},
        {"timeframes": [TimeframeConfig(name="5m", aggregation_method="vwap", buffer_size=64)]},
        {"base_timeframe": "1m", "session": SessionConfig(zone="UTC", opens="00:05", closes="00:40")},
        {"session": SessionConfig(zone="America/New_York", opens="20:02", days="sun-thu"), "quiet_market": True},
        {"base_timeframe": "30s", "consensus": ConsensusConfig(minimum_strategies=1)},
        {"base_timeframe": "5m", "timeframes": ["5m", "15m"]},
        {"enabled": False},
    )
)

Events = list[CandleRow | Command | Listing]


@st.composite
def event_logs(draw: st.DrawFn, most: int = 60) -> Events:
    """Candles of some timeframes, in order and not, with commands and listings of every kind between them."""
    next_number = {"1m": 0, "2m": 0, "5m": 0, "30s": 0}
    events: Events = []
    for number in range(draw(st.integers(5, most))):
        if draw(st.integers(0, 4)) == 0:
            about = draw(st.sampled_from(VERSIONS))
            wanted = desired(
                about,
                draw(st.sampled_from(["running", "running", "paused", "stopped"])),
                generation=draw(st.integers(0, 1)),
                after=draw(st.none() | st.integers(-5, most)),
                name=f"c{draw(st.integers(0, 3)) or number}",
            )
            events.append(command(about, wanted))
            continue
        if draw(st.integers(0, 12)) == 0:
            asset = draw(st.sampled_from(ASSETS))
            after = draw(st.none() | st.integers(-5, most))
            events.append(listing(asset, after=after, name=f"w{number}"))
            continue
        timeframe = draw(st.sampled_from(["1m"] * 12 + ["2m", "5m", "5m", "30s"]))
        at = next_number[timeframe] + draw(st.sampled_from([0, 0, 0, 0, 0, 1, 3, -1, -2, -9]))
        next_number[timeframe] = max(next_number[timeframe], at + 1)
        bits = draw(st.integers(0, 31)) | draw(st.sampled_from([0] * 12 + [1 << RAISES, 1 << RAISES + 2, 1 << BLIND]))
        events.append(row(max(0, at), timeframe=timeframe, close=float(draw(st.integers(95, 105))), volume=float(bits)))
    return events
