"""An account, case by case: one trade from flat to flat, whatever happens in between."""

from math import nan

import pytest

from operators.positions.account import Account
from operators.positions.fill import Fill, Side
from operators.positions.possible import FillRefused
from operators.snapshot import SnapshotRefused


def filled(account: Account, *fills: tuple[Side, float, float]) -> list[float]:
    """The profits of the trades that fills of (side, quantity, price) close, one a minute and free of charge."""
    trades = [
        account.apply(Fill(number * 60_000, side, quantity, price, 0.0, f"rule {number}"))
        for number, (side, quantity, price) in enumerate(fills)
    ]
    return [trade.profit for trade in trades if trade is not None]


def test_entries_are_averaged_by_units() -> None:
    account = Account(10_000.0)
    assert filled(account, ("buy", 10.0, 100.0), ("buy", 30.0, 120.0)) == []
    assert (account.quantity, account.average) == (40.0, 115.0)
    assert account.trade is not None
    assert (account.trade.entries, account.trade.first, account.trade.entered) == (2, 10.0, 40.0)


def test_leaving_a_part_keeps_the_average_and_the_trade() -> None:
    account = Account(10_000.0)
    assert filled(account, ("sell", 40.0, 100.0), ("buy", 10.0, 90.0)) == []
    assert (account.quantity, account.average, account.realised) == (-30.0, 100.0, 100.0)
    trade = account.apply(Fill(180_000, "buy", 30.0, 80.0, 0.0, "target"))
    assert trade is not None
    assert (trade.side, trade.quantity, trade.entries, trade.exits) == ("short", 40.0, 1, 2)
    assert (trade.entry_price, trade.exit_price, trade.gross) == (100.0, 82.5, 700.0)
    assert (trade.entry_reason, trade.exit_reason) == ("rule 0", "target")


def test_a_reversal_ends_one_trade_and_begins_the_next_and_shares_its_fee_by_units() -> None:
    account = Account(10_000.0)
    account.apply(Fill(0, "buy", 10.0, 100.0, 1.0, "up"))
    trade = account.apply(Fill(60_000, "sell", 40.0, 110.0, 8.0, "down"))
    assert trade is not None
    assert (trade.side, trade.fees, trade.profit) == ("long", 3.0, 97.0)
    opened = account.trade
    assert opened is not None
    assert (opened.side, opened.entry_ms, opened.entry_reason, opened.fees) == ("short", 60_000, "down", 6.0)
    assert (account.quantity, account.average) == (-30.0, 110.0)


def test_decimal_parts_add_up_to_the_whole() -> None:
    account = Account(10_000.0)
    parts: list[tuple[Side, float, float]] = [("sell", 0.1, 100.0)] * 3
    assert len(filled(account, ("buy", 0.3, 100.0), *parts)) == 1  # 0.3 - 0.1 - 0.1 is not 0.1 in binary
    assert (account.side, account.quantity) == ("flat", 0.0)


@pytest.mark.parametrize(
    ("side", "adverse", "favourable"), [("buy", 0.25, 0.1), ("sell", 0.1, 0.25)], ids=["long", "short"]
)
def test_excursions_are_those_of_the_bars_it_was_held_over(side: Side, adverse: float, favourable: float) -> None:
    account = Account(10_000.0)
    account.close_bar(500.0, 1.0, 100.0)  # before the entry
    account.apply(Fill(0, side, 1.0, 100.0, 0.0, "in"))
    account.close_bar(110.0, 90.0, 95.0)
    account.close_bar(105.0, 75.0, 80.0)
    trade = account.apply(Fill(120_000, "sell" if side == "buy" else "buy", 1.0, 100.0, 0.0, "out"))
    assert trade is not None
    assert trade.adverse_excursion == adverse
    assert trade.favourable_excursion == pytest.approx(favourable)
    assert trade.bars_held == 2


def test_a_trade_that_was_left_where_it_was_entered_went_nowhere() -> None:
    account = Account(10_000.0)
    account.apply(Fill(0, "buy", 1.0, 100.0, 0.0, "in"))
    trade = account.apply(Fill(0, "sell", 1.0, 100.0, 0.0, "out"))
    assert trade is not None
    assert (trade.adverse_excursion, trade.favourable_excursion, trade.bars_held, trade.profit) == (0.0, 0.0, 0, 0.0)


def test_excursions_reach_as_far_as_the_fills() -> None:
    account = Account(10_000.0)
    account.apply(Fill(0, "buy", 2.0, 100.0, 0.0, "in"))
    account.apply(Fill(0, "sell", 1.0, 125.0, 0.0, "part"))
    trade = account.apply(Fill(0, "sell", 1.0, 50.0, 0.0, "out"))
    assert trade is not None
    assert (trade.adverse_excursion, trade.favourable_excursion) == (0.5, 0.25)


def test_a_position_is_marked_at_its_own_fills_and_a_flat_account_not_at_all() -> None:
    account = Account(10_000.0)
    filled(account, ("buy", 2.0, 100.0), ("sell", 1.0, 110.0))
    assert (account.mark, account.equity) == (110.0, 10_020.0)
    account.apply(Fill(180_000, "sell", 1.0, 110.0, 0.0, "out"))
    assert (account.mark, account.average, account.value) == (0.0, 0.0, 0.0)
    account.mark_at(120.0)
    assert (account.mark, account.equity) == (0.0, 10_020.0)


def test_a_split_is_a_gap_to_a_tenth() -> None:
    account = Account(10_000.0)
    filled(account, ("buy", 50.0, 100.0))
    account.close_bar(10.2, 9.9, 10.0)
    assert (account.equity, account.unrealised) == (5_500.0, -4_500.0)


def test_a_symbol_that_stops_trading_stays_at_its_last_mark() -> None:
    account = Account(10_000.0)
    filled(account, ("buy", 50.0, 100.0))
    account.close_bar(130.0, 95.0, 120.0)
    again = Account.restored(account.snapshot())
    assert (again.side, again.equity, again.mark) == ("long", 11_000.0, 120.0)


def test_what_is_owed_after_a_jump_is_not_forgiven() -> None:
    account = Account(1_000.0)
    assert filled(account, ("sell", 10.0, 100.0), ("buy", 10.0, 300.0)) == [-2_000.0]
    assert account.equity == account.cash == -1_000.0


def test_a_fee_above_the_notional_is_paid() -> None:
    account = Account(1_000.0)
    account.apply(Fill(0, "buy", 0.01, 100.0, 5.0, "small"))
    assert (account.equity, account.fees) == (995.0, 5.0)


def test_capital_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected a finite capital above 0, got 0\.0: nothing can be bought with it"):
        Account(0.0)


@pytest.mark.parametrize(
    ("fill", "told"),
    [
        (Fill(5, "buy", nan, 1.0, 0.0, "r"), r"buy of nan at 5 ms \(r\): expected a finite quantity above 0, got nan"),
        (Fill(5, "sell", 1.0, -2.0, 0.0, "r"), r"sell of 1\.0 at 5 ms \(r\): expected a finite price above 0, got -2"),
        (Fill(5, "buy", 1.0, 1.0, -0.1, "r"), r"expected a finite fee of 0 or more, got -0\.1"),
    ],
    ids=["quantity", "price", "fee"],
)
def test_a_fill_that_cannot_have_happened_is_refused(fill: Fill, told: str) -> None:
    with pytest.raises(FillRefused, match=told):
        Account(1_000.0).apply(fill)


def test_a_fill_before_the_entry_is_refused() -> None:
    account = Account(1_000.0)
    account.apply(Fill(60_000, "buy", 1.0, 100.0, 0.0, "in"))
    with pytest.raises(FillRefused, match="sell at 59999 ms: expected a time no earlier than the entry, 60000 ms"):
        account.apply(Fill(59_999, "sell", 1.0, 100.0, 0.0, "out"))


def test_a_snapshot_of_another_version_is_refused() -> None:
    with pytest.raises(SnapshotRefused, match="account: schema version 0, expected 1"):
        Account.restored({**Account(1.0).snapshot(), "schema_version": 0})
