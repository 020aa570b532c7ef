"""Whoever looks at later candles is found out, and nobody else."""

import pytest

from dataflows.check.check import check
from dataflows.check.look_ahead import choose_cuts
from tests.dataflows.check.planted import (
    CentredMean,
    OtherOrder,
    ShareOfGreatest,
    Unfloated,
    Unsigned,
    series,
    strategy,
    walk,
    with_fault,
)

ROWS = walk(900)
ENTRY = "close > sma_6"
LEAVE = "close < sma_6"


@pytest.mark.parametrize("kernel", [CentredMean(), ShareOfGreatest()], ids=["centred", "greatest"])
def test_an_indicator_that_peeks_is_named_with_the_bar_and_both_values(kernel: object) -> None:
    peeking = with_fault(strategy(ENTRY, LEAVE), "sma", kernel=kernel)
    found = [one for one in check(peeking, [series(ROWS)]).findings if one.part == "look-ahead"]
    first = found[0]
    assert first.where == "sma(close,period=6)"
    assert first.bar is not None
    assert first.message.startswith("looks ahead: sma(close,period=6).sma is ")
    assert "when the candles after this bar are there" in first.message


def test_signals_that_change_with_the_peek_are_told() -> None:
    peeking = with_fault(strategy(ENTRY, LEAVE), "sma", kernel=CentredMean())
    found = [one for one in check(peeking, [series(ROWS)]).findings if one.part == "look-ahead"]
    assert {one.where for one in found} == {"sma(close,period=6)", "entry", "exit"}
    assert all("with the values above" in one.message for one in found[1:])


def test_who_reads_a_peeker_is_not_blamed() -> None:
    indicators = [
        {"name": "base", "type": "sma", "parameters": {"period": 6}},
        {"name": "calm", "type": "ema", "parameters": {"period": 3}, "source": "base"},
    ]
    chained = with_fault(strategy("close > calm", "close < calm", indicators=indicators), "sma", kernel=CentredMean())
    found = [one for one in check(chained, [series(ROWS)]).findings if one.part == "look-ahead"]
    assert {one.where for one in found if "(" in one.where} == {"sma(close,period=6)"}


def test_a_peek_on_candles_of_another_timeframe_is_found() -> None:
    higher = with_fault(strategy("close > sma_6@5m", "close < sma_6@5m"), "sma", kernel=CentredMean())
    found = [one for one in check(higher, [series(ROWS)]).findings if one.part == "look-ahead"]
    assert found[0].where == "sma(close,period=6)@5m"
    assert found[0].message.startswith("looks ahead: ")


def test_a_computation_that_rounds_otherwise_in_batches_is_told_from_looking_ahead() -> None:
    found = check(with_fault(strategy(ENTRY, LEAVE), "sma", kernel=OtherOrder()), [series(ROWS)]).findings
    assert [one.where for one in found] == ["sma(close,period=6)"]
    assert "depends on how candles are batched" in found[0].message
    assert "that is rounding and no look-ahead" in found[0].message


def test_a_signal_that_is_written_in_other_bytes_is_found() -> None:
    counting = with_fault(strategy("sma_6 < 90", "sma_6 < 91"), "sma", kernel=Unsigned())
    found = [one for one in check(counting, [series(ROWS)]).findings if one.part == "look-ahead"]
    assert found
    assert {one.where for one in found} <= {"entry", "exit"}
    assert all("says the same and is written in other bytes" in one.message for one in found)


def test_a_whole_number_where_a_float_is_due_is_found() -> None:
    counting = with_fault(strategy("sma_6 > 90", "sma_6 < 90"), "sma", kernel=Unfloated())
    (found,) = check(counting, [series(ROWS)]).findings
    assert "indicator sma(close,period=6) failed: TypeError: expected a float for sma, got " in found.message


def test_an_honest_strategy_is_compared_at_every_bar_and_clean() -> None:
    found = check(strategy("rsi_14 < 40 AND close < ema_20", "rsi_14 > 60"), [series(ROWS)])
    looked = found.series[0].look_ahead
    assert looked is not None
    assert looked.candles == len(ROWS)
    assert looked.values > 2 * len(ROWS)
    assert looked.signals > 0
    assert [one for one in found.remarks if one.part == "look-ahead"] == []


def test_cuts_are_spread_and_at_signals_and_the_same_each_time() -> None:
    cuts = choose_cuts(5_000, [10, 2_000, 4_999])
    assert cuts == choose_cuts(5_000, [10, 2_000, 4_999])
    assert {10, 2_000} <= set(cuts)
    assert 4_999 not in cuts, "there is no future after the last candle"
    assert all(any(low <= cut < low + 1_000 for cut in cuts) for low in range(0, 5_000, 1_000))


def test_a_long_series_has_fewer_cuts() -> None:
    assert len(choose_cuts(200_000, range(0, 200_000, 100))) < len(choose_cuts(10_000, range(0, 10_000, 100)))
