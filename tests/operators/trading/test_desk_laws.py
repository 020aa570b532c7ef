"""The laws of a desk: any bars, any decisions, any terms, and a restart at every bar."""

import itertools
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.positions.bar import Bar
from operators.positions.causes import LIQUIDATION
from schemas.execution import (
    ExecutionConfig,
    FixedSlippage,
    PerUnitFees,
    ProportionalFees,
    ProportionalSlippage,
    ScaleIn,
    ScaleOut,
    VolatilitySlippage,
)
from schemas.risk import (
    AtrDistance,
    FixedAmount,
    FixedFraction,
    FractionDistance,
    Kelly,
    RiskConfig,
    RiskLimits,
    RiskPerTrade,
    VolatilityTarget,
)
from tests.operators.positions.candles import MINUTE, paths
from tests.operators.trading.floor import Decision, Floor

distances = st.one_of(
    st.builds(FractionDistance, fraction=st.floats(0.005, 0.9)),
    st.builds(AtrDistance, multiple=st.floats(0.5, 60.0), period=st.just(14)),
)
executions = st.builds(
    ExecutionConfig,
    fill=st.sampled_from(["next_open", "signal_close"]),
    spread=st.floats(0.0, 0.02),
    slippage=st.one_of(
        st.none(),
        st.builds(FixedSlippage, method=st.just("fixed"), amount=st.floats(0.0, 2.0)),
        st.builds(ProportionalSlippage, method=st.just("proportional"), fraction=st.floats(0.0, 0.02)),
        st.builds(VolatilitySlippage, method=st.just("volatility"), multiple=st.floats(0.0, 2.0)),
    ),
    fees=st.one_of(
        st.none(),
        st.builds(
            ProportionalFees,
            method=st.just("proportional"),
            maker=st.floats(0.0, 0.01),
            taker=st.floats(0.0, 0.01),
            minimum=st.floats(0.0, 10.0),
        ),
        st.builds(PerUnitFees, method=st.just("per_unit"), amount=st.floats(0.0, 1.0)),
    ),
    tick_size=st.sampled_from([None, 0.05, 0.3]),
    lot_size=st.sampled_from([None, 0.1, 1.0]),
    minimum_size=st.sampled_from([None, 2.0]),
    leverage=st.sampled_from([1.0, 10.0, 1_000.0]),
    scale_in=st.sampled_from([None, ScaleIn(max_entries=2), ScaleIn(max_entries=4, share=0.3)]),
    scale_out=st.lists(st.builds(ScaleOut, at=distances, fraction=st.sampled_from([0.1, 0.3])), max_size=3).map(tuple),
)
limits = st.builds(
    RiskLimits,
    max_position_size=st.none() | st.floats(0.05, 1.0),
    max_daily_loss=st.none() | st.floats(0.01, 0.5),
    max_drawdown=st.none() | st.floats(0.05, 0.9),
    cool_down_bars=st.none() | st.integers(1, 3),
)
risks = st.builds(
    RiskConfig,
    sizing=st.one_of(
        st.none(),
        st.builds(FixedAmount, method=st.just("fixed_amount"), amount=st.floats(100.0, 4_000.0)),
        st.builds(FixedAmount, method=st.just("fixed_amount"), amount=st.floats(10_000.0, 200_000.0)),
        st.builds(FixedFraction, method=st.just("fixed_fraction"), fraction=st.floats(0.1, 1.0)),
        st.builds(RiskPerTrade, method=st.just("risk_per_trade"), fraction=st.floats(0.01, 0.5)),
        st.builds(VolatilityTarget, method=st.just("volatility_target"), annual_volatility=st.floats(0.1, 2.0)),
        st.builds(Kelly, method=st.just("kelly")),
    ),
    stop_loss=distances,
    take_profit=st.none() | distances,
    trailing_stop=st.none() | distances,
    break_even=st.none() | distances,
    max_bars_held=st.none() | st.integers(1, 5),
    limits=limits,
)
decisions: st.SearchStrategy[Decision] = st.sampled_from(["buy", "buy", "buy", "sell", "leave", ""])
series = st.lists(st.tuples(paths(), decisions, st.sampled_from([1.0, 1.0, 1.0, 0.0])), min_size=5, max_size=30)


@given(executions, risks, series)
@settings(max_examples=100)
def test_the_laws_hold_whatever_comes(
    execution: ExecutionConfig, risk: RiskConfig, drawn: list[tuple[tuple[Bar, list[float]], Decision, float]]
) -> None:
    floor, restarted = Floor(execution, risk), Floor(execution, risk)
    for number, ((bar, _), decision, volume) in enumerate(drawn):
        timed = bar._replace(volume=volume, open_time=number * MINUTE, close_time=(number + 1) * MINUTE)
        floor.over(timed, decision)
        restarted.over(timed, decision)
        restarted.restart()
        account = floor.desk.account
        moved = execution.capital + sum(fill.quantity * fill.price for _, fill in floor.fills)
        noise = 1e-10 * moved
        assert account.cash + account.value == pytest.approx(account.equity, rel=0, abs=noise)
        gained = account.realised + account.unrealised - account.fees
        assert gained == pytest.approx(account.equity - account.capital, rel=0, abs=noise)
        assert (account.trade is None) == (floor.desk.guard is None)
        assert account.mark == (0.0 if account.trade is None else bar.close)
        assert floor.desk.performance.figures().equity == account.equity or number == 0
    assert json.dumps(restarted.desk.snapshot()) == json.dumps(floor.desk.snapshot())
    assert restarted.changes == floor.changes
    for bar, fill in floor.fills:
        assert bar.low <= fill.price <= bar.high
        assert bar.open_time <= fill.time <= bar.close_time
        assert fill.fee >= 0
        assert bar.volume > 0
    times = [fill.time for _, fill in floor.fills]
    assert times == sorted(times)
    trades = [change.trade for change in floor.changes if change.trade is not None]
    assert [one.number for one in trades] == list(range(1, len(trades) + 1))
    for before, after in itertools.pairwise(trades):
        assert before.trade.exit_ms <= after.trade.entry_ms
    for one in trades:
        assert sum(fill.fee for fill in one.fills) >= one.trade.fees * (1 - 1e-12)
    figures = floor.desk.performance.trade_figures()
    assert figures.trades == len(trades)


def test_a_position_of_ten_times_the_equity_is_liquidated_within_the_bar_and_beyond_it() -> None:
    execution = ExecutionConfig(leverage=10.0, maintenance_margin=0.0)
    risk = RiskConfig(sizing=FixedAmount(method="fixed_amount", amount=100_000.0))
    flat = Bar(100.0, 100.0, 100.0, 100.0, 1.0, 0, MINUTE)
    inside = Bar(99.0, 99.0, 80.0, 85.0, 1.0, 2 * MINUTE, 3 * MINUTE)
    beyond = inside._replace(open=81.0, high=85.0)
    left = {}
    for last in (inside, beyond):
        floor = Floor(execution, risk)
        floor.over(flat, "buy")
        floor.over(flat._replace(open_time=MINUTE, close_time=2 * MINUTE), "")
        floor.over(last, "buy")
        assert [one.trade.trade.exit_reason for one in floor.changes if one.trade is not None] == [LIQUIDATION]
        left[last.open] = floor.desk.account.equity
        assert [one.refusal.limit for one in floor.changes if one.refusal is not None] == ["equity"]
    assert left == {99.0: 0.0, 81.0: -9_000.0}


def test_the_same_refusal_is_told_once_in_a_row_and_again_after_an_entry() -> None:
    execution = ExecutionConfig(fill="signal_close")
    risk = RiskConfig(max_bars_held=1, limits=RiskLimits(cool_down_bars=3))
    bars = [Bar(price, price, price, price, 1.0, 0, 0) for price in (100.0, 99.0, 98.0, 97.0, 96.0, 95.0, 94.0)]
    floor = Floor(execution, risk)
    for number, bar in enumerate(bars):
        floor.over(bar._replace(open_time=number * MINUTE, close_time=(number + 1) * MINUTE), "buy")
    # In at 100, out by time at 99, refused for three closes; in again at 96, out at 95, refused again.
    assert [one.change for one in floor.changes] == ["opened", "closed", "refused", "opened", "closed", "refused"]
