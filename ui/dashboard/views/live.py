"""The page "Live": one series as it moves, one strategy's signals and account on it, and what all strategies say."""

import time
from datetime import timedelta

import streamlit as st

from schemas.record import from_milliseconds
from ui.dashboard.asked import with_asked
from ui.dashboard.build import chart_is_built
from ui.dashboard.digits import price_text
from ui.dashboard.feed import Connection, Feed
from ui.dashboard.price_chart import price_chart
from ui.dashboard.store import MarketStore, Series
from ui.dashboard.tables import signal_table, status_table
from ui.dashboard.views import frame
from ui.dashboard.views.account import account
from ui.dashboard.weighed_tables import composite_table, consensus_table

_SIGNALS_SHOWN = 60
_WEIGHED_SHOWN = 40
_RAW_PRICE = "none: raw price"


def page() -> None:
    """Say what is wrong where there is no feed, else show it, a second at a time."""
    feed = frame.opened_feed()
    if feed is not None:
        _live(feed)


@st.fragment(run_every=timedelta(seconds=1))
def _live(feed: Feed) -> None:
    connection, series = feed.connection, feed.store.series()
    # Each part has a place of its own: what comes and goes in one must not move, and so rebuild, the chart in the next.
    with st.container():
        frame.header(feed.address, connection)
        _notices(feed, connection, empty=not series)
    with st.container():
        chosen = _market(feed.store, series) if series else None
    with st.container():
        if chosen is not None:
            account(feed.store, *chosen)
    with st.container():
        if series or feed.store.strategies():
            _strategies(feed.store)
    with st.container():
        if feed.store.counts(now=time.monotonic()).composites:
            _weighed(feed.store)


def _notices(feed: Feed, connection: Connection, *, empty: bool) -> None:
    if connection.why:
        frame.outage(feed.address, connection)
    elif connection.connected and empty:
        _nothing_yet()
    not_kept = feed.store.counts(now=time.monotonic()).symbols_not_kept
    if not_kept:
        st.warning(f"{not_kept} more symbols flow than this page keeps.", icon="🪣")


def _nothing_yet() -> None:
    st.info(
        "**No candles yet.** The broker is there; this page fills by itself as soon as they flow. To begin, type:",
        icon="⏳",
    )
    st.code(
        "candelabra topics create                 # once\n"
        "candelabra feed candles.parquet          # candles into the topic\n"
        "candelabra strategy deploy strategy.json # what to look for\n"
        "candelabra run                           # a worker that looks",
        language="bash",
    )


def _market(store: MarketStore, known: list[Series]) -> tuple[Series, str] | None:
    """Draws the chart; the series and the strategy that are chosen, None without a strategy."""
    choose = st.columns([2, 1, 3])
    symbols = with_asked("symbol", list(dict.fromkeys(symbol for symbol, _ in known)))
    symbol = choose[0].selectbox("Symbol", symbols, key="symbol", bind="query-params") or symbols[0]
    timeframes = with_asked("timeframe", [timeframe for name, timeframe in known if name == symbol] or [known[0][1]])
    timeframe = choose[1].selectbox("Timeframe", timeframes, key="timeframe", bind="query-params") or timeframes[0]
    strategies = with_asked("strategy", [_RAW_PRICE, *store.strategies()])
    chosen = choose[2].selectbox("Strategy", strategies, key="strategy", bind="query-params")
    strategy = None if chosen in (None, _RAW_PRICE) else chosen
    if (symbol, timeframe) not in known:
        st.info(f"**No candles of {symbol} {timeframe} yet.** If they do not come, choose another.", icon="⏳")
        return None
    _figures(store, (symbol, timeframe))
    base = store.base(symbol)
    if base != timeframe:
        st.caption(
            f"{timeframe} is made of the {base} candles of the feed by the engine's own code; the last bar is forming."
        )
    if chart_is_built():
        price_chart(store, (symbol, timeframe), strategy)
    else:
        st.warning("The chart is not bundled yet; everything else works. To bundle it, type:", icon="📦")
        st.code("python -m ui.dashboard.build", language="bash")
    return None if strategy is None else ((symbol, timeframe), strategy)


def _figures(store: MarketStore, series: Series) -> None:
    counts = store.counts(now=time.monotonic())
    bar = store.last_bar(series)
    cells = st.columns(6)
    if bar is not None:
        change = bar.close / bar.open - 1
        cells[0].metric("Last price", price_text(bar.close), f"{change:+.2%}", border=True, height="stretch")
        opened = from_milliseconds(bar.open_time_ms)
        cells[1].metric(
            "Last candle (UTC)",
            f"{opened:%Y-%m-%d}",
            f"{opened:%H:%M}",
            delta_color="off",
            delta_arrow="off",
            border=True,
        )
    cells[2].metric("Candles per second", f"{counts.candles_per_second:,.1f}", border=True, height="stretch")
    cells[3].metric("Signals", f"{counts.signals:,}", border=True, height="stretch")
    cells[4].metric(
        "Composites",
        f"{counts.composites:,}",
        f"{counts.late_signals:,} late",
        delta_color="off",
        delta_arrow="off",
        help=f"Signals that came after their window was worked count as late. {counts.last_late or 'None did.'}",
        border=True,
    )
    cells[5].metric(
        "Undecodable", f"{counts.undecodable:,}", help=counts.last_undecodable, border=True, height="stretch"
    )


def _strategies(store: MarketStore) -> None:
    signals, statuses = store.latest_signals(_SIGNALS_SHOWN), store.statuses()
    left, right = st.columns([3, 2], gap="medium")
    with left:
        st.markdown("#### Signals")
        with st.container(height=420, border=True):
            if signals:
                st.html(signal_table(signals))
            else:
                st.caption("No strategy has given a signal yet.")
    with right:
        st.markdown("#### Strategies")
        with st.container(height=420, border=True):
            if statuses:
                st.html(status_table(statuses))
            else:
                st.caption("No strategy is deployed. To deploy one: `candelabra strategy deploy FILE`")


def _weighed(store: MarketStore) -> None:
    composites, agreed = store.latest_composites(_WEIGHED_SHOWN), store.latest_consensus(_WEIGHED_SHOWN)
    st.markdown("#### Composites", help="The timeframes of a strategy on a symbol, weighed together.")
    with st.container(height=320, border=True):
        if composites:
            st.html(composite_table(composites))
        else:
            st.caption("No strategy that runs on several timeframes has given one yet.")
    if agreed:
        st.markdown("#### Consensus", help="The strategies on a symbol, weighed together.")
        with st.container(height=320, border=True):
            st.html(consensus_table(agreed))
