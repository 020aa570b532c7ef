"""All portfolios as columns, for a table that sorts by any of its columns."""

from collections.abc import Sequence
from math import nan
from typing import Any

import streamlit as st

from schemas.portfolio_metrics import PortfolioMetrics
from schemas.position import LimitReached
from ui.dashboard.fill_markers import words
from ui.dashboard.performance_columns import numbers

COLUMNS = {
    "Portfolio": st.column_config.TextColumn(pinned=True),
    "Return": st.column_config.NumberColumn(format="percent", help="Of what it began with, without money brought."),
    "Equity": st.column_config.NumberColumn(format="%.2f", help="Quote currency."),
    "Gross": st.column_config.NumberColumn(format="%.2fx", help="Values of all positions, in times equity."),
    "Net": st.column_config.NumberColumn(format="%.2fx", help="Long less short, in times equity."),
    "Heat": st.column_config.NumberColumn(format="percent", help="Lost if every stop were hit, of equity."),
    "Daily loss": st.column_config.NumberColumn(format="percent", help="Since 00:00 UTC."),
    "Drawdown": st.column_config.NumberColumn(format="percent", help="Since the start or the last reset."),
    "Positions": st.column_config.NumberColumn(help="Those that are open."),
    "Members": st.column_config.NumberColumn(help="Series that it follows."),
    "Refused": st.column_config.NumberColumn(help="Entries that it did not follow."),
    "As of (UTC)": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm"),
}
"""How columns that are not plain text are shown."""

_SWITCH = {"none": "-", "armed": "🟢 armed", "tripped": "🔴 tripped"}


def portfolio_columns(portfolios: Sequence[PortfolioMetrics]) -> dict[str, list[Any]]:
    """One row each, in the order given; numbers stay numbers, fractions of one, NaN where there is no value."""
    curves = [one.performance for one in portfolios]
    return {
        "Portfolio": [one.portfolio for one in portfolios],
        "Kill switch": [_switch(one) for one in portfolios],
        "Equity": [one.equity for one in portfolios],
        "Return": numbers(None if curve is None else curve.total_return for curve in curves),
        "Gross": numbers(one.gross_exposure for one in portfolios),
        "Net": numbers(one.net_exposure for one in portfolios),
        "Heat": [one.heat / one.equity if one.equity > 0 else nan for one in portfolios],
        "Daily loss": numbers(one.daily_loss for one in portfolios),
        "Drawdown": numbers(one.drawdown for one in portfolios),
        "Violated limits": [", ".join(map(_limit, one.violated_limits)) for one in portfolios],
        "Positions": [one.positions for one in portfolios],
        "Members": [one.members for one in portfolios],
        "Trades": [one.trades.trades for one in portfolios],
        "Refused": [one.refused for one in portfolios],
        "As of (UTC)": [one.close_time for one in portfolios],
    }


def _switch(metrics: PortfolioMetrics) -> str:
    by = "" if metrics.tripped_by is None else f" by {words(metrics.tripped_by.limit)}"
    return f"{_SWITCH[metrics.kill_switch]}{by}"


def _limit(one: LimitReached) -> str:
    """Its name, with the group or symbol where it is of one, and how it stands."""
    stands = "" if one.actual is None or one.allowed is None else f": {one.actual:.4g} of {one.allowed:.4g}"
    return f"{words(one.limit)}{f' ({one.about})' if one.about else ''}{stands}"
