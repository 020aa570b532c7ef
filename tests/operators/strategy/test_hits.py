"""Whole arrays at once and row by row give the same rows, whatever the values."""

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.events import Frames
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
    expected = [
        row for row in range(count) if rule.evaluate(*[columns[name][row + 1 - lag] for name, lag in rule.operands])
    ]
    hits, found, start = Hits(frames), [], 0
    while (hit := hits.first([rule], Stretch(frames, FLAT, start))) is not None:
        found.append(hit[0])
        start = hit[0] + 1
    assert found == expected
    assert [row for row in range(count) if hits.at([rule], Stretch(frames, FLAT, row))] == expected
