"""Values are a function of the candles alone: not of batches, restarts, company or when they were asked for."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.indicators.graph import ordered
from operators.indicators.history import BASE_COLUMNS, Row
from operators.indicators.identity import Indicator, Output, resolve
from operators.indicators.pointwise import computed
from operators.indicators.series import ANCHOR_BARS, SERIES_STATE_VERSION, IndicatorSeries, SeriesState

Walk = Callable[[float, int], npt.NDArray[np.float64]]
Floats = npt.NDArray[np.float64]
Columns = dict[str, list[float]]

unhurried = settings(deadline=None, max_examples=50)  # a busy machine is no failure

STEADY = (
    *("sma", "ema", "wma", "dema", "tema", "macd", "adx", "plus_di", "minus_di", "rsi", "stoch", "cci", "mfi", "willr"),
    *("roc", "mom", "atr", "natr", "bbands", "stddev"),
)
OTHERS = ("correl", "cdlengulfing", "maxindex", "ht_trendmode", "lag", "change", "rising", "falling")
ADDING = ("obv", "ad", "vwap", "cumsum", "nvi")
"""One and more of each make: what is asked of every kind elsewhere is asked here of them together and in rows."""


def of(kind: str, *sources: Output, **parameters: object) -> Output:
    """The first output of an indicator, of other indicators where some are given."""
    indicator = resolve(kind, parameters, where=kind, sources=sources)
    return Output(indicator, indicator.outputs[0])


def where_rising(close: float, momentum: float) -> float:
    return close if momentum > 0 else math.nan


def wherever_rising(close: Floats, momentum: Floats) -> Floats:
    return np.where(momentum > 0, close, np.nan)


RSI = of("rsi", period=5)
MOMENTUM = of("mom", period=40)
BROKEN = computed(f"close where {MOMENTUM.column} > 0", ("close", MOMENTUM), where_rising, wherever_rising)
"""Not ready for many bars, again and again."""
HIGH_RSI = computed(f"{RSI.column} > 70.0", (RSI,), lambda rsi: float(rsi > 70), lambda rsi: rsi > 70)
SMOOTH = [
    of("sma", RSI, period=7),
    of("ema", of("ema", of("rsi", of("ema", period=3), period=4), period=5), period=6),
    of("macd", of("atr", period=3)),
]
ROUGH = [
    of("sma", BROKEN, period=4),
    of("ema", of("rsi", BROKEN, period=9), period=3),
    of("change", BROKEN, bars=2, method="percent"),
    of("bars_since", HIGH_RSI),
    of("correl", of("ema", period=10), RSI, period=12),
]


def each(kinds: Sequence[str]) -> list[Indicator]:
    return [resolve(kind, {}, where=kind) for kind in kinds]


def all_of(outputs: Sequence[Output]) -> list[Indicator]:
    return [output.indicator for output in outputs]


CALM = [
    *each(STEADY),
    *all_of(SMOOTH),
    resolve("sma", {"price": "hl2", "period": 9}, where="sma"),
    resolve("rsi", {"price": "hlc3", "period": 2}, where="rsi"),
    resolve("ema", {"price": "ohlc4", "period": 5}, where="ema"),
    resolve("ema", {"price": "volume", "period": 3}, where="ema"),
]
FORGETFUL = [*CALM, *each(OTHERS), *all_of(ROUGH)]
"""What a series knows for a latecomer as soon as its history reaches back."""
ALL = [*FORGETFUL, *each(ADDING), of("sma", of("obv"), period=5).indicator]
BARS = 1_500
ENOUGH = max(indicator.reach for indicator in ALL) + ANCHOR_BARS


@dataclass(frozen=True)
class Feed:
    """Candles, and every indicator on them; shown short when Hypothesis reports a counterexample."""

    rows: list[Row] = field(repr=False)
    reference: Columns = field(repr=False)


@pytest.fixture(scope="session")
def feed(walk: Walk) -> Feed:
    """The reference: all wanted from the start, one candle at a time, never interrupted; no bar before."""
    rows = list(zip(*walk(60_000.0, BARS).tolist(), strict=True))
    series = IndicatorSeries(1)
    series.want(ALL)
    columns: Columns = {}
    for row in rows:
        for name, values in series.extend([row]).items():
            columns.setdefault(name, []).append(values[1])
    return Feed(rows, columns)


def bits(values: Sequence[float]) -> list[str]:
    """Floats so that NaN equals NaN, and nothing else equals what is not the same to the bit."""
    return [*map(repr, values)]


def assert_continues(found: Columns, reference: Columns, first: int, names: Sequence[str] | None = None) -> None:
    """Columns of a batch that begins at bar ``first``, the bar before at index 0, against the reference."""
    for name in names or list(found):
        expected = [
            reference[name][first - 1] if first else math.nan,
            *reference[name][first : first + len(found[name]) - 1],
        ]
        assert bits(found[name]) == bits(expected), name


def columns_of(indicators: Sequence[Indicator]) -> list[str]:
    return [column for indicator in indicators for column in indicator.columns]


@unhurried
@given(sizes=st.lists(st.integers(0, 400), max_size=40))
def test_batches_do_not_matter(sizes: list[int], feed: Feed) -> None:
    series = IndicatorSeries(1)
    series.want(ALL)
    done = 0
    for size in [*sizes, BARS]:
        found = series.extend(feed.rows[done : done + size])
        assert_continues(found, feed.reference, done)
        done += min(size, BARS - done)
    assert series.count == BARS


@unhurried
@given(stops=st.lists(st.integers(0, BARS), min_size=1, max_size=6))
def test_a_restored_series_goes_on_to_the_bit(stops: list[int], feed: Feed) -> None:
    series = IndicatorSeries(1)
    series.want(ALL)
    done = 0
    for stop in [*sorted(stops), BARS]:
        assert_continues(series.extend(feed.rows[done:stop]), feed.reference, done)
        done = stop
        restored = IndicatorSeries(1, series.snapshot())
        restored.want(ALL)
        assert restored.snapshot() == series.snapshot()
        series = restored


@pytest.mark.parametrize("indicator", ALL, ids=lambda indicator: indicator.key)
def test_company_does_not_matter(indicator: Indicator, feed: Feed) -> None:
    series = IndicatorSeries(1)
    series.want([indicator])
    found = series.extend(feed.rows)
    assert_continues(found, feed.reference, 0)
    assert set(found) == {*BASE_COLUMNS, *columns_of(ordered([indicator]))}


@unhurried
@given(late=st.integers(0, BARS - 1), indicator=st.sampled_from(FORGETFUL))
def test_a_latecomer_is_at_once_what_it_would_have_been(late: int, indicator: Indicator, feed: Feed) -> None:
    series = IndicatorSeries(ENOUGH)
    series.want([])
    series.extend(feed.rows[:late])
    series.want([indicator])
    assert_continues(series.extend(feed.rows[late:]), feed.reference, late)


@unhurried
@given(late=st.integers(0, BARS - 1), history=st.integers(1, 600), indicator=st.sampled_from(FORGETFUL))
def test_a_latecomer_without_history_waits_and_is_never_wrong(
    late: int, history: int, indicator: Indicator, feed: Feed
) -> None:
    series = IndicatorSeries(history)
    series.want([])
    series.extend(feed.rows[:late])
    series.want([indicator])
    found = series.extend(feed.rows[late:])
    ready_for_sure = late + indicator.reach + ANCHOR_BARS
    for name in indicator.columns:
        waited = max(late, indicator.lookback)
        expected = feed.reference[name]
        while waited < min(ready_for_sure, BARS) and math.isnan(found[name][1 + waited - late]):
            waited += 1
        assert bits(found[name][1 + waited - late :]) == bits(expected[waited:])


def steps_with(indicators: Sequence[Indicator]) -> st.SearchStrategy[list[int | list[Indicator] | str]]:
    chosen = st.sets(st.sampled_from(indicators), max_size=5)
    wanted = chosen.map(lambda some: sorted(some, key=lambda one: one.key))
    return st.lists(st.one_of(st.integers(1, 300), wanted, st.just("restart")), max_size=20)


@unhurried
@given(steps=steps_with(FORGETFUL))
def test_comings_goings_and_restarts_disturb_nobody(steps: list[int | list[Indicator] | str], feed: Feed) -> None:
    series = IndicatorSeries(ENOUGH)
    wanted: list[Indicator] = []
    series.want(wanted)
    done = 0
    for step in steps:
        if isinstance(step, int):
            batch = feed.rows[done : done + step]
            found = series.extend(batch)
            assert_continues(found, feed.reference, done)
            assert set(columns_of(wanted)) <= set(found)
            done += len(batch)
        elif isinstance(step, list):
            wanted = step
            series.want(wanted)
        else:
            series = IndicatorSeries(ENOUGH, series.snapshot())
            series.want(wanted)


@unhurried
@given(steps=steps_with(ALL), history=st.integers(1, 400))
def test_with_little_history_a_restart_still_changes_nothing(
    steps: list[int | list[Indicator] | str], history: int, feed: Feed
) -> None:
    straight, restarted = IndicatorSeries(history), IndicatorSeries(history)
    wanted: list[Indicator] = []
    done = 0
    for step in steps:
        if isinstance(step, int):
            batch = feed.rows[done : done + step]
            one, other = straight.extend(batch), restarted.extend(batch)
            assert {name: bits(values) for name, values in one.items()} == {
                name: bits(values) for name, values in other.items()
            }
            done += len(batch)
        elif isinstance(step, list):
            wanted = step
            straight.want(wanted)
            restarted.want(wanted)
        else:
            restarted = IndicatorSeries(history, restarted.snapshot())
            restarted.want(wanted)


def test_a_restart_that_may_keep_more_does_not_believe_it_has_more(feed: Feed) -> None:
    small = IndicatorSeries(100)
    small.extend(feed.rows[:1_000])
    large = IndicatorSeries(ENOUGH, small.snapshot())
    rsi = resolve("rsi", {}, where="rsi")
    large.want([rsi])
    found = large.extend(feed.rows[1_000:])[rsi.column("rsi")][1:]
    covered = 900 + rsi.memory  # the first bar kept is 900
    first = covered + -covered % ANCHOR_BARS - 1_000
    assert bits(found[:first]) == ["nan"] * first
    assert bits(found[first:]) == bits(feed.reference[rsi.column("rsi")][1_000 + first :])


def test_memory_is_bounded(walk: Walk) -> None:
    indicators = [resolve("rsi", {}, where="rsi"), resolve("ema", {"period": 50, "price": "hl2"}, where="ema")]
    needed = max(indicator.memory for indicator in indicators) + ANCHOR_BARS
    rows = list(zip(*walk(60_000.0, 20_000).tolist(), strict=True))
    series = IndicatorSeries(100)
    series.want(indicators)
    assert series.limit == needed
    most = 0
    for first in range(0, len(rows), 40):
        series.extend(rows[first : first + 40])
        most = max(most, series.bars_held)
    assert needed <= most < needed + ANCHOR_BARS
    assert len(series.snapshot()["history"]) == needed * 6 * 8
    series.want([])
    assert series.limit == 100
    assert series.bars_held == 100


def test_one_huge_batch_is_held_no_longer_than_small_ones(walk: Walk) -> None:
    series = IndicatorSeries(100)
    series.want([])
    series.extend(list(zip(*walk(60_000.0, 20_000).tolist(), strict=True)))
    assert series.bars_held < 100 + ANCHOR_BARS


def test_the_same_indicator_asked_for_twice_is_computed_once(feed: Feed) -> None:
    series = IndicatorSeries(1)
    series.want([resolve("rsi", {}, where="a"), resolve("RSI", {"timePeriod": 14.0, "overbought": 80}, where="b")])
    found = series.extend(feed.rows)
    assert_continues(found, feed.reference, 0)
    assert set(found) == {*BASE_COLUMNS, "rsi(close,period=14).rsi"}


def test_no_candles_give_only_the_bar_before() -> None:
    series = IndicatorSeries(10)
    series.want([resolve("sma", {"period": 2}, where="sma")])
    assert bits(series.extend([])["sma(close,period=2).sma"]) == ["nan"]
    series.extend([(1.0, 1.0, 1.0, 1.0, 0.0), (3.0, 3.0, 3.0, 3.0, 0.0)])
    assert series.extend([])["sma(close,period=2).sma"] == [2.0]
    assert series.extend([])["close"] == [3.0]


def test_index_zero_is_the_bar_before_the_first_new_one() -> None:
    series = IndicatorSeries(10)
    series.want([resolve("sma", {"period": 2}, where="sma")])
    first = series.extend([(2.0, 2.0, 2.0, 2.0, 5.0), (4.0, 4.0, 4.0, 4.0, 5.0)])
    assert bits(first["close"]) == ["nan", "2.0", "4.0"]
    assert bits(first["sma(close,period=2).sma"]) == ["nan", "nan", "3.0"]
    second = series.extend([(8.0, 8.0, 8.0, 8.0, 5.0)])
    assert second["close"] == [4.0, 8.0]
    assert second["sma(close,period=2).sma"] == [3.0, 6.0]


def test_a_bar_is_found_by_how_long_ago_it_came(feed: Feed) -> None:
    series = IndicatorSeries(50)
    series.extend(feed.rows[:200])
    assert series.bar(1) == feed.rows[199]
    assert series.bar(50) == feed.rows[150]
    assert series.bar(51) is None
    assert series.bar(0) is None


@pytest.mark.parametrize("size", [1, 7, 400])
def test_the_greatest_and_least_prices_stop_nothing(size: int) -> None:
    greatest, least = 1.7976931348623157e308, 5e-324
    wild: list[Row] = [
        (1.0, greatest, least, price, volume) for price in (greatest, least, 1.0) for volume in (0.0, greatest)
    ] * 200
    calm: list[Row] = [(1.0 + bar % 7, 9.0, 0.5, 2.0 + bar % 5, 3.0) for bar in range(ENOUGH + ANCHOR_BARS)]
    series = IndicatorSeries(1)
    series.want(CALM)
    done = 0
    while done < len(wild + calm):
        found = series.extend((wild + calm)[done : done + size])
        done += size
    assert all(math.isfinite(values[-1]) for values in found.values())


def snapshot_of(**changed: object) -> SeriesState:
    series = IndicatorSeries(4)
    series.extend([(1.0, 1.0, 1.0, 1.0, 1.0)] * 3)
    return {**series.snapshot(), **changed}  # type: ignore[typeddict-item]  # damaged on purpose


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"version": SERIES_STATE_VERSION + 1},
            (
                rf"indicator series: expected a snapshot with version {SERIES_STATE_VERSION}, "
                rf"found {SERIES_STATE_VERSION + 1}; it comes from another release, start this series cold"
            ),
        ),
        ({"anchor_bars": 64}, rf"expected a snapshot with anchor_bars {ANCHOR_BARS}, found 64"),
        (
            {"history": b"\x00" * 41},
            r"candle history: expected 48 bytes for each of 1 to 3 bars, found 41 bytes; the snapshot is damaged",
        ),
        ({"history": b"\x00" * 192}, r"for each of 1 to 3 bars, found 192 bytes"),
        ({"history": b""}, r"for each of 1 to 3 bars, found 0 bytes"),
    ],
)
def test_a_snapshot_that_would_not_go_on_to_the_bit_is_refused(changed: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        IndicatorSeries(4, snapshot_of(**changed))


def test_a_series_must_keep_something() -> None:
    with pytest.raises(ValueError, match="history_bars: expected at least 1, found 0"):
        IndicatorSeries(0)


def test_a_snapshot_is_a_copy_of_primitives(feed: Feed) -> None:
    series = IndicatorSeries(5)
    series.extend(feed.rows[:20])
    state = series.snapshot()
    series.extend(feed.rows[20:30])
    assert {type(value) for value in state.values()} == {int, bytes, dict}
    assert state["count"] == 20
    assert IndicatorSeries(5, state).bar(1) == feed.rows[19]
