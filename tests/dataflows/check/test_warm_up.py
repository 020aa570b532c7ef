"""A warm-up that is too short is found, wherever the candles begin; rounding is told from a fault."""

import numpy as np
import pytest

from dataflows.check.check import check
from dataflows.check.verdicts import agreement
from dataflows.check.warm_up import choose_starts
from operators.indicators.anchors import ANCHOR_BARS
from tests.dataflows.check.planted import series, strategy, walk, with_fault

ROWS = walk(3_000)


@pytest.mark.parametrize("memory", [15, 30, 200])
def test_a_memory_that_is_too_short_is_named_with_the_bar_and_both_values(memory: int) -> None:
    forgetful = with_fault(strategy("rsi_14 < 40", "rsi_14 > 60"), "rsi", memory=memory, reach=memory)
    found = [one for one in check(forgetful, [series(ROWS)]).findings if one.part == "warm-up"]
    assert [one.where for one in found] == ["rsi(close,period=14)"]
    assert found[0].bar is not None
    assert f"its warm-up is too short: it says that {memory} candles make it exact" in found[0].message
    assert "candles after a start rsi(close,period=14).rsi is " in found[0].message
    assert "with all candles before it; its memory must be longer" in found[0].message


def test_who_reads_what_is_not_warm_is_not_blamed() -> None:
    indicators = [
        {"name": "base", "type": "rsi", "parameters": {"period": 14}},
        {"name": "calm", "type": "sma", "parameters": {"period": 5}, "source": "base"},
    ]
    chained = with_fault(strategy("calm < 40", "calm > 60", indicators=indicators), "rsi", memory=30, reach=30)
    found = [one for one in check(chained, [series(ROWS)]).findings if one.part == "warm-up"]
    assert [one.where for one in found] == ["rsi(close,period=14)"]


def test_a_reader_that_forgets_is_blamed_itself() -> None:
    indicators = [
        {"name": "base", "type": "rsi", "parameters": {"period": 14}},
        {"name": "calm", "type": "ema", "parameters": {"period": 20}, "source": "base"},
    ]
    chained = with_fault(strategy("calm < 45", "calm > 55", indicators=indicators), "ema", memory=25)
    found = [one for one in check(chained, [series(ROWS)]).findings if one.part == "warm-up"]
    assert [one.where for one in found] == ["ema(rsi(close,period=14).rsi,period=20)"]


def test_a_comparison_of_values_that_are_equal_but_for_rounding_is_a_tie() -> None:
    rows = [row if place % 3 else (*row[:6], row[3], *row[7:]) for place, row in enumerate(ROWS)]  # closes as it opened
    found = check(strategy("rising(rsi_14, 2) AND rsi_14 < 60", "falling(rsi_14, 2)"), [series(rows)])
    warm = found.series[0].warm_up
    assert warm is not None
    assert warm.ties > 0
    assert [one for one in found.findings if one.part == "warm-up"] == []


@pytest.mark.parametrize("entry", ["rsi_14 < 40", "macd.histogram > 0", "close < bbands.lower", "adx_14 > 25"])
def test_honest_warm_ups_pass(entry: str) -> None:
    indicators = {"macd": {}, "bbands": {"period": 20}}
    found = check(strategy(entry, indicators=indicators), [series(ROWS)])
    warm = found.series[0].warm_up
    assert warm is not None
    assert len(warm.starts) > 0
    assert all(one.starts for one in warm.indicators)
    assert warm.verdicts > 0
    assert [one for one in found.findings if one.part == "warm-up"] == []


def test_a_series_that_is_shorter_than_the_warm_up_is_a_note() -> None:
    slow = strategy("rsi_14 < 40", "rsi_14 > 60")
    found = check(slow, [series(ROWS[:300])])
    notes = [one for one in found.notes if one.part == "warm-up"]
    assert [one.where for one in notes] == ["rsi(close,period=14)"]
    assert f"could not be tried: it takes {slow.indicators[0].reach} candles, and there are 300" in notes[0].message


def test_a_running_total_is_no_fault_but_told() -> None:
    indicators = [
        {"name": "total", "type": "obv"},
        {"name": "calm", "type": "sma", "parameters": {"period": 20}, "source": "total"},
    ]
    found = check(strategy("total > calm", "total < calm", indicators=indicators), [series(ROWS)])
    assert [one for one in found.findings if one.part == "warm-up"] == []
    told = [one.where for one in found.notes if "its level depends on where the candles begin" in one.message]
    assert told == ["obv(close)"]


def test_a_verdict_that_rounding_decides_is_a_tie_and_another_is_not() -> None:
    rule = strategy("close > open").entries[0]
    closes, opens = np.array([10.0, 10.0, 12.0]), np.array([9.0, 10.0 - 1e-12, 10.0])
    rounded = agreement(rule, [closes, opens], [closes, np.array([9.0, 10.0 + 1e-12, 10.0])], 1e-9)
    assert (rounded.compared, rounded.ties, rounded.flip) == (3, 1, None)
    other = agreement(rule, [closes, opens], [closes, np.array([9.0, 9.0, 13.0])], 1e-9)
    assert other.flip is not None
    assert (other.flip.index, other.flip.expected, other.flip.found) == (2, True, False)


def test_starts_are_no_anchors_and_leave_room() -> None:
    starts = choose_starts(10_000, 1_000)
    assert starts == choose_starts(10_000, 1_000)
    assert len(starts) >= 3
    assert all(start % ANCHOR_BARS for start in starts)
    assert max(starts) + 1_000 < 10_000
    assert choose_starts(500, 1_000) == []
