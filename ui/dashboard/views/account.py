"""The part of the page "Live" that says what the chosen strategy has come to on the chosen series."""

import streamlit as st

from ui.dashboard.account_tables import trade_table
from ui.dashboard.accounts import Standing
from ui.dashboard.digits import price_text
from ui.dashboard.equity_chart import equity_spec
from ui.dashboard.fill_markers import words
from ui.dashboard.store import MarketStore, Series

_TRADES_SHOWN = 100


def account(store: MarketStore, series: Series, strategy: str) -> None:
    """Key figures, the open position, the curve of equity and the trades; why not, where there is nothing yet."""
    symbol, timeframe = series
    standing = store.standing(strategy, series)
    st.markdown(f"#### {strategy} on {symbol} {timeframe}", help="Traded on paper. Amounts are in quote currency.")
    if standing is None:
        st.info(
            "**No figures yet.** They begin with the first change of this strategy's position on this series; "
            "it may run on other series, or still be waiting for its first entry.",
            icon="📒",
        )
        return
    _figures(standing)
    _position(standing)
    left, right = st.columns([1, 1], gap="medium")
    with left, st.container(height=380, border=True):
        _curve(store, series, strategy, standing)
    with right, st.container(height=380, border=True):
        trades = store.latest_trades(_TRADES_SHOWN, strategy, series)
        if trades:
            st.html(trade_table(trades))
        else:
            st.caption("No trade has been closed yet, as far back as this page reads.")


def share(value: float | None, text: str = ".2%") -> str:
    """A fraction in percent, a dash where there is none.

    >>> share(0.125), share(None)
    ('12.50%', '-')
    """
    return "-" if value is None else format(value, text)


def _figures(standing: Standing) -> None:
    figures, trades = standing.metrics.performance, standing.metrics.trades
    sharpe = figures.sharpe_arithmetic
    as_of = f"As of the close at {standing.as_of:%Y-%m-%d %H:%M} UTC."
    cells = st.columns(6)
    cells[0].metric("Equity", f"{standing.equity:,.2f}", help=as_of, border=True)
    cells[1].metric("Total return", f"{standing.total_return:+.2%}", help=as_of, border=True)
    cells[2].metric("Sharpe", "-" if sharpe is None else f"{sharpe:.2f}", help="Arithmetic, of a year.", border=True)
    cells[3].metric("Max drawdown", share(standing.max_drawdown), help=f"Now {standing.drawdown:.2%}.", border=True)
    cells[4].metric("Win rate", share(trades.win_rate, ".0%"), help=f"{trades.wins} won.", border=True)
    cells[5].metric("Trades", f"{trades.trades:,}", help="Closed ones.", border=True)


def _position(standing: Standing) -> None:
    metrics = standing.metrics
    held = metrics.position != "flat"
    cells = st.columns(6)
    cells[0].metric("Position", f"{metrics.position} {metrics.quantity:.6g}" if held else "flat", border=True)
    cells[1].metric("Entry", price_text(metrics.average_price), border=True)
    after = "As it stood after the last fill; a trailing stop may have moved on since."
    cells[2].metric("Stop", price_text(standing.stop_price), help=after, border=True)
    cells[3].metric("Target", price_text(standing.target_price), border=True)
    cells[4].metric("Unrealised", f"{standing.unrealised:+,.2f}" if held else "-", help="Before fees.", border=True)
    limits = ", ".join(words(one) for one in metrics.violated_limits)
    cells[5].metric("Violated limits", limits or "none", help="Those that keep it from entering now.", border=True)


def _curve(store: MarketStore, series: Series, strategy: str, standing: Standing) -> None:
    curve = store.curve(strategy, series)
    if curve.times_ms:
        spec = equity_spec(curve, standing.metrics.capital)
        st.echarts_chart(spec, height=335, key="equity", alt="Equity and drawdown at closes with a position")
    else:
        st.caption("No curve yet: equity is told at closes at which a position is held, and there was none so far.")
