"""What a desk is told at a close, and what it tells of: bars as they came to something."""

from math import nan
from typing import Literal, NamedTuple

from operators.positions.account import Account
from operators.positions.fill import Fill
from operators.positions.guard import Guard
from operators.positions.size_refusal import SizeRefusal
from operators.positions.trade import Trade
from operators.risk.refusal import Refusal
from schemas.signal import Position

Refused = SizeRefusal | Refusal


class Readings(NamedTuple):
    """What of the frames a desk reads at a close; NaN what is not there.

    Attributes:
        atrs: of the plan's periods, quote currency per unit.
        slippage_atr: what slippage by volatility is counted in.
        volatility: standard deviation of a bar's log return.
    """

    atrs: tuple[float, ...] = ()
    slippage_atr: float = nan
    volatility: float = nan


class Change(NamedTuple):
    """What happened to the position, in order: one item of what a bar came to.

    Attributes:
        change: ``opened``, ``changed``, ``closed`` or ``refused``.
        fills: by which it came.
        reason: the rule or the exit, or in words why it was refused.
        signal: the id of the signal that asked for it; None where none did.
        refusal: what an order was refused by.
        trade: the trade that was closed by it.
        standing: the account right after it.
        price: what it was about: of the last fill, or where the market stood as an order was refused.
    """

    change: Literal["opened", "changed", "closed", "refused"]
    fills: tuple[Fill, ...]
    reason: str
    signal: str | None
    refusal: Refused | None
    trade: "ClosedTrade | None"
    standing: "Standing"
    price: float


class ClosedTrade(NamedTuple):
    """A closed trade as the account has it, its number on the series, and the signals that began and ended it."""

    trade: Trade
    number: int
    fills: tuple[Fill, ...]
    entry_signal: str | None
    exit_signal: str | None
    equity: float


class Standing(NamedTuple):
    """An account at a moment, in quote currency; prices per unit, NaN or infinite where there is none."""

    side: Position
    quantity: float
    average: float
    mark: float
    realised: float
    unrealised: float
    fees: float
    cash: float
    equity: float
    stop: float
    target: float
    liquidation: float


class Ended(NamedTuple):
    """The position was left without a rule, or the order of an entry was refused: at this price, for this cause."""

    cause: str
    price: float


def standing_of(account: Account, guard: Guard | None) -> Standing:
    """An account as it is now, with what protects its position."""
    trade = account.trade
    stop, target, liquidation = (nan, nan, nan) if guard is None else (guard.stop, guard.target, guard.liquidation)
    return Standing(
        "flat" if trade is None else trade.side,
        abs(account.quantity),
        account.average,
        account.mark,
        0.0 if trade is None else trade.gross,
        account.unrealised,
        0.0 if trade is None else trade.fees,
        account.cash,
        account.equity,
        stop,
        target,
        liquidation,
    )
