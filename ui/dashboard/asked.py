"""What the address of a page asks for, kept while the feed has not told of it yet."""

from collections.abc import Sequence

import streamlit as st


def with_asked(key: str, options: Sequence[str]) -> list[str]:
    """The options of a box that is bound to the address, and what the address asks for even where it is none of them.

    On a first visit the feed has only begun to read. Streamlit drops from the address what is no option, so that the
    symbol and the strategy of a link would be forgotten before the page hears of them.
    """
    asked = st.query_params.get(key)
    return [*options, asked] if asked and asked not in options else list(options)
