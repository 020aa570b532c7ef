"""The one feed of this process, which all sessions share."""

import streamlit as st

from dataflows.settings import load
from ui.dashboard.feed import Feed, kafka_feed


@st.cache_resource(show_spinner=False)
def shared_feed() -> Feed:
    """The feed of the installation that the settings name. A rerun or a new session finds the one that is open.

    Raises:
        SettingsError: the settings cannot be used.
    """
    return kafka_feed(load())
