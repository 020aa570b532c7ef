"""All strategies on all series as columns, for a table that sorts by any of its columns."""

from collections.abc import Iterable, Sequence
from math import nan
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from schemas.lifecycle import State
from schemas.metrics import StrategyMetrics
from ui.dashboard.accounts import Standing
from ui.dashboard.fill_markers import words
from ui.dashboard.tables import LIGHT

COLUMNS = {
    "Strategy": st.column_config.TextColumn(pinned=True),
    "Return": st.column_config.NumberColumn(format="percent"),
    "Sharpe": st.column_config.NumberColumn(format="%.2f", help="Arithmetic, of a year."),
    "Max drawdown": st.column_config.NumberColumn(format="percent"),
    "Win rate": st.column_config.NumberColumn(format="percent"),
    "Equity": st.column_config.NumberColumn(format="%.2f", help="Quote currency."),
    "Unrealised": st.column_config.NumberColumn(format="%.2f", help="Quote currency, before fees."),
    "Exposure": st.column_config.NumberColumn(format="%.2fx", help="Value of the position, in times equity."),
    "As of (UTC)": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm"),
    "Chart": st.column_config.LinkColumn(display_text="open"),
}
"""How columns that are not plain text are shown."""


def performance_columns(standings: Sequence[Standing]) -> dict[str, list[Any]]:
    """One row each, in the order given; numbers stay numbers, fractions of one, NaN where there is no value yet."""
    return {
        "Strategy": [one.metrics.strategy for one in standings],
        "Symbol": [one.metrics.symbol for one in standings],
        "Timeframe": [one.metrics.timeframe for one in standings],
        "Status": [f"{LIGHT[State(one.metrics.status)]} {one.metrics.status}" for one in standings],
        "Return": [one.total_return for one in standings],
        "Sharpe": numbers(one.metrics.performance.sharpe_arithmetic for one in standings),
        "Max drawdown": [one.max_drawdown for one in standings],
        "Win rate": numbers(one.metrics.trades.win_rate for one in standings),
        "Trades": [one.metrics.trades.trades for one in standings],
        "Position": [one.metrics.position for one in standings],
        "Unrealised": [one.unrealised for one in standings],
        "Exposure": numbers(one.metrics.exposure for one in standings),
        "Equity": [one.equity for one in standings],
        "Violated limits": [", ".join(map(words, one.metrics.violated_limits)) for one in standings],
        "As of (UTC)": [one.as_of for one in standings],
        "Chart": [_address(one.metrics) for one in standings],
    }


def numbers(values: Iterable[float | None]) -> list[float]:
    """A column of numbers even where none has a value yet."""
    return [nan if value is None else value for value in values]


def _address(metrics: StrategyMetrics) -> str:
    """Where the page "Live" shows it, relative to this page."""
    chosen = {"symbol": metrics.symbol, "timeframe": metrics.timeframe, "strategy": metrics.strategy}
    return f"./?{urlencode(chosen)}"
