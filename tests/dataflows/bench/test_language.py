"""What `bench language` compares is the same work, and what it counts is there."""

import pytest

from dataflows.bench.language import (
    COUNTS,
    FIVE_TERMS,
    WARM_CANDLES,
    Plan,
    by_hand,
    compiling,
    evaluating,
    five_terms,
    sharing,
)
from dataflows.bench.workload import GeneratedCandles
from dataflows.check.run import run
from dataflows.check.series import Series
from dataflows.check.verdicts import verdicts
from dataflows.graph import Parameters
from operators.strategy.compile import compile_strategy

SMALL = Plan(compiled=5, evaluated_rows=1_000, candles=256, live_candles=16, batch_rows=128, rounds=1)


def test_the_rule_by_hand_is_the_compiled_rule() -> None:
    strategy = compile_strategy(five_terms())
    rule = strategy.entries[0]
    assert rule.condition == FIVE_TERMS
    rows = [row for batch in GeneratedCandles(1, 1_000).batches() for row in batch]
    outcome = run(strategy, Series(rows[0][0], rows[0][1], rows[0][1], rows), Parameters())
    said = verdicts(rule, [outcome.operand(*operand) for operand in rule.operands], len(rows))
    names = ("rsi", "close", "bbands.middle", "macd.histogram", "sma", "volume")
    columns = [outcome.operand(*rule.names[name]).tolist() for name in names]
    ready = [row for row in range(WARM_CANDLES, len(rows)) if said.ready[row]]
    assert len(ready) == len(rows) - WARM_CANDLES
    assert [by_hand(*[column[row] for column in columns]) for row in ready] == said.holds[ready].tolist()
    assert 0 < said.holds.sum() < len(ready), "a rule that says the same at every row is no typical one"


def test_figures_are_of_what_was_run() -> None:
    compiled = compiling(SMALL)
    assert (compiled.strategies, compiled.rules) == (5, 10)
    assert compiled.compile_ms_per_rule * 2 == compiled.compile_ms > 0
    asked = evaluating(SMALL)
    assert asked.rows == SMALL.evaluated_rows
    assert 0 < asked.held < 1
    assert min(asked.ns_per_evaluation, asked.ns_lambda, asked.ns_per_row_of_array) > 0


def test_strategies_share_their_indicators_whatever_their_number() -> None:
    ten, hundred = sharing(SMALL, 10), sharing(SMALL, 100)
    assert (ten.rules, hundred.rules) == (20, 200)
    assert ten.indicators == hundred.indicators == 5
    assert hundred.us_per_candle == pytest.approx(hundred.market_us + hundred.strategy_us)
    assert hundred.live_us_per_candle > 0
    assert hundred.evaluations_per_s == pytest.approx(100 * hundred.candles_per_s)


def test_up_to_a_thousand_strategies_are_measured() -> None:
    assert COUNTS == (1, 10, 100, 1_000)
