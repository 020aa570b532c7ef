"""Bars that lack candles: which are so, who is told, and what a quiet market makes of it."""

import pytest

from schemas.alert import Alert
from schemas.lifecycle import StrategyVersion
from schemas.signal import Signal
from schemas.strategy import PartialBars
from schemas.watchlist import AssetConfig, SessionConfig
from tests.operators.market.watcher import Watcher, watched
from tests.operators.plain_engine import (
    BUY,
    LEAVE,
    MINUTE,
    START,
    Feed,
    PlainEngine,
    batched,
    command,
    desired,
    expression,
    listing,
    row,
    version,
)

QUIET = listing(AssetConfig(symbol="BTCUSDT", quiet_market=True, base_timeframe="1m"))


def on(timeframe: str) -> StrategyVersion:
    one = expression("one", "close > 0", "close < 0")
    return one.model_copy(update={"config": one.config.model_copy(update={"timeframes": (timeframe,)})})


def without(*missing: int, stop: int = 16) -> list[Feed]:
    return [row(number) for number in range(stop) if number not in missing]


def seen(*events: Feed, timeframe: str = "5m", tolerance: int = 0) -> tuple[list[int], list[int], list[str]]:
    """The minutes at which bars open, those of the partial ones, and the alerts; the same however it is batched."""
    found = []
    for sizes, restarts in (([1], frozenset[int]()), ([100], frozenset[int]()), ([3], frozenset(range(9)))):
        engine = PlainEngine(gap_tolerance_bars=tolerance)
        for some in batched(events, sizes):
            engine.feed(*some)
        alerts = [one for one in engine.out["BTCUSDT"] if isinstance(one, Alert)]
        watcher = watched(events, sizes, restarts, by=Watcher(timeframe=timeframe))
        opens = [(time - START) // MINUTE for time in watcher.shown]
        partial = [(time - START) // MINUTE for time in watcher.partial]
        found.append((opens, partial, [f"{one.kind} {one.timeframe} {one.event_time:%H:%M}" for one in alerts]))
    assert found[0] == found[1] == found[2]
    return found[0]


def test_a_bar_without_some_of_its_candles_is_partial_and_told_where_somebody_runs_on_it() -> None:
    version_ = on("5m")
    go = command(version_, desired(version_))
    opens, partial, alerts = seen(go, *without(6, 7))
    assert (opens, partial) == ([0, 5, 10], [5])
    assert alerts == ["gap 1m 00:08", "partial 5m 00:10"]
    assert seen(*without(6, 7))[2] == ["gap 1m 00:08"]


def test_it_says_how_many_candles_there_were() -> None:
    version_ = on("5m")
    engine = PlainEngine(gap_tolerance_bars=5)
    engine.feed(command(version_, desired(version_)), *batched(without(6, 7), [50])[0])
    (alert,) = (one for one in engine.out["BTCUSDT"] if isinstance(one, Alert))
    assert alert.message == (
        "the bar from 2025-05-01T00:05:00+00:00 to 2025-05-01T00:10:00+00:00 was made of 3 of 5 candles of 1m"
    )


@pytest.mark.parametrize("last", [4, 9], ids=["the first", "the last"])
def test_a_bar_that_lacks_its_last_candle_closes_with_the_next_one_there_is(last: int) -> None:
    version_ = on("5m")
    opens, partial, _ = seen(command(version_, desired(version_)), *without(last))
    assert (opens, partial) == ([0, 5, 10], [last - 4])


def test_the_first_bar_is_partial_where_the_feed_begins_within_it() -> None:
    version_ = on("5m")
    opens, partial, alerts = seen(command(version_, desired(version_)), *without(0, 1))
    assert (opens, partial) == ([0, 5, 10], [0])
    assert alerts == ["partial 5m 00:05"]


@pytest.mark.parametrize(
    ("tolerance", "alerts"), [(0, ["gap 1m 00:10", "gap 5m 00:10"]), (1, ["gap 1m 00:10"]), (5, [])]
)
def test_a_bar_without_any_candle_does_not_come_and_is_told_as_a_gap(tolerance: int, alerts: list[str]) -> None:
    version_ = on("5m")
    go = command(version_, desired(version_))
    opens, partial, told = seen(go, *without(5, 6, 7, 8, 9), tolerance=tolerance)
    assert (opens, partial, told) == ([0, 10], [], alerts)


def test_in_a_quiet_market_nothing_is_missing_but_a_beginning_that_was_not_seen() -> None:
    version_ = on("5m")
    go = command(version_, desired(version_))
    assert seen(QUIET, go, *without(0, 3, 5, 6, 7, 8, 9, 12, 14)) == ([0, 10], [0], [])
    assert seen(QUIET, go, *without(3, 5, 6, 7, 8, 9, 12, 14)) == ([0, 10], [], [])


def test_a_night_between_sessions_is_no_gap_and_a_day_that_lacks_candles_is_partial() -> None:
    session = SessionConfig(zone="UTC", opens="00:03", closes="00:07")
    asset = AssetConfig(symbol="BTCUSDT", session=session, base_timeframe="1m")
    version_ = on("1d")
    day = 24 * 60
    rows = [row(start + number) for start in (0, day, 2 * day) for number in (3, 4, 5, 6)]
    opens, partial, alerts = seen(listing(asset), command(version_, desired(version_)), *rows, timeframe="1d")
    assert (opens, partial, alerts) == ([3, day + 3, 2 * day + 3], [], [])
    del rows[5]
    opens, partial, alerts = seen(listing(asset), command(version_, desired(version_)), *rows, timeframe="1d")
    assert (opens, partial) == ([3, day + 3, 2 * day + 3], [day + 3])
    assert alerts == ["gap 1m 00:05", "partial 1d 00:07"]


def test_frames_of_sessions_say_when_a_bar_closed() -> None:
    session = SessionConfig(zone="UTC", opens="00:03", closes="00:10")
    asset = AssetConfig(symbol="BTCUSDT", session=session, base_timeframe="1m")
    version_ = on("5m")
    watcher = watched([listing(asset), command(version_, desired(version_)), *without()], by=Watcher(timeframe="5m"))
    found = {(opened - START) // MINUTE: (closed - START) // MINUTE for opened, closed in watcher.closes.items()}
    assert found == {3: 8, 8: 10}


@pytest.mark.parametrize(
    ("setting", "signals"),
    [("skip", []), ("exits", []), ("evaluate", ["00:10"])],
)
def test_a_rule_acts_on_a_partial_bar_only_where_its_strategy_says_so(setting: PartialBars, signals: list[str]) -> None:
    one = version("one", timeframes=("5m",), partial_bars=setting)
    rows = [row(number, volume=float(BUY if number == 8 else 0)) for number in range(14) if number != 6]
    engine = PlainEngine()
    for some in batched([command(one, desired(one)), *rows], [4]):
        engine.feed(*some)
    said = [one for one in engine.out["one|BTCUSDT|5m"] if isinstance(one, Signal)]
    assert [f"{one.close_time:%H:%M}" for one in said] == signals
    assert all(one.partial for one in said)


@pytest.mark.parametrize(("setting", "signals"), [("skip", 1), ("exits", 2)])
def test_an_exit_may_act_on_a_partial_bar(setting: PartialBars, signals: int) -> None:
    one = version("one", timeframes=("5m",), partial_bars=setting)
    volumes = {4: BUY, 8: LEAVE}
    rows = [row(number, volume=float(volumes.get(number, 0))) for number in range(14) if number != 6]
    engine = PlainEngine()
    for some in batched([command(one, desired(one)), *rows], [4]):
        engine.feed(*some)
    said = [one for one in engine.out["one|BTCUSDT|5m"] if isinstance(one, Signal)]
    assert [one.partial for one in said] == [False, True][:signals]
