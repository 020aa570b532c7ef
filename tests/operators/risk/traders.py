"""Strategies that trade as they are told, and what they report to their portfolio."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hypothesis import strategies as st

from operators.positions.account import Account
from operators.positions.fill import Fill
from operators.risk.report import Entry, Report

MINUTE = 60_000
CAPITAL = 1_000.0
MINUTES = 8


class Act(NamedTuple):
    """What a strategy decides at a close: to hold so many units, filled at the close or at the next open."""

    units: float
    at_close: bool = False
    says: bool = True
    """Whether it tells of it as it decides, or is seen to have been filled only."""


Plan = Mapping[int, Act]
"""By minute."""


def price(symbol: str, minute: int) -> float:
    """At which a minute closes: a walk of eighths, so that sums have no rounding."""
    steps = (3, -5, 2, 7, -4, -9, 6, 1) if symbol < "E" else (-2, 4, 8, -6, -3, 5, -7, 9)
    return 16.0 + sum(steps[:minute]) / 8.0


def trader(
    series: str, plan: Plan, *, minutes: int = MINUTES, ends: bool = False, always: bool = False
) -> list[Report]:
    """Reports of ``strategy symbol`` on 1m over minutes: a first one when it starts, a last one where it ``ends``.

    Between them where anything is held, filled or waits; ``always`` at every close.
    """
    strategy, symbol = series.split()
    key = f"{strategy}|{symbol}|1m"
    account = Account(CAPITAL)
    waiting: Act | None = None
    reports = [Report(key, 0, 0, CAPITAL, 0.0, 0.0, price(symbol, 0), capital=CAPITAL)]
    for minute in range(1, minutes + 1):
        at_ms, close = minute * MINUTE, price(symbol, minute)
        held = account.quantity
        fills: list[Fill] = []
        if waiting is not None:
            fills += _fill(account, waiting.units, price(symbol, minute - 1), at_ms - MINUTE)
            waiting = None
        act = plan.get(minute)
        entry = None
        if act is not None and act.units != account.quantity:
            enters = abs(act.units) > abs(account.quantity) or act.units * account.quantity < 0
            entry = Entry(act.units, None, None) if enters and act.says else None
            if act.at_close:
                fills += _fill(account, act.units, close, at_ms)
            else:
                waiting = act
        if ends and minute == minutes:
            fills += _fill(account, 0.0, close, at_ms)
            waiting = None
        account.mark_at(close)
        last = ends and minute == minutes
        if held or account.quantity or fills or waiting or last or always:
            quantity = account.quantity
            coming = quantity if waiting is None or not waiting.says else waiting.units
            next_ms = None if last else at_ms + MINUTE
            said = None if last else entry
            reports.append(
                Report(key, at_ms, next_ms, account.equity, quantity, coming, close, None, said, tuple(fills), CAPITAL)
            )
    return reports


def _fill(account: Account, units: float, at: float, time: int) -> list[Fill]:
    """What brings an account to so many units, with a fee of a 64th of the units."""
    more = units - account.quantity
    if not more:
        return []
    fill = Fill(time, "buy" if more > 0 else "sell", abs(more), at, abs(more) / 64.0, "rule")
    account.apply(fill)
    return [fill]


UNITS = (-16.0, -8.0, -4.0, 0.0, 4.0, 8.0, 16.0, 32.0)

plans = st.dictionaries(
    st.integers(1, MINUTES), st.builds(Act, st.sampled_from(UNITS), at_close=st.booleans(), says=st.booleans())
)


def by_symbol(stories: Sequence[list[Report]]) -> dict[str, list[Report]]:
    """The reports of all series of each symbol, in order of time."""
    found: dict[str, list[Report]] = {}
    for story in stories:
        for one in story:
            found.setdefault(one.symbol, []).append(one)
    return {symbol: sorted(each, key=lambda one: (one.at_ms, one.key)) for symbol, each in sorted(found.items())}
