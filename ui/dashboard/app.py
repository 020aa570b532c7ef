"""The dashboard's front door: ``streamlit run`` executes this file for every session and every rerun of a page."""

import streamlit as st

from ui.dashboard.price_chart import NOTICE
from ui.dashboard.views import live, performance


def main() -> None:
    """Choose the page and draw it."""
    st.set_page_config(page_title="Candelabra", page_icon="🕯️", layout="wide")
    pages = [
        st.Page(live.page, title="Live", icon="📈", url_path="live", default=True),
        st.Page(performance.page, title="Performance", icon="🏆", url_path="performance"),
    ]
    page = st.navigation(pages, position="top")
    page.run()
    st.caption(f"Chart: {NOTICE}")


if __name__ == "__main__":  # Streamlit runs it as the main module; whoever imports it to look must not start a feed
    main()
