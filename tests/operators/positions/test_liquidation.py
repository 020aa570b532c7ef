"""The liquidation price, against the account that it is the liquidation price of."""

from math import isnan

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from operators.positions.account import Account
from operators.positions.fill import Fill
from operators.positions.liquidation import liquidation_price


@given(
    st.sampled_from(["buy", "sell"]),
    st.floats(0.1, 1_000.0),
    st.floats(0.1, 1_000.0),
    st.floats(0.1, 10.0),
    st.floats(0.0, 0.5),
)
def test_equity_there_is_the_maintenance_margin(
    side: str, capital: float, price: float, times: float, maintenance: float
) -> None:
    account = Account(capital)
    account.apply(Fill(0, "buy" if side == "buy" else "sell", times * capital / price, price, 0.0, "in"))
    level = liquidation_price(account.balance, account.quantity, account.average, maintenance)
    assume(not isnan(level))
    account.close_bar(level, level, level)
    assert account.equity == pytest.approx(maintenance * account.notional, rel=1e-9, abs=1e-9 * capital)


def test_a_loss_that_was_taken_brings_it_nearer() -> None:
    whole = liquidation_price(1_000.0, 50.0, 100.0, 0.0)
    assert liquidation_price(900.0, 50.0, 100.0, 0.0) == whole + 2.0


def test_flat_there_is_none() -> None:
    assert isnan(liquidation_price(1_000.0, 0.0, 0.0, 0.005))


def test_a_long_position_that_is_paid_for_has_none_and_a_short_one_has() -> None:
    assert isnan(liquidation_price(1_000.0, 10.0, 100.0, 0.005))
    assert liquidation_price(1_000.0, -10.0, 100.0, 0.0) == 200.0
