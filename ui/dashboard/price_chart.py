"""The chart component as a Python function."""

from pathlib import Path
from typing import Final

import streamlit as st
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest

from ui.dashboard.build import BUILT
from ui.dashboard.chart_stream import ChartStream, Message
from ui.dashboard.store import MarketStore, Series

_PACKAGE: Final = Path(__file__).parent
_NAME: Final = "candelabra.price_chart"

NOTICE: Final = "TradingView Lightweight Charts™ © TradingView, Inc., Apache License 2.0, https://www.tradingview.com/"


def price_chart(store: MarketStore, series: Series, strategy: str | None, *, height: int = 520) -> Message:
    """Draw a series, live, with the strategy's signals; gives back the message that the browser was sent.

    To be called in a fragment that runs again and again. Zoom and pan are the reader's and are never touched.
    """
    _register()
    state = st.session_state
    stream: ChartStream = state.setdefault("price_chart_stream", ChartStream())
    message = stream.message(store, series, strategy, anew=state.pop("price_chart_anew", False))
    draw = st.components.v2.component(_NAME, js="price_chart-*.js", css="price_chart-*.css", isolate_styles=False)
    draw(key="price_chart", data=message, height=height, on_snapshot_change=_ask_for_snapshot)
    return message


def _ask_for_snapshot() -> None:
    st.session_state["price_chart_anew"] = True


def _register() -> None:
    """Tell Streamlit where the bundle is.

    Streamlit looks for components in distributions that are named like their package, which Candelabra with its four
    packages is not, so it is told by the same call that its own search ends in. At import time there is no runtime.
    """
    manager = get_bidi_component_manager()
    if manager.get_component_asset_root(_NAME) is None:
        package, _, component = _NAME.partition(".")
        manifest = ComponentManifest(
            package, "0.1.0", [ComponentConfig(component, asset_dir=str(BUILT.relative_to(_PACKAGE)))]
        )
        manager.register_from_manifest(manifest, _PACKAGE)
