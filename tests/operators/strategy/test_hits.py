"""Whole arrays at once and row by row give the same rows, whatever the values."""

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.events import LARGEST, Frames
from operators.strategy.broken import RuleRaised
from operators.strategy.compile import CompiledRule, compile_strategy
from operators.strategy.hits import LEAST_ROWS_FOR_ARRAYS, Hits
from operators.strategy.position import FLAT, Stretch
from schemas.strategy_file import parse_strategy

CONDITIONS = (
    "close > open",
    "NOT (close < open OR volume > 3)",
    "crossover(close, open) AND volume / open > 1",
    "close / volume > 1 OR NOT (open < 2)",
    "close > 1 / 0",
    "1 < 2",
    "close - open * 2 > volume AND crossunder(volume, close)",
)
values = st.sampled_from([0.0, 1.0, 2.0, 3.0, 5.0, math.nan, math.inf, -math.inf, 1.7e308])


def rule_of(condition: str) -> CompiledRule:
    config = parse_strategy({"id": "one", "rules": {"entry": {"condition": condition}}}, origin="test")
    return compile_strategy(config).entries[0]


WAYS = {
    "mask": lambda rule: rule,
    "whole": lambda rule: replace(rule, mask=None),
    "row by row": lambda rule: replace(rule, mask=None, whole=None),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("condition", CONDITIONS)
@settings(max_examples=40, deadline=None)
@given(st.data())
def test_many_rows_at_once_give_what_each_row_says(condition: str, way: str, data: st.DataObject) -> None:
    rule = WAYS[way](rule_of(condition))
    count = data.draw(st.integers(LEAST_ROWS_FOR_ARRAYS, LEAST_ROWS_FOR_ARRAYS + 8))
    column = st.lists(values, min_size=count + 1, max_size=count + 1)
    columns = {name: data.draw(column) for name in ("open", "close", "volume")}
    frames = Frames("BTCUSDT", "1m", list(range(count)), columns)
    expected: dict[int, bool] = {}
    for row in range(count):
        read = [columns[name][row + 1 - lag] for name, lag in rule.operands]
        held = rule.evaluate(*read)
        if held or (held is None and any(abs(value) > LARGEST for value in read)):
            expected[row] = held is True
    hits, found, start = Hits(frames), {}, 0
    while (answer := next_of(hits, rule, Stretch(frames, FLAT, start))) is not None:
        found[answer[0]] = answer[1]
        start = answer[0] + 1
    assert found == expected
    sure = [row for row in range(count) if expected.get(row, True)]
    held_at = [row for row in sure if hits.at([rule], Stretch(frames, FLAT, row)) is not None]
    assert held_at == [row for row in sure if row in expected]


def next_of(hits: Hits, rule: CompiledRule, stretch: Stretch) -> tuple[int, bool] | None:
    """The next row at which the rule holds, or reads what is absurd and raises, and which of the two."""
    try:
        hit = hits.first([rule], stretch)
    except RuleRaised as raised:
        return raised.row, False
    return None if hit is None else (hit[0], True)


def test_what_is_absurd_is_told_by_its_column() -> None:
    rule = rule_of("close > open")
    count = LEAST_ROWS_FOR_ARRAYS
    for value, shown in ((math.inf, "inf"), (-math.inf, "-inf")):
        columns = {"open": [1.0] * (count + 1), "close": [*[2.0] * count, value]}
        frames = Frames("BTCUSDT", "1m", list(range(count)), columns)
        expected = f"rule entry: AbsurdValue: close is {shown}, expected at most 1e\\+300 on either side of zero"
        with pytest.raises(RuleRaised, match=f"^{expected}$") as raised:
            Hits(frames).at([rule], Stretch(frames, FLAT, count - 1))
        assert raised.value.row == count - 1
