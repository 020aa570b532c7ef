"""Listening to rules changes nothing, and what is heard is what they were asked."""

import random

import pytest

from operators.events import Frames, Lost, Transition
from operators.strategy.at_bar import Asked, only, overheard
from operators.strategy.catalog import Catalog
from operators.strategy.compile import CompiledStrategy, compile_strategy
from operators.strategy.step import StrategyStep
from operators.tally import Tally
from schemas.lifecycle import StrategyVersion
from schemas.record import Record
from schemas.strategy_file import parse_strategy
from tests.operators.plain_engine import MINUTE, START, SYMBOL, desired

RULES = {
    "id": "s",
    "signals": [
        {"id": "dip", "type": "entry", "expression": "close < 99 AND close < close[1]"},
        {"id": "rise", "type": "entry", "side": "short", "expression": "close > 101"},
        {"id": "gain", "type": "exit", "expression": "position.pnl > 0.01 OR position.bars_held >= 3"},
        {"id": "cover", "type": "exit", "side": "short", "expression": "close < 100"},
    ],
}


def strategy() -> CompiledStrategy:
    return compile_strategy(parse_strategy(RULES, origin="test"))


def frames(bars: int, seed: int = 3) -> Frames:
    chance = random.Random(seed)
    closes = [chance.uniform(97, 103) for _ in range(bars + 1)]
    columns = {"open": closes, "close": closes, "volume": [1.0] * len(closes)}
    columns |= {"high": [one + 1 for one in closes], "low": [one - 1 for one in closes]}
    return Frames(SYMBOL, "1m", [START + bar * MINUTE for bar in range(bars)], columns)


def step_of(compiled: CompiledStrategy) -> StrategyStep:
    step = StrategyStep(Catalog(lambda _config: compiled), Tally())
    first = StrategyVersion(strategy=compiled.config.id, version=1, config=compiled.config)
    begun = Transition(SYMBOL, "1m", START, START, 100.0, desired(first), first)
    step.on_batch([begun])
    return step


def said(step: StrategyStep, *events: Frames) -> list[str]:
    out = [one for event in events for one in step.on_batch([event])]
    return [one.model_dump_json() for one in out if isinstance(one, Record)]


def test_rows_one_by_one_give_what_they_give_together() -> None:
    whole = frames(200)
    compiled = strategy()
    together = said(step_of(compiled), whole)
    alone = said(step_of(compiled), *(only(whole, row) for row in range(200)))
    assert alone == together
    assert sum('"rule"' in one for one in together) > 10


def test_a_row_alone_keeps_what_is_said_of_it() -> None:
    whole = frames(4)
    whole.close_times = [one + 30_000 for one in whole.open_times]
    whole.partial = frozenset({2})
    whole.failed = {"rsi": Lost(2, "it failed"), "ema": Lost(3, "too")}
    second, third = only(whole, 1), only(whole, 2)
    assert (second.open_times, second.close_times, second.partial, second.failed) == (
        [START + MINUTE],
        [START + MINUTE + 30_000],
        frozenset(),
        None,
    )
    assert second.columns["close"] == whole.columns["close"][1:3]
    assert third.partial == {0}
    assert third.failed == {"rsi": Lost(0, "it failed")}


def test_who_is_listened_to_says_the_same() -> None:
    heard: list[Asked] = []
    rows = [only(frames(200), row) for row in range(200)]
    assert said(step_of(overheard(strategy(), heard.append)), *rows) == said(step_of(strategy()), *rows)
    assert {one.rule for one in heard} == {"dip", "rise", "gain", "cover"}


def test_what_is_heard_are_the_values_and_the_verdict() -> None:
    heard: list[Asked] = []
    step = step_of(overheard(strategy(), heard.append))
    columns = {name: [98.5, 98.0] for name in ("open", "high", "low", "close", "volume")}
    step.on_batch([Frames(SYMBOL, "1m", [START], columns)])
    assert heard[0] == Asked("dip", (98.0, 98.5), holds=True)
    assert {one.rule for one in heard} <= {"dip", "rise"}  # flat: no exit is asked


def test_what_a_rule_raises_is_heard_and_goes_on() -> None:
    heard: list[Asked] = []

    def broken(*_values: float) -> bool | None:
        raise ArithmeticError("no such number")

    compiled = strategy()
    object.__setattr__(compiled.entries[0], "evaluate", broken)
    listened = overheard(compiled, heard.append)
    with pytest.raises(ArithmeticError, match="no such number"):
        listened.entries[0].evaluate(1.0, 2.0)
    assert heard == [Asked("dip", (1.0, 2.0), None, "ArithmeticError: no such number")]
