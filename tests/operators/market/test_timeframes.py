"""Indicators of a higher timeframe on a series: what a strategy sees, from when, and that nobody else can change it."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pytest
import talib
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.events import Command, Frames
from operators.market.grid import UtcGrid
from operators.market.parameters import Parameters
from operators.market.step import MarketStep
from operators.strategy.catalog import Catalog
from operators.tally import Tally
from schemas.candle_row import CandleRow
from tests.operators.market.watcher import Watcher, series, watched
from tests.operators.plain_engine import MINUTE, START, Event, Feed, batched, command, desired, expression, row

Floats = npt.NDArray[np.float64]

HOURLY = expression("one", "rsi_3@5m < 50 AND close@5m > 0 AND ema_2@15m > 0", "mean(rsi_3@5m, 4) > 0 OR obv > 0")
"""Two higher timeframes, a price of one, a mean over the series' own candles of what is held, and a running total."""
UPDATED = expression("one", "rsi_3@5m < 50 AND ema_4@5m > 0", "change(ema_2@15m, 30) > 0 AND mean(obv, 3) > 0", 2)


def closes_of(rows: Sequence[CandleRow], timeframe: str, minutes: int) -> list[tuple[int, float]]:
    """When each whole bucket ends, in minutes from the start, and its close."""
    closes = {UtcGrid().bucket(one[2], timeframe)[0]: one[6] for one in rows}
    last = rows[-1][2] + MINUTE
    ends = [(opens + minutes * MINUTE, close) for opens, close in sorted(closes.items())]
    return [((end - START) // MINUTE, close) for end, close in ends if end <= last]


def held(ends: Sequence[int], values: Sequence[float], minute: int) -> float:
    """The value of the last bucket that ended by the close of the candle of this minute."""
    known = [value for end, value in zip(ends, values, strict=True) if end <= minute + 1]
    return known[-1] if known else math.nan


def assert_held(found: dict[int, float], ends: Sequence[int], values: Sequence[float]) -> None:
    expected = {minute: held(ends, values, minute) for minute in found}
    assert {minute: repr(value) for minute, value in found.items()} == {
        minute: repr(float(value)) for minute, value in expected.items()
    }


@pytest.mark.parametrize("gaps", [False, True], ids=["whole", "with gaps"])
def test_a_value_is_talibs_over_the_closed_candles_and_holds_until_the_next(*, gaps: bool) -> None:
    rows = series(400, gaps=gaps)
    watcher = watched([command(HOURLY, desired(HOURLY)), *rows])
    for timeframe, minutes, column, computed in (
        ("5m", 5, "rsi(close,period=3)@5m.rsi", lambda closes: talib.RSI(closes, 3)),
        ("15m", 15, "ema(close,period=2)@15m.ema", lambda closes: talib.EMA(closes, 2)),
        ("5m", 5, "close@5m.price", lambda closes: closes),
    ):
        ends = closes_of(rows, timeframe, minutes)
        closes: Floats = np.array([close for _, close in ends])
        compute: Callable[[Floats], Floats] = computed
        assert_held(watcher.column(column), [end for end, _ in ends], compute(closes).tolist())


def test_at_the_instant_at_which_both_close_a_rule_sees_the_higher_candle_that_closed() -> None:
    one = expression("one", "close@5m > 0", "close < 0")
    found = watched([command(one, desired(one)), *(row(minute, close=100.0 + minute) for minute in range(11))])
    shown = found.column("close@5m.price")
    assert [shown[minute] for minute in (4, 5, 8, 9, 10)] == [104.0, 104.0, 104.0, 109.0, 109.0]
    assert all(math.isnan(shown[minute]) for minute in range(4))


def test_the_bar_before_is_shown_across_batches_so_that_a_cross_is_seen() -> None:
    one = expression("one", "crossover(close@5m, 105)", "close < 0")
    rows = [row(minute, close=100.0 + minute) for minute in range(12)]
    for sizes in ([1], [3], [100]):
        shown = watched([command(one, desired(one)), *rows], sizes).shown
        crossing = shown[START + 9 * MINUTE]["close@5m.price"]
        assert crossing == ("109.0", "104.0")


def test_a_bar_that_began_before_the_first_candle_counts_for_indicators_and_lacks_candles() -> None:
    one = expression("one", "close@5m > 0", "close < 0")
    rows = [row(minute, close=100.0 + minute) for minute in range(2, 12)]
    shown = watched([command(one, desired(one)), *rows]).column("close@5m.price")
    assert {minute: value for minute, value in shown.items() if not math.isnan(value)} == {
        **dict.fromkeys((4, 5, 6, 7, 8), 104.0),
        **dict.fromkeys((9, 10, 11), 109.0),
    }
    config = one.config.model_copy(update={"timeframes": ("5m",)})
    five = one.model_copy(update={"config": config})
    watcher = watched([command(five, desired(five)), *rows], by=Watcher(timeframe="5m"))
    assert list(watcher.shown) == [START, START + 5 * MINUTE]
    assert watcher.partial == [START]


def test_a_late_strategy_sees_all_that_came_before_it() -> None:
    one = expression("one", "sma_3@5m > 0", "close < 0")
    rows = series(300)
    watcher = watched([*rows[:200], command(one, desired(one)), *rows[200:]])
    ends = closes_of(rows, "5m", 5)
    closes = np.array([close for _, close in ends])
    assert_held(watcher.column("sma(close,period=3)@5m.sma"), [end for end, _ in ends], talib.SMA(closes, 3).tolist())
    assert (watcher.transitions[0].warm_up, watcher.transitions[0].young) == (0, "")


def test_an_update_keeps_warm_what_both_versions_read() -> None:
    first, second = (
        expression("one", f"rsi_3@5m < 50 AND {also}", "obv > 0", n)
        for n, also in ((1, "close > 0"), (2, "ema_4@15m > 0"))
    )
    rows = series(400)
    events: list[Feed] = [command(first, desired(first)), *rows]
    steady = watched(events)
    events.insert(300, command(second, desired(second, name="c2")))
    updated = watched(events, restarts=frozenset({4, 6}))
    for column in ("rsi(close,period=3)@5m.rsi", "obv(close).obv"):
        assert [updated.shown[one[2]][column] for one in rows] == [steady.shown[one[2]][column] for one in rows]
    assert updated.transitions[1].warm_up == 0


def test_the_series_own_timeframe_is_no_other() -> None:
    one = expression("one", "rsi_5@1m < 50 AND mean(rsi_5@1m, 3) > 0 AND rsi_5 > 0", "close < 0")
    watcher = watched([command(one, desired(one)), *series(200)])
    assert watcher.column("rsi(close,period=5)@1m.rsi") == pytest.approx(
        watcher.column("rsi(close,period=5).rsi"), abs=0.0, nan_ok=True
    )
    frames = watcher.shown[START + 199 * MINUTE]
    assert frames["sma(rsi(close,period=5)@1m.rsi,period=3).sma"][0] != "nan"


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("rsi_3@30s < 50", "rsi(close,period=3)@30s cannot be computed here: 30s is shorter than the 1m candles"),
        (
            "mean(rsi_3@90s, 3) < 50",
            "rsi(close,period=3)@90s cannot be computed here: 90s is not a whole number of the",
        ),
    ],
)
def test_a_timeframe_that_cannot_be_made_stops_that_strategy_alone_and_says_why(rule: str, reason: str) -> None:
    bad, good = expression("bad", rule, "close < 0"), expression("one", "rsi_3@5m < 50", "close < 0")
    rows = series(60)
    watcher, refused = Watcher(), Watcher(watched="bad")
    for one in (watcher, refused):
        one.feed(*(command(version, desired(version)) for version in (bad, good)))
        for some in batched(rows, [7]):
            one.feed(*some)
            one.restart()
    assert not refused.shown
    (transition,) = refused.transitions
    assert transition.unable.startswith(reason)
    assert transition.warm_up == 0
    assert refused.alerts == []  # the strategy's own step tells, for the key of the alert is its own
    assert len(watcher.shown) == 60
    assert not watcher.transitions[0].unable


def test_a_version_that_can_run_takes_over_from_one_that_cannot() -> None:
    bad = expression("one", "rsi_3@30s < 50", "close < 0")
    good = expression("one", "rsi_3@5m < 50", "close < 0", 2)
    rows = series(60)
    again = command(bad, desired(bad, name="c3"))
    watcher = watched(
        [
            command(bad, desired(bad)),
            *rows[:20],
            command(good, desired(good, name="c2")),
            *rows[20:40],
            again,
            *rows[40:],
        ]
    )
    assert [bool(one.unable) for one in watcher.transitions] == [True, False, True]
    assert sorted(watcher.column("close")) == list(range(20, 40))


@st.composite
def lives(draw: st.DrawFn) -> list[tuple[int, Command]]:
    """What happens to the watched strategy, by bar: it starts, perhaps late, and may be updated, paused and resumed."""
    start = draw(st.integers(0, 250))
    bars = sorted(start + after for after in draw(st.lists(st.integers(1, 250), max_size=4)))
    happens = [(start, command(HOURLY, desired(HOURLY, name="c0")))]
    for number, bar in enumerate(bars, start=1):
        version = draw(st.sampled_from([HOURLY, UPDATED]))
        state = draw(st.sampled_from(["running", "running", "paused", "stopped"]))
        happens.append((bar, command(version, desired(version, state, name=f"c{number}"))))
    return happens


NEIGHBOURS = (
    expression("two", "rsi_3@5m < 50 AND sma_90 > 0", "mean(close@1h, 100) > 0"),
    expression("three", "ema_2@15m > 0 AND rsi_5 > 0", "obv > 0"),
    expression("four", "change(rsi_3@5m, 90) > 0", "ema_60@5m > 0 AND mean(obv, 7) > 0"),
)


@st.composite
def companies(draw: st.DrawFn) -> list[tuple[int, Command]]:
    """Neighbours that come and go."""
    found = []
    for number, neighbour in enumerate(NEIGHBOURS):
        for turn, bar in enumerate(sorted(draw(st.lists(st.integers(0, 450), max_size=3)))):
            state = "stopped" if turn % 2 else "running"
            found.append((bar, command(neighbour, desired(neighbour, state, name=f"n{number}.{turn}"))))
    return found


def joined(rows: Sequence[CandleRow], happens: Sequence[tuple[int, Command]]) -> list[Feed]:
    events: list[Feed] = []
    for bar, one in enumerate(rows):
        events += [command_ for when, command_ in happens if when == bar]
        events.append(one)
    return events


@settings(max_examples=60, deadline=None)
@given(
    life=lives(),
    company=companies(),
    gaps=st.booleans(),
    sizes=st.lists(st.integers(1, 150), min_size=1, max_size=8),
    restarts=st.frozensets(st.integers(0, 30)),
)
def test_company_batches_and_restarts_change_no_bit_of_what_a_strategy_is_shown(
    *,
    life: list[tuple[int, Command]],
    company: list[tuple[int, Command]],
    gaps: bool,
    sizes: list[int],
    restarts: frozenset[int],
) -> None:
    rows = series(500, gaps=gaps)
    alone = watched(joined(rows, life), [40])
    among = watched(joined(rows, [*company, *life]), sizes, restarts)
    assert among.shown == alone.shown
    assert [one.warm_up for one in among.transitions] == [one.warm_up for one in alone.transitions]


def test_strategies_that_began_at_different_bars_see_the_same_higher_bars() -> None:
    early, late = (expression(name, "ema_9@5m > 0", "close < 0") for name in ("early", "late"))
    rows = series(400)
    events: list[Feed] = [command(early, desired(early)), *rows[:300], command(late, desired(late)), *rows[300:]]
    seen = {}
    for name in ("early", "late"):
        seen[name] = watched(events, [90], by=Watcher(watched=name)).shown
    assert len(seen["late"]) == 100
    assert seen["late"] == {time: seen["early"][time] for time in seen["late"]}


def test_a_timeframe_that_nobody_reads_any_more_is_dropped_unless_it_is_kept_of_every_symbol() -> None:
    one, other = (expression(name, "ema_9@7m > ema_9@5m", "close < 0") for name in ("one", "other"))
    watcher = watched([command(one, desired(one)), command(other, desired(other)), *series(30)])
    assert {"7m", "5m"} < watcher.kept().keys()
    watcher.feed(command(one, desired(one, "stopped", name="c2")), *batched([row(30)], [1])[0])
    assert {"7m", "5m"} < watcher.kept().keys()
    watcher.feed(command(other, desired(other, "stopped", name="c3")), *batched([row(31)], [1])[0])
    assert list(watcher.kept()) == ["1m", "5m", "15m", "30m", "1h", "4h", "1d", "1w"]


def test_strategies_on_one_timeframe_are_shown_the_same_frames() -> None:
    step = MarketStep(Catalog(), Tally(), Parameters(history_bars=64))
    versions = [expression(f"s{number}", "rsi_3@5m < 50", "close < 0") for number in range(20)]
    versions.append(expression("t", "ema_3@15m < 50", "close < 0"))
    events: list[Event] = [command(version, desired(version)) for version in versions]
    events += batched(series(20), [20])[0]
    frames = [item[1] for item in step.on_batch(events) if isinstance(item, tuple) and isinstance(item[1], Frames)]
    assert len(frames) == 21
    assert len({id(one) for one in frames}) == 1
