"""The watchlist changes while candles flow: what runs where, from which bar on, and what is made anew."""

from collections import defaultdict

import pytest

from operators.events import Rolled, Transition
from operators.market.parameters import Parameters
from operators.market.step import MarketStep
from operators.strategy.catalog import Catalog
from operators.tally import Tally
from schemas.lifecycle import StrategyVersion
from schemas.watchlist import AssetConfig, SessionConfig
from tests.operators.market.watcher import Watcher, series, watched
from tests.operators.plain_engine import (
    MINUTE,
    START,
    Feed,
    batched,
    command,
    desired,
    expression,
    listing,
    row,
    scripted,
    stored,
    version,
)

ALL = version("all", timeframes=("*",))
DAY = version("day", timeframes=("day",))
NAMED = version("named", symbols=("BTCUSDT",), timeframes=("5m",))


def asset(*timeframes: str | dict[str, object], **fields: object) -> AssetConfig:
    named = [one if isinstance(one, str) else {"enabled": True, **one} for one in timeframes]
    return AssetConfig.model_validate({"symbol": "BTCUSDT", "timeframes": named, **fields}, strict=False)


def going(*versions: StrategyVersion) -> list[Feed]:
    return [command(one, desired(one)) for one in versions]


def heard(*events: Feed) -> dict[str, list[str]]:
    """By strategy and timeframe: what it was told, with the minute of the bar, and the minutes of the bars it saw.

    The same one by one, together, and restored after every candle.
    """
    found = [_heard(events, size, restart=restart) for size, restart in ((1, False), (1_000, False), (1, True))]
    assert found[0] == found[1] == found[2]
    return found[0]


def _heard(events: tuple[Feed, ...], size: int, *, restart: bool) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    catalog, parameters = Catalog(scripted), Parameters(history_bars=64, gap_tolerance_bars=1_000)
    step = MarketStep(catalog, Tally(), parameters)
    for some in batched(events, [size]):
        for item in step.on_batch(some):
            if isinstance(item, tuple):
                strategy, _, timeframe = item[0].split("|")
                said = found[f"{strategy} {timeframe}"]
                event = item[1].event if isinstance(item[1], Rolled) else item[1]
                if isinstance(event, Transition):
                    state = "unable" if event.unable else event.desired.state
                    said.append(f"{state} {(event.open_time - START) // MINUTE}")
                else:
                    said += [str((time - START) // MINUTE) for time in event.open_times]
        if restart:
            step = MarketStep(catalog, Tally(), parameters, stored(step.snapshot()))
    return found


def minutes(first: int, stop: int) -> list[Feed]:
    return [row(number, close=100.0 + number % 5) for number in range(first, stop)]


def test_wildcards_mean_the_base_until_the_watchlist_says_otherwise() -> None:
    said = heard(*going(ALL, DAY, NAMED), *minutes(0, 3), listing(asset("5m", "1h")), *minutes(3, 11))
    assert said["all 1m"] == ["running 0", "0", "1", "2", "stopped 3"]
    assert said["all 5m"] == ["running 0", "0", "5"]
    assert said["all 1h"] == ["running 0"]
    assert said["day 5m"] == ["running 0", "0", "5"]
    assert "day 1h" not in said
    assert said["named 5m"] == ["running 0", "0", "5"]


def test_a_timeframe_that_is_added_or_disabled_starts_and_stops_what_runs_on_it() -> None:
    more, fewer = (
        listing(asset("5m", "2m"), name="w2"),
        listing(asset("2m", {"name": "5m", "enabled": False}), name="w3"),
    )
    said = heard(listing(asset("5m")), *going(ALL), *minutes(0, 7), more, *minutes(7, 12), fewer, *minutes(12, 16))
    assert said["all 5m"] == ["running 0", "0", "5", "stopped 10"]
    assert said["all 2m"] == ["running 6", "6", "8", "10", "12", "14"]


def test_a_listing_takes_effect_at_its_time_before_commands_of_that_time() -> None:
    after = listing(asset("2m"), after=4, name="w2")
    late = version("late")
    said = heard(listing(asset("5m")), after, *going(ALL), command(late, desired(late, after=4)), *minutes(0, 8))
    assert said["all 5m"] == ["running 0", "stopped 0"]
    assert said["all 2m"] == ["running 4", "4", "6"]
    assert said["late 2m"] == ["running 4", "4", "6"]
    assert "late 5m" not in said


def test_a_disabled_asset_stops_everything_and_an_enabled_one_starts_it_again() -> None:
    off, on = listing(asset("1m", enabled=False), name="w2"), listing(asset("1m"), name="w3")
    said = heard(*going(ALL, NAMED), *minutes(0, 2), off, *minutes(2, 4), on, *minutes(4, 6))
    assert said["all 1m"] == ["running 0", "0", "1", "stopped 2", "running 4", "4", "5"]
    assert said["named 5m"] == ["running 0", "stopped 0", "running 0", "0"]


def test_a_symbol_off_the_watchlist_is_left_by_wildcards_and_not_by_its_name() -> None:
    off = listing(None, name="w2")
    said = heard(*going(ALL, NAMED), *minutes(0, 2), off, *minutes(2, 6))
    assert said["all 1m"] == ["running 0", "0", "1", "stopped 2"]
    assert said["named 5m"] == ["running 0", "0"]


def test_a_stop_and_a_start_count_while_nothing_is_bound() -> None:
    off, on = listing(asset(enabled=False), name="w2"), listing(asset(), name="w3")
    stop = command(ALL, desired(ALL, "stopped", name="c2"))
    said = heard(*going(ALL), *minutes(0, 2), off, *minutes(2, 4), stop, *minutes(4, 5), on, *minutes(5, 8))
    assert said["all 1m"] == ["running 0", "0", "1", "stopped 2"]


def test_a_timeframe_that_cannot_be_made_is_said_to_be_so_until_the_base_changes() -> None:
    fine = version("fine", timeframes=("30s", "5m", "90s"))
    said = heard(*going(fine), *minutes(0, 6))
    assert said["fine 30s"] == ["unable 0"]
    assert said["fine 90s"] == ["unable 0"]
    assert said["fine 5m"] == ["running 0", "0"]
    seconds: list[Feed] = [row(number, timeframe="30s") for number in range(12, 22)]
    said = heard(*going(fine), *minutes(0, 6), listing(asset(base_timeframe="30s")), *seconds)
    assert said["fine 30s"] == ["unable 0", "running 6", *(str(6 + number // 2) for number in range(10))]
    assert said["fine 90s"] == ["unable 0", "running 6", "6", "7", "9"]
    assert said["fine 5m"] == ["running 0", "0", "running 5", "5"]


def test_the_first_of_two_candles_is_left_for_a_finer_one_and_shown_once() -> None:
    both = version("both", timeframes=("5m", "1m"))
    said = heard(*going(both), row(0, timeframe="5m"), *minutes(4, 11))
    assert said["both 5m"] == ["running 0", "0", "running 0", "5"]
    assert said["both 1m"] == ["unable 0", "running 4", *map(str, range(4, 11))]


def test_a_session_that_is_declared_makes_bars_anew_of_the_candles_that_are_kept() -> None:
    one = expression("one", "sma_3 > 0", "close < 0")
    five = one.model_copy(update={"config": one.config.model_copy(update={"timeframes": ("5m",)})})
    session = SessionConfig(zone="UTC", opens="00:02", closes="00:00")
    rows = series(60)
    always = watched([listing(asset(session=session)), *going(five), *rows], by=Watcher(timeframe="5m"))
    later = watched([*going(five), *rows[:33], listing(asset(session=session)), *rows[33:]], by=Watcher(timeframe="5m"))
    from_now = [time for time in always.shown if time >= rows[32][2]]
    assert [(time - START) // MINUTE for time in from_now] == [32, 37, 42, 47, 52]
    assert {time: later.shown[time] for time in from_now} == {time: always.shown[time] for time in from_now}
    assert [one.open_time for one in later.transitions] == [START, rows[32][2]]


@pytest.mark.parametrize("restarts", [frozenset[int](), frozenset(range(60))], ids=["", "restored after every batch"])
@pytest.mark.parametrize("timeframes", [(), ("4h", "1d")], ids=["nothing kept", "a ladder"])
def test_a_session_that_no_timeframe_fits_leaves_no_trace_once_it_is_put_right(
    timeframes: tuple[str, ...], restarts: frozenset[int]
) -> None:
    one = expression("one", "sma_3 > 0", "close < 0")
    four = one.model_copy(update={"config": one.config.model_copy(update={"timeframes": ("4h",)})})
    halves = listing(asset(session=SessionConfig(zone="America/New_York", opens="09:30", closes="16:00")))
    rows = [row(number, timeframe="1h", close=100.0 + number % 7) for number in range(48)]
    events: list[Feed] = [*rows[:20], halves, *rows[20:22], *going(four), *rows[22:24], listing(asset(), name="w2")]
    watchers = [Watcher(timeframe="4h", parameters=Parameters(timeframes=timeframes)) for _ in range(2)]
    always = watched([*going(four), *rows], (1,), by=watchers[0])
    later = watched([*events, *rows[24:]], (1,), restarts, by=watchers[1])
    assert [bool(one.unable) for one in later.transitions] == [True, False]
    assert (list(later.shown), later.partial) == ([one[2] for one in rows[24::4]], [])
    assert later.shown == {time: always.shown[time] for time in later.shown}


def test_bars_that_close_between_a_command_and_a_listing_of_one_candle_are_shown_to_those_of_the_command() -> None:
    first, second = version("one", timeframes=("5m",)), version("one", 2, timeframes=("2m",))
    due: list[Feed] = [command(second, desired(second, after=3, name="c2")), listing(asset(), after=10)]
    said = heard(*going(first), *minutes(0, 3), *due, *minutes(12, 13))
    assert said == {"one 5m": ["running 0", "stopped 0"], "one 2m": ["running 2", "2"]}


def test_a_command_that_a_finer_base_comes_after_takes_effect_at_the_close_of_the_candle_that_brought_both() -> None:
    one = expression("one", "sma_3 > 0", "close < 0")
    five = one.model_copy(update={"config": one.config.model_copy(update={"timeframes": ("5m",)})})
    due = command(five, desired(five, after=6))
    finer = listing(asset(base_timeframe="1m"))
    watcher = watched([row(0, timeframe="5m"), due, finer, row(7), row(8)], (1,), by=Watcher(timeframe="5m"))
    assert [one.close_time for one in watcher.transitions] == [START + 8 * MINUTE] * 2


@pytest.mark.parametrize("method", ["vwap", "typical"])
def test_another_method_makes_the_bars_of_its_timeframe_anew_and_no_others(method: str) -> None:
    one = expression("one", "sma_3 > 0 AND sma_2@15m > 0", "close < 0")
    five = one.model_copy(update={"config": one.config.model_copy(update={"timeframes": ("5m",)})})
    other = asset({"name": "5m", "aggregation_method": method}, "15m")
    rows = series(60)
    always = watched([listing(other), *going(five), *rows], by=Watcher(timeframe="5m"))
    ohlc = watched([*going(five), *rows], by=Watcher(timeframe="5m"))
    later = watched([*going(five), *rows[:31], listing(other), *rows[31:]], by=Watcher(timeframe="5m"))
    from_now = [time for time in always.shown if time >= rows[30][2]]
    assert len(from_now) == 6
    assert {time: later.shown[time] for time in from_now} == {time: always.shown[time] for time in from_now}
    assert all(later.shown[time] != ohlc.shown[time] for time in from_now)
    fifteen = "sma(close,period=2)@15m.sma"
    assert [later.shown[time][fifteen] for time in from_now] == [ohlc.shown[time][fifteen] for time in from_now]


def test_a_buffer_says_how_many_bars_are_kept_from_now_on() -> None:
    watcher = Watcher(history_bars=100)
    rows = series(1_200)
    watched(rows[:600], by=watcher)
    assert {name: watcher.kept()[name] for name in ("1m", "5m", "15m")} == {"1m": 100, "5m": 100, "15m": 40}
    watcher.feed(listing(asset({"name": "5m", "buffer_size": 200}, {"name": "15m", "buffer_size": 64})))
    watched(rows[600:], by=watcher)
    assert {name: watcher.kept()[name] for name in ("1m", "5m", "15m")} == {"1m": 100, "5m": 200, "15m": 64}


def test_a_listed_timeframe_is_kept_though_nobody_runs_on_it() -> None:
    watcher = watched([*minutes(0, 21), listing(asset("7m", "1m")), *minutes(21, 29)])
    assert watcher.kept()["7m"] == 4
    watched([listing(asset("1m"), name="w2"), *minutes(29, 30)], by=watcher)
    assert "7m" not in watcher.kept()
