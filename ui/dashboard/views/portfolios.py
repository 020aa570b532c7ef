"""The part of the page "Performance" that says what portfolios have come to; nothing where there is none."""

import streamlit as st

from ui.dashboard.asked import with_asked
from ui.dashboard.equity_chart import equity_spec
from ui.dashboard.portfolio_columns import COLUMNS, portfolio_columns
from ui.dashboard.store import MarketStore


def portfolios(store: MarketStore) -> None:
    """A row for each, and the curve of the one that is chosen."""
    known = store.portfolios()
    if not known:
        return
    st.markdown("#### Portfolios", help="What follows strategies under limits of its own. Amounts are quote currency.")
    tripped = sum(one.kill_switch == "tripped" for one in known)
    limited = sum(bool(one.violated_limits) for one in known)
    many = "1 portfolio" if len(known) == 1 else f"{len(known):,} portfolios"
    st.caption(
        f"{many}, {tripped:,} stopped by the kill switch, {limited:,} beyond a limit. To lift a switch: "
        "`candelabra portfolio reset NAME`"
    )
    st.dataframe(portfolio_columns(known), column_config=COLUMNS, hide_index=True, key="portfolios")
    names = with_asked("portfolio", [one.portfolio for one in known])
    chosen = st.selectbox("Equity of", names, key="portfolio", bind="query-params") or names[0]
    curve = store.portfolio_curve(chosen)
    with st.container(height=380, border=True):
        if curve.times_ms:
            spec = equity_spec(curve, None)
            st.echarts_chart(spec, height=335, key="portfolio_equity", alt=f"Equity and drawdown of {chosen}")
        else:
            st.caption(f"No curve of {chosen} yet, as far back as this page reads.")
