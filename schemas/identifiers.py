"""Names inside a strategy: how an indicator, a model or one of their outputs may be called."""

from typing import Annotated, Final

from pydantic import StringConstraints

IDENTIFIER_PATTERN: Final = r"^[A-Za-z_][A-Za-z0-9_]{0,63}$"
REFERENCE_PATTERN: Final = r"^[A-Za-z_][A-Za-z0-9_]{0,63}(\.[A-Za-z_][A-Za-z0-9_]{0,63})?$"

Identifier = Annotated[str, StringConstraints(pattern=IDENTIFIER_PATTERN)]
"""A name that an expression can use: letters, digits and ``_``, no digit first, at most 64 of them."""

Reference = Annotated[str, StringConstraints(pattern=REFERENCE_PATTERN)]
"""A value by name: an identifier, or ``name.output``."""

CANDLE_FIELDS: Final = ("time", "open", "high", "low", "close", "volume", "hl2", "hlc3", "ohlc4")
"""What a candle gives to read: its own fields, the prices derived from them, and its open time."""

RESERVED: Final = (*CANDLE_FIELDS, "and", "or", "not", "position")
"""Names that mean something already, whatever a strategy declares."""
