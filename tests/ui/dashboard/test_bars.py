"""The candles of one series, against a plain dict."""

from hypothesis import given
from hypothesis import strategies as st

from schemas.candle_row import CandleRow
from ui.dashboard.bars import Bar, BarSeries


def row(minute: int, close: float = 1.0, *, closed: bool = True) -> CandleRow:
    return ("BTCUSDT", "1m", minute * 60_000, close, close, close, close, 0.0, closed)


arrivals = st.lists(st.tuples(st.integers(0, 12), st.sampled_from([1.0, 2.0]), st.booleans()), max_size=60)


@given(arrivals, st.integers(0, 60))
def test_a_reader_that_applies_what_is_new_sees_what_a_new_reader_sees(
    given_rows: list[tuple[int, float, bool]], at: int
) -> None:
    series = BarSeries(capacity=100)
    seen: dict[int, Bar] = {}
    for sequence, (minute, close, closed) in enumerate(given_rows, start=1):
        series.put(row(minute, close, closed=closed), sequence)
        if sequence == at:
            seen = {bar.open_time_ms: bar for bar in series.bars}
    if at <= len(given_rows):
        new = series.since(at)
        assert new is not None
        assert [bar.open_time_ms for bar in new] == sorted(bar.open_time_ms for bar in new)
        seen |= {bar.open_time_ms: bar for bar in new}
        assert sorted(seen.values()) == series.bars


def test_a_forming_candle_is_replaced_until_it_is_closed_and_then_stays() -> None:
    series = BarSeries(capacity=10)
    assert series.put(row(0, 1.0, closed=False), 1)
    assert series.put(row(0, 2.0, closed=False), 2)
    assert series.put(row(0, 3.0), 3)
    assert not series.put(row(0, 2.0, closed=False), 4)
    assert [(bar.close, bar.closed) for bar in series.bars] == [(3.0, True)]


def test_a_full_series_lets_its_oldest_go_and_takes_nothing_older() -> None:
    series = BarSeries(capacity=3)
    for minute in (5, 6, 7, 8):
        series.put(row(minute), minute)
    assert not series.put(row(1), 9)
    assert [bar.open_time_ms // 60_000 for bar in series.bars] == [6, 7, 8]


def test_a_reader_that_is_too_far_behind_is_told_to_begin_anew() -> None:
    series = BarSeries(capacity=3)
    for minute in range(10):
        series.put(row(minute), sequence=minute + 1)
    assert series.since(2) is None
    assert [bar.open_time_ms // 60_000 for bar in series.since(8) or []] == [8, 9]
