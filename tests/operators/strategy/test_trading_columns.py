"""What a strategy's orders are counted in is computed with what its rules read, once, and is what a rule would read."""

import math
from typing import Any

import numpy as np
import pytest

from operators.events import Frames
from operators.market.parameters import Parameters
from operators.market.step import MarketStep
from operators.positions.plan import plan_of
from operators.strategy.budget import MOST_OPERATIONS, cost_of
from operators.strategy.catalog import Catalog
from operators.strategy.compile import CompiledStrategy, compile_strategy
from operators.strategy.explain import explain
from operators.strategy.trading_columns import NO_COLUMNS
from operators.tally import Tally
from schemas.problems import StrategyFileError
from schemas.risk import RiskConfig
from schemas.strategy_file import parse_strategy
from tests.operators.plain_engine import batch, command, desired, row, version


def strategy(entry: str = "close < 1", leave: str = "close > 9", **sections: Any) -> CompiledStrategy:  # noqa: ANN401  # any section
    signals = [{"id": "in", "type": "entry", "expression": entry}, {"id": "out", "type": "exit", "expression": leave}]
    return compile_strategy(parse_strategy({"id": "a", "signals": signals, **sections}, origin="test"))


def atr(period: int) -> dict[str, Any]:
    return {"method": "atr", "multiple": 2.0, "period": period}


HALF: dict[str, Any] = {"method": "fraction", "fraction": 0.5}
BY_ATR: dict[str, Any] = {"slippage": {"method": "volatility", "multiple": 0.1, "period": 7}}
BY_VOLATILITY: dict[str, Any] = {"method": "volatility_target", "annual_volatility": 0.2, "period": 30}


@pytest.mark.parametrize(
    "sections",
    [
        {},
        {"risk": {"stop_loss": HALF, "sizing": {"method": "fixed_fraction", "fraction": 0.1}}},
        {"execution": {"slippage": {"method": "proportional", "fraction": 0.001}, "spread": 0.01}},
    ],
)
def test_a_strategy_that_counts_in_nothing_of_the_kind_compiles_to_what_its_rules_read(
    sections: dict[str, Any],
) -> None:
    compiled = strategy("rsi_14 < 30", "sma_20 > close", **sections)
    assert [one.key for one in compiled.indicators] == ["rsi(close,period=14)", "sma(close,period=20)"]
    assert compiled.columns == {"rsi(close,period=14).rsi", "sma(close,period=20).sma", "close"}
    assert compiled.trading == NO_COLUMNS
    assert not compiled.counted_in


def test_the_ranges_come_in_the_order_of_the_plan_and_each_once() -> None:
    risk = {"stop_loss": atr(20), "take_profit": atr(14), "trailing_stop": atr(20), "break_even": HALF}
    parts = [{"at": atr(5), "fraction": 0.5}, {"at": {**atr(14), "multiple": 1.0}, "fraction": 0.25}]
    compiled = strategy(risk=risk, execution={"scale_out": parts})
    plan = plan_of(compiled.config.risk or RiskConfig(), compiled.config.execution.scale_out)
    assert plan.atr_periods == (20, 14, 5)
    assert compiled.trading.atrs == tuple(f"atr(period={period}).atr" for period in plan.atr_periods)
    assert {one.key for one in compiled.indicators} == {"atr(period=20)", "atr(period=14)", "atr(period=5)"}
    assert set(compiled.trading.atrs) < compiled.columns


def test_slippage_and_size_have_columns_of_their_own() -> None:
    compiled = strategy(risk={"sizing": BY_VOLATILITY}, execution=BY_ATR)
    column = "realised_volatility(close,period=30,periods_per_year=1.0).realised_volatility"
    assert compiled.trading == ((), "atr(period=7).atr", column, False)
    assert {"atr(period=7).atr", column} < compiled.columns


def test_what_a_rule_reads_too_is_computed_once() -> None:
    compiled = strategy("atr_14 > 1", risk={"stop_loss": atr(14)}, execution=BY_ATR)
    assert [one.key for one in compiled.indicators] == ["atr(period=14)", "atr(period=7)"]
    declared = [{"name": "range", "type": "atr", "parameters": {"period": 14}}]
    compiled = strategy("range > 1", risk={"stop_loss": atr(14)}, indicators=declared)
    assert [one.key for one in compiled.indicators] == ["atr(period=14)"]
    assert compiled.columns >= {"atr(period=14).atr", "close"}


def test_a_period_that_no_series_can_remember_is_refused_with_its_place() -> None:
    with pytest.raises(StrategyFileError, match=r"risk\.trailing_stop\.period: atr with period 9000 depends on"):
        strategy(risk={"stop_loss": atr(14), "trailing_stop": atr(9_000)})
    with pytest.raises(StrategyFileError, match=r"execution\.scale_out\.0\.at\.period: atr with period 9000"):
        strategy(execution={"scale_out": [{"at": atr(9_000), "fraction": 0.5}]})


def test_the_budget_counts_them() -> None:
    plain, priced = strategy("rsi_14 < 30"), strategy("rsi_14 < 30", risk={"stop_loss": atr(200)})
    before, after = cost_of(plain.entries, plain.indicators), cost_of(priced.entries, priced.indicators)
    assert dict(after.parts).keys() - dict(before.parts).keys() == {"atr(period=200)"}
    assert before.total < after.total < MOST_OPERATIONS


def test_explain_lists_them_under_the_section_that_asks() -> None:
    compiled = strategy("rsi_14 < 30", "atr_14 > 3", risk={"stop_loss": atr(14)}, execution=BY_ATR)
    explanation = explain([compiled], "1m")
    used = {one.key: one.used_by for one in explanation.indicators}
    assert used["atr(period=14)"] == ("a.out", "a.risk")
    assert used["atr(period=7)"] == ("a.execution",)
    rules = {one.rule: (one.reads, one.warm_up_bars) for one in explanation.rules}
    assert rules["risk"] == (("atr(period=14)",), 15)
    assert rules["execution"] == (("atr(period=7)",), 8)
    assert (explanation.wanted, explanation.computed) == (4, 3)


@pytest.mark.parametrize(
    ("needs", "risk", "execution"),
    [
        (False, {}, {}),
        (False, {"stop_loss": HALF}, {}),
        (False, {"take_profit": HALF}, {}),
        (True, {"stop_loss": HALF, "take_profit": HALF}, {}),
        (True, {"trailing_stop": HALF, "take_profit": HALF}, {}),
        (True, {"break_even": HALF, "take_profit": HALF}, {}),
        (True, {"stop_loss": HALF}, {"scale_out": [{"at": HALF, "fraction": 0.5}]}),
        (False, {}, {"scale_out": [{"at": HALF, "fraction": 0.5}]}),
        (True, {"take_profit": HALF}, {"leverage": 10}),
        (False, {"trailing_stop": HALF}, {"leverage": 10}),
    ],
)
def test_the_order_inside_a_bar_matters_where_a_stop_meets_a_target(
    needs: bool,  # noqa: FBT001  # of a table
    risk: dict[str, Any],
    execution: dict[str, Any],
) -> None:
    assert strategy(risk=risk, execution=execution).trading.needs_finer is needs


def test_frames_have_the_columns_and_they_hold_what_is_documented() -> None:
    """The volatility is the sample deviation of the last three log returns, the range Wilder's mean of true ranges."""
    closes = [100.0, 103.0, 99.0, 104.0, 104.5, 101.0]
    sizing = {**BY_VOLATILITY, "period": 3}
    compiled = strategy("close > 0", risk={"sizing": sizing, "stop_loss": atr(1)})
    about = version("a").model_copy(update={"config": compiled.config})
    step = MarketStep(Catalog(), Tally(), Parameters(history_bars=64))
    candles = batch(*[row(number, close=close) for number, close in enumerate(closes)])
    (frames,) = [
        item[1]
        for item in step.on_batch([command(about, desired(about)), candles])
        if isinstance(item, tuple) and isinstance(item[1], Frames)
    ]
    assert compiled.trading.volatility is not None
    volatility = frames.operand(compiled.trading.volatility, 0)
    returns = np.diff(np.log(closes))
    assert [math.isnan(value) for value in volatility] == [True, True, True, False, False, False]
    for bar in (3, 4, 5):
        assert volatility[bar] == pytest.approx(np.std(returns[bar - 3 : bar], ddof=1), rel=1e-9)
    highs, lows = frames.operand("high", 0), frames.operand("low", 0)
    ranges = frames.operand(compiled.trading.atrs[0], 0)
    for bar in range(1, 6):
        true_range = max(highs[bar], closes[bar - 1]) - min(lows[bar], closes[bar - 1])
        assert ranges[bar] == pytest.approx(true_range, rel=1e-9)
