"""Any asset of a watchlist, with every kind of part, for Hypothesis."""

from hypothesis import strategies as st

from schemas.record import from_milliseconds
from schemas.session import WEEKDAYS, SessionConfig
from schemas.timeframe import is_multiple
from schemas.trading_style import TRADING_STYLES
from schemas.watchlist import AssetConfig, ConsensusConfig, TimeframeConfig
from tests.strategy_configs import durations, fractions, timeframe_weights, windows

symbols = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}", fullmatch=True)
clock_times = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))
days = st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=7, unique=True).map(",".join) | st.builds(
    "{}-{}".format, st.sampled_from(WEEKDAYS), st.sampled_from(WEEKDAYS)
)
zones = st.sampled_from(["America/New_York", "Asia/Tokyo", "UTC", "Etc/GMT+5"])


@st.composite
def sessions(draw: st.DrawFn) -> SessionConfig:
    """Any hours that differ."""
    opens = draw(clock_times)
    closes = draw(st.none() | clock_times.filter(lambda time: time != opens))
    return SessionConfig(zone=draw(zones), opens=opens, closes=closes, days=draw(days))


consensuses = st.builds(
    ConsensusConfig,
    windows=st.dictionaries(st.sampled_from(TRADING_STYLES), windows, max_size=3),
    weights=timeframe_weights,
    minimum_strategies=st.integers(1, 10_000),
    minimum_agreement=fractions,
    cool_down=st.none() | durations,
    top=st.none() | st.integers(1, 100),
)


@st.composite
def assets(draw: st.DrawFn) -> AssetConfig:
    """An asset whose timeframes fit its base and its session."""
    session = draw(st.none() | sessions())
    offered = ["1m", "5m", "7m", "1h", "4h", "1d", "1w", "2w"] if session is None else ["1m", "5m", "1h", "1d", "1w"]
    base = draw(st.none() | st.sampled_from(["1s", "1m", "5m"]))
    names = draw(st.lists(st.sampled_from(offered), unique=True))
    return AssetConfig(
        symbol=draw(symbols),
        enabled=draw(st.booleans()),
        data_provider=draw(st.text(st.characters(codec="utf-8"), max_size=100)),
        timeframes=tuple(
            TimeframeConfig(
                name=name,
                trading_style=draw(st.sampled_from(TRADING_STYLES)),
                update_frequency_seconds=draw(st.none() | st.integers(1, 31_622_400)),
                enabled=draw(st.booleans()),
                buffer_size=draw(st.none() | st.integers(64, 65_536)),
                aggregation_method=draw(st.sampled_from(["ohlc", "vwap", "typical"])),
            )
            for name in names
            if base is None or is_multiple(name, base)
        ),
        priority=draw(st.integers(1, 1_000)),
        asset_type=draw(st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)),
        last_updated=draw(st.none() | st.integers(0, 2**40).map(from_milliseconds)),
        base_timeframe=base,
        quiet_market=draw(st.booleans()),
        session=session,
        consensus=draw(st.none() | consensuses),
    )
