"""What changed, in the words that its author would use."""

from typing import Any

import pytest
from hypothesis import given, settings

from operators.strategy.changes import Change, changes
from schemas.strategy import StrategyConfig
from schemas.strategy_file import parse_strategy
from tests.strategy_configs import configs

DIP: dict[str, Any] = {
    "id": "dip",
    "meta": {"name": "Dip", "tags": ["mean reversion"]},
    "symbols": ["BTCUSDT", "ETHUSDT"],
    "timeframes": ["5m"],
    "indicators": [
        {"name": "rsi", "type": "rsi", "parameters": {"period": 14}},
        {"name": "slow", "type": "sma", "parameters": {"period": 200}},
    ],
    "signals": [
        {"id": "entry", "type": "entry", "expression": "rsi < 30 AND close > slow"},
        {"id": "exit", "type": "exit", "expression": "rsi > 70", "confidence": {"method": "fixed", "value": 0.5}},
    ],
    "risk": {"stop_loss": {"method": "fraction", "fraction": 0.02}},
}

SLOW: dict[str, object] = DIP["indicators"][1]
ENTRY: dict[str, object] = DIP["signals"][0]
EXIT: dict[str, object] = DIP["signals"][1]


def dip(**sections: object) -> StrategyConfig:
    return parse_strategy({**DIP, **sections}, origin="test")


def rsi(**more: object) -> dict[str, object]:
    return {**DIP["indicators"][0], **more}


WORDS: dict[str, tuple[dict[str, object], list[str]]] = {
    "nothing": ({}, []),
    "parameter": (
        {"indicators": [rsi(parameters={"period": 21}), SLOW]},
        ["indicator rsi: period 14 -> 21"],
    ),
    "parameter that was not there": (
        {"indicators": [rsi(parameters={"period": 14, "overbought": 80}), SLOW]},
        ["indicator rsi: overbought none -> 80"],
    ),
    "indicator replaced": (
        {
            "indicators": [rsi(), {"name": "fast", "type": "ema", "parameters": {"period": 9}}],
            "signals": [{**ENTRY, "expression": "rsi < 30 AND close > fast"}, EXIT],
        },
        [
            'indicator slow: removed, it was type "sma", period 200',
            'indicator fast: added, type "ema", period 9',
            'signal entry: expression "rsi < 30 AND close > slow" -> "rsi < 30 AND close > fast"',
        ],
    ),
    "modifier": (
        {"indicators": [rsi(modifiers=[{"type": "lag", "bars": 2}]), SLOW]},
        ["indicator rsi: modifiers none -> [lag(bars 2)]"],
    ),
    "expression": (
        {"signals": [{**ENTRY, "expression": "rsi < 25 AND close > slow"}, EXIT]},
        ['signal entry: expression "rsi < 30 AND close > slow" -> "rsi < 25 AND close > slow"'],
    ),
    "order of signals": ({"signals": [EXIT, ENTRY]}, ["signals: order entry, exit -> exit, entry"]),
    "confidence of another kind": (
        {
            "signals": [
                ENTRY,
                {**EXIT, "confidence": {"method": "weighted", "weights": {"technical_confirmation": 1.0}}},
            ]
        },
        ["signal exit: confidence fixed(value 0.5) -> weighted(weights (technical_confirmation 1.0), parts ())"],
    ),
    "confidence of the same kind": (
        {"signals": [ENTRY, {**EXIT, "confidence": {"method": "fixed", "value": 0.75}}]},
        ["signal exit: confidence.value 0.5 -> 0.75"],
    ),
    "stop moved": (
        {"risk": {"stop_loss": {"method": "fraction", "fraction": 0.03}}},
        ["risk.stop_loss.fraction 0.02 -> 0.03"],
    ),
    "stop taken away": ({"risk": {}}, ["risk.stop_loss fraction(fraction 0.02) -> none"]),
    "symbols": ({"symbols": ["ETHUSDT", "SOL*"]}, ["symbols: added SOL*; removed BTCUSDT"]),
    "order of symbols": ({"symbols": ["ETHUSDT", "BTCUSDT"]}, ["symbols: order BTCUSDT, ETHUSDT -> ETHUSDT, BTCUSDT"]),
    "timeframes": ({"timeframes": ["5m", "1h"]}, ["timeframes: added 1h"]),
    "styles": ({"timeframes": ["day", "swing"]}, ["timeframes: added day, swing; removed 5m"]),
    "partial bars": ({"partial_bars": "exits"}, ['partial_bars "skip" -> "exits"']),
    "correlation begun": (
        {"correlation": {"weights": {"1h": 3}, "cool_down": "1h"}},
        [
            "correlation.enabled none -> true",
            "correlation.weights.1h none -> 3.0",
            "correlation.conflict_penalty none -> 0.5",
            "correlation.minimum_supporting none -> 1",
            "correlation.minimum_confidence none -> 0.0",
            'correlation.cool_down none -> "1h"',
            "correlation.one_per_window none -> true",
        ],
    ),
    "meta": (
        {"meta": {"name": "Deep dip", "tags": ["mean reversion"]}},
        ['meta.name "Dip" -> "Deep dip"'],
    ),
    "tags": ({"meta": {"name": "Dip", "tags": []}}, ['meta.tags ["mean reversion"] -> none']),
}


@pytest.mark.parametrize(("sections", "words"), WORDS.values(), ids=WORDS)
def test_a_change_is_told_by_its_place(sections: dict[str, object], words: list[str]) -> None:
    assert [str(change) for change in changes(dip(), dip(**sections))] == words


def test_a_window_that_moved_is_told_by_its_style() -> None:
    def windowed(length: str) -> StrategyConfig:
        return dip(correlation={"windows": {"day": {"length": length, "every": "5m"}}})

    assert [str(change) for change in changes(windowed("1h"), windowed("2h"))] == [
        'correlation.windows.day.length "1h" -> "2h"'
    ]


def test_machines_get_the_place_and_both_values() -> None:
    [change] = changes(dip(), dip(indicators=[rsi(parameters={"period": 21}), SLOW]))
    assert change == Change(
        where="indicators.rsi.parameters.period", words="indicator rsi: period 14 -> 21", before=14, after=21
    )


def test_a_comment_or_another_shape_of_the_same_strategy_is_no_change() -> None:
    flat = {
        "$comment": "the same",
        **DIP,
        "indicators": {"rsi": {"period": 14}, "slow": {"type": "sma", "period": 200}},
    }
    assert changes(dip(), parse_strategy(flat, origin="flat")) == ()


@settings(max_examples=50, deadline=None)
@given(one=configs(), other=configs())
def test_there_is_a_change_exactly_where_two_strategies_differ(one: StrategyConfig, other: StrategyConfig) -> None:
    assert changes(one, one) == ()
    found = changes(one, other)
    assert bool(found) is (one != other)
    assert all(str(change) for change in found)
    assert {change.where for change in found} == {change.where for change in changes(other, one)}
