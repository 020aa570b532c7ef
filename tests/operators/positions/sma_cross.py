"""Two moving averages that cross, traded by an account: the strategy that backtesting.py publishes results of."""

import csv
import gzip
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from math import fsum
from pathlib import Path
from typing import NamedTuple

import pytest

from operators.positions.account import Account
from operators.positions.bar import Bar, check_bar
from operators.positions.costs import Costs, costs_of, market_price
from operators.positions.fill import Side
from operators.positions.orders import market_fill
from operators.positions.sizing import Entry, Sized, size_entry
from operators.positions.terms import size_terms_of
from operators.positions.trade import Trade
from schemas.execution import ExecutionConfig
from schemas.record import to_milliseconds
from schemas.risk import Sizing

DAY_MS = 86_400_000
GOOG = Path(__file__).parents[3].parent / "shared" / "data" / "reference" / "backtesting_py" / "GOOG.csv.gz"


class Run(NamedTuple):
    """What a run came to: closed trades, equity after each bar, and the account with what is still open."""

    trades: list[Trade]
    equity: list[float]
    account: Account


def goog() -> list[Bar]:
    """The daily bars that backtesting.py's results are of; skip where they are not."""
    if not GOOG.exists():
        pytest.skip(f"no {GOOG}: the shared data are not on this machine")
    with gzip.open(GOOG, "rt", encoding="utf-8", newline="") as lines:
        return [_bar(row) for row in csv.reader(lines) if row[0]]


def _bar(row: Sequence[str]) -> Bar:
    opened = to_milliseconds(datetime.fromisoformat(row[0]).replace(tzinfo=UTC))
    open_, high, low, close, volume = map(float, row[1:])
    bar = Bar(open_, high, low, close, volume, opened, opened + DAY_MS)
    check_bar(bar, "GOOG")
    return bar


def crossings(bars: Sequence[Bar], fast: int, slow: int) -> list[Side | None]:
    """After each bar: buy where the fast mean of closes has come above the slow one, sell where it has come below."""
    apart = [
        mean(bars, last, fast) - mean(bars, last, slow) if last >= slow else None for last in range(1, len(bars) + 1)
    ]
    return [None, *(_crossed(before, now) for before, now in pairwise(apart))]


def mean(bars: Sequence[Bar], last: int, period: int) -> float:
    return fsum(bar.close for bar in bars[last - period : last]) / period


def _crossed(before: float | None, now: float | None) -> Side | None:
    if before is None or now is None:
        return None
    if before < 0 < now:
        return "buy"
    return "sell" if now < 0 < before else None


def close_and_reverse(
    bars: Sequence[Bar], decided: Sequence[Side | None], execution: ExecutionConfig, sizing: Sizing | None = None
) -> Run:
    """Leave and enter the other side at the open after each decision.

    The account is restored from its own snapshot after every fill and every bar.
    """
    costs, terms, account = costs_of(execution), size_terms_of(execution), Account(execution.capital)
    trades: list[Trade] = []
    equity: list[float] = []
    for bar, side in zip(bars, [None, *decided[:-1]], strict=True):
        if side is not None:
            trades += left(account, bar, costs)
            account = Account.restored(account.snapshot())
            price = market_price(costs, side, bar.open, bar)
            sized = size_entry(sizing, account.funds(bar.open, terms.leverage), Entry(side, price), costs, terms)
            if isinstance(sized, Sized):
                fill = market_fill(costs, bar, "open", side, sized.quantity, "cross")
                assert fill is not None
                assert account.apply(fill) is None
                account = Account.restored(account.snapshot())
        account.close_bar(bar.high, bar.low, bar.close)
        equity.append(account.equity)
        account = Account.restored(account.snapshot())
    return Run(trades, equity, account)


def left(account: Account, bar: Bar, costs: Costs) -> list[Trade]:
    """Leave what is open, at an open."""
    if account.trade is None:
        return []
    side: Side = "sell" if account.trade.side == "long" else "buy"
    fill = market_fill(costs, bar, "open", side, abs(account.quantity), "cross")
    assert fill is not None
    trade = account.apply(fill)
    assert trade is not None
    return [trade]
