"""What holds of any account: how its bars come and where it is stopped changes nothing, to the bit."""

import json
import math
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from operators.performance.compensated import CompensatedSum
from operators.performance.performance import Performance
from operators.performance.returns import Returns
from schemas.metrics import CurveFigures, TradeFigures
from tests.operators.performance.runs import MINUTE, MINUTES_A_YEAR, trade

CAPITAL = 10_000.0


@dataclass(frozen=True)
class Told:
    """A bar: equity over that of the bar before, what was traded, its fees."""

    factor: float
    exposed: bool
    traded: float
    fees: float


@dataclass(frozen=True)
class Idle:
    """So many flat bars."""

    bars: int


@dataclass(frozen=True)
class Closed:
    """A trade."""

    gross: float
    fees: float


Event = Told | Idle | Closed

amount = st.sampled_from([0.0, 0.1, 3.0]) | st.floats(min_value=0, max_value=1e7)
event = (
    st.builds(
        Told,
        st.sampled_from([1.0, 1.25, 0.8])
        | st.floats(min_value=0.5, max_value=2)
        | st.floats(min_value=-1, max_value=0),
        st.booleans(),
        amount,
        amount,
    )
    | st.builds(Idle, st.integers(min_value=1, max_value=50))
    | st.builds(Closed, st.floats(min_value=-1e6, max_value=1e6), amount)
)
story = st.lists(event, max_size=30)


def begun() -> Performance:
    return Performance(capital=CAPITAL, bars_a_year=MINUTES_A_YEAR, opened_at=0)


def tell(account: Performance, one: Event) -> None:
    figures = account.figures()
    close = figures.bars * MINUTE
    if isinstance(one, Told):
        equity = figures.equity * one.factor
        account.bar(close, equity, exposed=one.exposed, traded=one.traded, fees=one.fees)
    elif isinstance(one, Idle):
        account.flat(one.bars, close + (one.bars - 1) * MINUTE)
    else:
        account.closed(trade(one.gross, fees=one.fees))


def written(account: Performance) -> str:
    """All that there is to know of an account, to the bit."""
    return json.dumps([account.snapshot(), account.figures(), account.trade_figures()], allow_nan=False)


@given(story)
def test_restoring_at_every_event_changes_nothing(events: list[Event]) -> None:
    whole = begun()
    for one in events:
        tell(whole, one)
    parted = begun()
    for one in events:
        snapshot = json.loads(json.dumps(parted.snapshot(), allow_nan=False))
        parted = Performance.restored(snapshot, capital=CAPITAL, bars_a_year=MINUTES_A_YEAR)
        tell(parted, one)
    assert written(parted) == written(whole)


@given(story)
def test_flat_bars_at_once_are_the_same_bars_one_by_one(events: list[Event]) -> None:
    at_once, one_by_one = begun(), begun()
    for one in events:
        tell(at_once, one)
        for part in [Idle(1)] * one.bars if isinstance(one, Idle) else [one]:
            tell(one_by_one, part)
    assert written(one_by_one) == written(at_once)


@given(story)
def test_a_flat_bar_is_a_bar_at_which_nothing_moves(events: list[Event]) -> None:
    flat, still = begun(), begun()
    for one in events:
        tell(flat, one)
        for part in [Told(1.0, exposed=False, traded=0.0, fees=0.0)] * one.bars if isinstance(one, Idle) else [one]:
            tell(still, part)
    assert written(still) == written(flat)


@given(story)
def test_sums_and_bounds(events: list[Event]) -> None:
    account = begun()
    for one in events:
        tell(account, one)
    told = [one for one in events if isinstance(one, Told)]
    figures, trades = account.figures(), account.trade_figures()
    assert figures.fees == pytest.approx(math.fsum(one.fees for one in told), rel=1e-15)
    assert figures.traded_value == pytest.approx(math.fsum(one.traded for one in told), rel=1e-15)
    assert figures.bars == 1 + len(told) + sum(one.bars for one in events if isinstance(one, Idle))
    assert figures.exposed_bars == sum(one.exposed for one in told)
    assert 0 <= figures.drawdown <= figures.max_drawdown
    assert 0 <= figures.longest_drawdown_bars < figures.bars
    assert figures.longest_drawdown_ms == figures.longest_drawdown_bars * MINUTE
    assert trades.wins + trades.losses <= trades.trades == sum(isinstance(one, Closed) for one in events)


@given(story)
def test_whatever_happens_the_figures_fit_into_their_record(events: list[Event]) -> None:
    account = begun()
    for one in events:
        tell(account, one)
        figures, trades = account.figures(), account.trade_figures()
        assert TypeAdapter(CurveFigures).validate_python(figures) == figures
        assert TypeAdapter(TradeFigures).validate_python(trades) == trades


@given(story)
def test_turnover_is_what_was_traded_by_the_equity_of_its_bar(events: list[Event]) -> None:
    account, parts = begun(), []
    for one in events:
        tell(account, one)
        equity = account.figures().equity
        if isinstance(one, Told) and equity > CAPITAL * 1e-12:
            parts.append(one.traded / equity)
    assert account.figures().turnover == pytest.approx(math.fsum(parts), rel=1e-15)


def test_turnover_and_costs_of_a_story() -> None:
    account = begun()
    account.bar(1 * MINUTE, 10_000.0, exposed=True, traded=5_000.0, fees=2.5)
    account.bar(2 * MINUTE, 20_000.0, exposed=True)
    account.bar(3 * MINUTE, 20_000.0, exposed=True, traded=10_000.0, fees=5.0)
    figures = account.figures()
    assert (figures.traded_value, figures.fees, figures.turnover) == (15_000.0, 7.5, 1.0)
    assert figures.annual_turnover == MINUTES_A_YEAR / 3
    assert (figures.exposed_bars, figures.exposure_time) == (3, 0.75)


def test_the_longest_drawdown_is_from_its_top_to_where_it_is_made_good() -> None:
    account = begun()
    account.flat(4, 4 * MINUTE)  # at the top all the while
    account.bar(5 * MINUTE, 9_000.0, exposed=True)
    account.flat(2, 7 * MINUTE)
    assert account.figures().longest_drawdown_bars == 3  # and not over yet
    account.bar(8 * MINUTE, 10_000.0, exposed=True)
    account.flat(9, 17 * MINUTE)
    account.bar(18 * MINUTE, 9_999.0, exposed=True)
    figures = account.figures()
    assert (figures.longest_drawdown_bars, figures.longest_drawdown_ms) == (4, 4 * MINUTE)
    assert figures.max_drawdown == pytest.approx(0.1, rel=1e-15)


@given(st.lists(st.floats(min_value=-0.5, max_value=0.5), min_size=2, max_size=60))
def test_mean_variance_and_downside_are_those_of_exact_arithmetic(values: list[float]) -> None:
    returns = Returns()
    for value in values:
        returns.add(value)
    exact = [Fraction(value) for value in values]
    mean = sum(exact) / len(exact)
    variance = sum((value - mean) ** 2 for value in exact) / (len(exact) - 1)
    downside = sum(min(value, Fraction(0)) ** 2 for value in exact) / len(exact)
    assert returns.mean == pytest.approx(float(mean), rel=1e-12, abs=1e-15)
    assert returns.variance == pytest.approx(float(variance), rel=1e-12, abs=1e-30)
    assert returns.downside == pytest.approx(math.sqrt(float(downside)), rel=1e-14, abs=1e-150)


def test_a_small_deviation_about_a_large_mean_keeps_its_digits() -> None:
    returns = Returns()
    for number in range(200_000):
        returns.add(1.0 + (1e-9 if number % 2 else -1e-9))  # its squares differ from 1 by less than a float can say
    assert returns.variance == pytest.approx(1e-18 * 200_000 / 199_999, rel=1e-6)


def test_small_losses_after_a_large_one_count() -> None:
    returns = Returns()
    for loss in [0.5, *[1e-9] * 100_000]:
        returns.add(-loss)
    assert returns.downside is not None
    assert returns.downside**2 * 100_001 - 0.25 == pytest.approx(1e-13, rel=1e-2)


@given(st.permutations([1.0, 1e16, -1e16, 3.0, 1e-3, -7.0]))
def test_a_sum_is_that_of_exact_arithmetic_in_whatever_order(values: list[float]) -> None:
    total = CompensatedSum()
    for value in values:
        total.add(value)
    assert total.value == pytest.approx(math.fsum(values), rel=1e-12)


def test_a_million_small_fees_lose_nothing_to_a_large_one() -> None:
    fees = CompensatedSum()
    for fee in [1e10, *[0.01] * 1_000_000]:
        fees.add(fee)
    naive = list(accumulate([1e10, *[0.01] * 1_000_000]))[-1]
    assert fees.value == pytest.approx(1e10 + 1e4, rel=1e-15)
    assert abs(naive - (1e10 + 1e4)) > 1e-3
