"""The page "Performance": every strategy on every series, and every portfolio, in tables that sort by any column."""

from datetime import timedelta
from typing import Any, Literal

import streamlit as st

from ui.dashboard.feed import Feed
from ui.dashboard.performance_columns import COLUMNS, performance_columns
from ui.dashboard.store import MarketStore
from ui.dashboard.views import frame
from ui.dashboard.views.portfolios import portfolios

_MOST_PX = 760
_ROWS = 20
"""So many and the heading fit into that height."""


def page() -> None:
    """Say what is wrong where there is no feed, else show the table, anew every other second."""
    feed = frame.opened_feed()
    if feed is not None:
        _all(feed)


@st.fragment(run_every=timedelta(seconds=2))
def _all(feed: Feed) -> None:
    with st.container():
        frame.header(feed.address, feed.connection)
        if feed.connection.why:
            frame.outage(feed.address, feed.connection)
    with st.container():
        portfolios(feed.store)
    _strategies(feed.store)


def _strategies(store: MarketStore) -> None:
    columns = _columns(store)
    if not columns["Strategy"]:
        st.info(
            "**No figures yet.** A strategy gives them from the first change of its position on; "
            "`candelabra topics tail metrics` shows what the page waits for.",
            icon="📒",
        )
        return
    held = sum(position != "flat" for position in columns["Position"])
    limited = sum(map(bool, columns["Violated limits"]))
    named = len(set(columns["Strategy"]))
    strategies = "1 strategy" if named == 1 else f"{named:,} strategies"
    st.caption(
        f"{len(columns['Strategy']):,} series of {strategies}, {held:,} with an open position, "
        f"{limited:,} kept from entering by a limit. A click on a heading sorts."
    )
    height: int | Literal["content"] = _MOST_PX if len(columns["Strategy"]) > _ROWS else "content"
    st.dataframe(columns, column_config=COLUMNS, hide_index=True, height=height, key="performance")


def _columns(store: MarketStore) -> dict[str, list[Any]]:
    """Those of before where nothing has changed: to make 500 rows takes longer than to look."""
    revision, standings = store.standings()
    known: tuple[int, int, dict[str, list[Any]]] | None = st.session_state.get("performance_columns")
    if known is not None and known[:2] == (id(store), revision):
        return known[2]
    made = performance_columns(standings)
    st.session_state["performance_columns"] = (id(store), revision, made)
    return made
