"""What every page begins with: the styles, the feed or why there is none, and how the feed stands to its broker."""

import streamlit as st

from dataflows.settings import SettingsError
from ui.dashboard import shared
from ui.dashboard.feed import Connection, Feed
from ui.dashboard.tables import STYLE


def opened_feed() -> Feed | None:
    """The feed of this process; None, and the reason on the page, where the settings allow none."""
    st.html(STYLE)
    try:
        return shared.shared_feed()
    except SettingsError as error:
        st.error("The dashboard's settings cannot be used.", icon="🔧")
        st.code(str(error), language=None)
        return None


def header(address: str, connection: Connection) -> None:
    """The name, and a light for the connection."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("## 🕯️ Candelabra", width="stretch")
        light = "🔴 disconnected from" if connection.why else "🟡 connecting to"
        st.markdown(f"{'🟢 connected to' if connection.connected else light} `{address}`", width="content")


def outage(address: str, connection: Connection) -> None:
    """Since when and why nothing can be read, and what to type."""
    st.error(
        f"**Cannot read from the broker at `{address}`**, disconnected since {connection.since:%H:%M:%S} UTC. "
        "Trying again every second; candles and signals below are from before.",
        icon="🔌",
    )
    st.code(connection.why, language=None, wrap_lines=True)
    st.caption(
        "Start one, with candles and strategies, by `candelabra demo`, or name yours in `CANDELABRA_BOOTSTRAP_SERVERS`."
    )
