"""The bars of one symbol's timeframes, against plain sums over the candles."""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.candle_row import CandleRow
from schemas.session import SessionConfig
from schemas.watchlist import AssetConfig
from ui.dashboard.symbol_bars import SymbolBars

MINUTE = 60_000
HOUR = 60 * MINUTE
Walk = Callable[..., list[CandleRow]]


def symbol(*ladder: str, asset: AssetConfig | None = None, candles: int = 5_000) -> SymbolBars:
    return SymbolBars(candles=candles, derived=1_000, ladder=ladder, asset=asset)


def fed(bars: SymbolBars, rows: Sequence[CandleRow], *, by: int = 1) -> SymbolBars:
    for start in range(0, len(rows), by):
        for sequence, row in enumerate(rows[start : start + by], start + 1):
            bars.put(row, sequence)
        bars.form(start + by)
    return bars


def shown(bars: SymbolBars, timeframe: str) -> list[tuple[int, float, float, float, float, bool]]:
    series = bars.series(timeframe)
    assert series is not None
    return [(one.open_time_ms, one.open, one.high, one.low, one.close, one.closed) for one in series.bars]


def by_hand(rows: Sequence[CandleRow], minutes: int) -> list[tuple[int, float, float, float, float, bool]]:
    length = minutes * MINUTE
    found = []
    for start in sorted({row[2] // length * length for row in rows}):
        part = [row for row in rows if start <= row[2] < start + length]
        prices = part[0][3], max(row[4] for row in part), min(row[5] for row in part), part[-1][6]
        found.append((start, *prices, rows[-1][2] + MINUTE >= start + length))
    return found


@given(st.integers(1, 400), st.integers(1, 90))
def test_every_timeframe_is_what_its_candles_come_to_forming_bars_too(count: int, by: int) -> None:
    rows: list[CandleRow] = []
    for minute in range(count):
        price = 100.0 + (minute * 37 % 101) / 10
        rows.append(("X", "1m", 7 * MINUTE + minute * MINUTE, price, price + 1, price - 1, price + 0.5, 1.0, True))
    bars = fed(symbol("5m", "15m", "1h", "4h"), rows, by=by)
    for timeframe, minutes in (("5m", 5), ("15m", 15), ("1h", 60), ("4h", 240)):
        assert shown(bars, timeframe) == by_hand(rows, minutes)


def test_a_timeframe_asked_for_later_is_made_of_the_candles_that_are_kept(walk: Walk) -> None:
    rows = walk(100)
    late, early = fed(symbol(), rows), symbol()
    late.want("7m", 101)
    late.form(101)
    early.want("7m", 0)
    assert shown(late, "7m") == shown(fed(early, rows), "7m")
    assert late.timeframes == ["1m", "7m"]


def test_what_cannot_be_made_of_the_base_is_not_shown(walk: Walk) -> None:
    bars = fed(symbol("90s", "5m"), walk(10))
    bars.want("30s", 11)
    assert bars.timeframes == ["1m", "5m"]


def test_a_finer_candle_takes_over_while_there_is_at_most_one_of_the_base(walk: Walk) -> None:
    coarse: CandleRow = ("BTCUSDT", "1h", 0, 1.0, 1.0, 1.0, 1.0, 0.0, True)
    bars = fed(symbol("5m"), [coarse, *walk(10)])
    assert (bars.base, bars.timeframes) == ("1m", ["1m", "5m"])
    settled = fed(symbol(), [coarse, (*coarse[:2], HOUR, *coarse[3:]), *walk(10)])
    assert (settled.base, settled.timeframes) == ("1h", ["1h"])


def test_the_base_that_is_declared_is_the_base_whatever_comes_first(walk: Walk) -> None:
    bars = symbol(asset=AssetConfig(symbol="BTCUSDT", base_timeframe="5m"))
    five: CandleRow = ("BTCUSDT", "5m", walk(1)[0][2], 1.0, 1.0, 1.0, 1.0, 0.0, True)
    fed(bars, [*walk(3), five])
    assert bars.timeframes == ["5m"]


def test_candles_of_another_timeframe_count_as_news_once(walk: Walk) -> None:
    bars = fed(symbol(), walk(3))
    five: CandleRow = ("BTCUSDT", "5m", 0, 1.0, 1.0, 1.0, 1.0, 0.0, True)
    assert [bars.put(five, 4), bars.put(five, 5)] == [True, False]


def test_a_candle_that_comes_again_or_too_late_changes_no_derived_bar(walk: Walk) -> None:
    rows = walk(20)
    bars = fed(symbol("5m"), rows)
    before = shown(bars, "5m")
    assert not bars.put(rows[3], 21)
    bars.put((*rows[2][:4], 99_999.0, *rows[2][5:]), 22)
    bars.form(22)
    assert shown(bars, "5m") == before


def test_a_forming_candle_moves_the_base_and_no_derived_bar(walk: Walk) -> None:
    rows = walk(11)
    bars = fed(symbol("5m"), rows[:10])
    before = shown(bars, "5m")
    bars.put((*rows[10][:8], False), 11)
    bars.form(11)
    assert (shown(bars, "5m"), shown(bars, "1m")[-1][-1]) == (before, False)


def test_sessions_are_those_of_the_watchlist() -> None:
    new_york = SessionConfig(zone="America/New_York", opens="09:30", closes="16:00", days="mon-fri")
    bars = symbol("1h", "1d", asset=AssetConfig(symbol="X", session=new_york))
    opens = 1_746_624_600_000  # 2025-05-07 13:30 UTC, 09:30 in New York
    rows: list[CandleRow] = [
        ("X", "30m", opens + step * 30 * MINUTE, 1.0, 2.0, 0.5, 1.5, 1.0, True) for step in range(-2, 16)
    ]
    fed(bars, rows)
    assert [bar[0] for bar in shown(bars, "1d")] == [opens]
    assert [(bar[0] - opens) / HOUR for bar in shown(bars, "1h")] == [0, 1, 2, 3, 4, 5, 6]
    assert bars.opens("1d", opens + 6 * HOUR + 30 * MINUTE) == opens
    assert bars.opens("1h", opens + 20 * HOUR) is None


def test_the_oldest_bars_go_when_there_is_no_room(walk: Walk) -> None:
    rows = walk(100)
    bars = fed(symbol("5m", candles=10), rows)
    assert [bar[0] for bar in shown(bars, "1m")] == [row[2] for row in rows[-10:]]
    assert shown(bars, "5m") == by_hand(rows, 5)


@pytest.mark.parametrize("timeframe", ["1m", "5m", "1h"])
def test_the_bar_that_closes_at_an_instant_is_the_one_before_it(timeframe: str, walk: Walk) -> None:
    bars = fed(symbol("5m", "1h"), walk(120))
    length = {"1m": 1, "5m": 5, "1h": 60}[timeframe] * MINUTE
    noon = walk(1)[0][2] + HOUR
    assert bars.opens(timeframe, noon) == noon - length
