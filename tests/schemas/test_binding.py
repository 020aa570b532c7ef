"""Which series a strategy runs on: what it names, and what the watchlist makes of wildcards."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.binding import binds_symbol, style_of, timeframes_of
from schemas.strategy import StrategyConfig
from schemas.strategy_file import parse_strategy
from schemas.timeframe import timeframe_ms
from schemas.trading_style import TRADING_STYLES, default_style
from schemas.watchlist import AssetConfig, TimeframeConfig, WatchlistEntry
from tests.schemas.watchlist_configs import assets

SIGNALS = [{"id": "entry", "type": "entry", "expression": "close > 1"}]
BASE = "1m"


def strategy(*timeframes: str, symbols: tuple[str, ...] = ("*",)) -> StrategyConfig:
    document = {"id": "a", "signals": SIGNALS, "symbols": [*symbols], "timeframes": [*timeframes]}
    return parse_strategy(document, origin="test")


def entry(**asset: Any) -> WatchlistEntry:  # noqa: ANN401  # as AssetConfig's
    return WatchlistEntry(symbol="BTCUSDT", asset=AssetConfig(symbol="BTCUSDT", **asset), command="c")


LISTED = entry(
    timeframes=(
        TimeframeConfig(name="1d"),
        TimeframeConfig(name="15m"),
        TimeframeConfig(name="1h", trading_style="day"),
        TimeframeConfig(name="4h"),
        TimeframeConfig(name="5m", enabled=False),
    )
)
BARE = entry()
DISABLED = entry(timeframes=("15m",), enabled=False)
ALL_DISABLED = entry(timeframes=(TimeframeConfig(name="15m", enabled=False),))
TAKEN_OFF = WatchlistEntry(symbol="BTCUSDT", asset=None, command="c")


@pytest.mark.parametrize(
    ("wanted", "listed", "exists", "expected"),
    [
        # a watchlist says what wildcards mean
        (["*"], LISTED, True, ["15m", "1h", "4h", "1d"]),
        (["day"], LISTED, True, ["15m", "1h"]),
        (["swing"], LISTED, True, ["4h"]),
        (["position", "day"], LISTED, True, ["15m", "1h", "1d"]),
        (["*", "2h", "day"], LISTED, True, ["15m", "1h", "2h", "4h", "1d"]),
        (["5m"], LISTED, True, ["5m"]),  # disabled there, and named here
        (["1w", "7m"], LISTED, True, ["7m", "1w"]),
        (["*"], ALL_DISABLED, True, []),
        # without timeframes of its own a symbol has its base
        (["*"], BARE, True, ["1m"]),
        (["day"], BARE, True, ["1m"]),
        (["swing"], BARE, True, []),
        # nothing runs on what is disabled
        (["*"], DISABLED, True, []),
        (["15m"], DISABLED, True, []),
        # a pattern of symbols means the watchlist, if there is one
        (["*", "5m"], None, True, []),
        (["*", "5m"], TAKEN_OFF, True, []),
        (["*", "5m"], None, False, ["1m", "5m"]),
        (["*"], TAKEN_OFF, False, ["1m"]),
        (["day"], None, False, ["1m"]),
        (["position"], None, False, []),
    ],
)
def test_timeframes_are_those_named_and_those_of_the_watchlist(
    wanted: list[str], listed: WatchlistEntry | None, *, exists: bool, expected: list[str]
) -> None:
    assert list(timeframes_of(strategy(*wanted), "BTCUSDT", listed, exists, BASE)) == expected


@pytest.mark.parametrize("listed", [None, TAKEN_OFF, BARE], ids=["never on it", "taken off", "on it"])
@pytest.mark.parametrize("exists", [False, True], ids=["no watchlist", "watchlist"])
def test_a_symbol_that_is_named_needs_no_watchlist(listed: WatchlistEntry | None, *, exists: bool) -> None:
    named = strategy("*", "5m", symbols=("BTC/USDT",))
    assert timeframes_of(named, "BTCUSDT", listed, exists, BASE) == ("1m", "5m")
    assert timeframes_of(named, "ETHUSDT", None, exists, BASE) == ()


def test_while_the_base_is_not_known_only_names_bind() -> None:
    assert timeframes_of(strategy("*", "day", "5m"), "BTCUSDT", None, False, None) == ("5m",)  # noqa: FBT003  # no watchlist
    assert timeframes_of(strategy("*", "7m"), "BTCUSDT", LISTED, True, None) == ("7m", "15m", "1h", "4h", "1d")  # noqa: FBT003  # a watchlist


@pytest.mark.parametrize(
    ("symbols", "symbol", "binds"),
    [
        (("BTCUSDT",), "BTC/USDT", True),
        (("BTC/USDT",), "BTCUSDT", True),
        (("BTCUSDT",), "ETHUSDT", False),
        (("*",), "X", True),
        (("BTC*",), "BTC/USDT", True),
        (("BTC*",), "WBTCUSDT", False),
        (("*USDT",), "BTC/USDT", True),
        (("*/USDT",), "BTCUSDT", True),
        (("btc*",), "BTCUSDT", False),
        (("BTC?SDT",), "BTCUSDT", True),
        (("ETHUSDT", "B*T"), "BTCUSDT", True),
    ],
)
def test_symbols_are_bound_with_or_without_the_slash_and_by_pattern(
    symbols: tuple[str, ...], symbol: str, *, binds: bool
) -> None:
    config = strategy("1m", symbols=symbols)
    assert binds_symbol(config, symbol, listed=False, exists=False) is binds
    assert binds_symbol(config, symbol, listed=True, exists=True) is binds
    named = binds and not any("*" in one or "?" in one for one in symbols)
    assert binds_symbol(config, symbol, listed=False, exists=True) is named


def test_a_style_is_the_watchlists_or_follows_from_the_length() -> None:
    assert style_of("1h", LISTED.asset) == "day"
    assert style_of("2h", LISTED.asset) == style_of("2h", None) == "swing"


bindings = st.lists(
    st.sampled_from(["*", *TRADING_STYLES, "1m", "5m", "7m", "1h", "1d"]), min_size=1, max_size=4, unique=True
)
symbol_lists = st.lists(st.sampled_from(["*", "B*", "BTCUSDT", "ETHUSDT"]), min_size=1, max_size=2, unique=True)
listings = st.none() | assets().map(
    lambda asset: WatchlistEntry(symbol="BTCUSDT", asset=asset.model_copy(update={"symbol": "BTCUSDT"}), command="c")
)


@given(bindings, symbol_lists, listings, st.booleans(), st.none() | st.sampled_from(["1m", "5m", "1d"]))
def test_whatever_is_bound_is_ordered_named_or_offered_and_follows_the_symbol(
    wanted: list[str],
    symbols: list[str],
    listed: WatchlistEntry | None,
    exists: bool,  # noqa: FBT001  # drawn
    base: str | None,
) -> None:
    exists = exists or listed is not None
    config = strategy(*wanted, symbols=tuple(symbols))
    found = timeframes_of(config, "BTCUSDT", listed, exists, base)
    asset = None if listed is None else listed.asset
    assert list(found) == sorted(set(found), key=lambda one: (timeframe_ms(one), one))
    offered = {base} if asset is None or not asset.timeframes else {one.name for one in asset.timeframes if one.enabled}
    assert set(found) <= {*wanted, *offered}
    if not binds_symbol(config, "BTCUSDT", listed=asset is not None, exists=exists) or (asset and not asset.enabled):
        assert found == ()
    else:
        assert {one for one in wanted if one[0].isdigit()} <= set(found)
        if "*" in wanted:
            assert offered - {None} <= set(found)
        apart = [
            timeframes_of(strategy(one, symbols=tuple(symbols)), "BTCUSDT", listed, exists, base) for one in wanted
        ]
        assert set(found) == {timeframe for each in apart for timeframe in each}


@given(listings, st.sampled_from(["1m", "1h", "1d"]))
def test_the_three_styles_together_are_everything(listed: WatchlistEntry | None, base: str) -> None:
    exists = listed is not None
    everything = timeframes_of(strategy("*"), "BTCUSDT", listed, exists, base)
    assert timeframes_of(strategy(*TRADING_STYLES), "BTCUSDT", listed, exists, base) == everything
    if listed is None:
        assert timeframes_of(strategy(default_style(base)), "BTCUSDT", None, exists, base) == everything
