"""Candles that can be read in order, wherever they are kept."""

from collections.abc import Iterator
from typing import Protocol

from schemas.candle_row import CandleRow


class CandleReader(Protocol):
    """A finite run of candles with a name to refer to it by."""

    @property
    def name(self) -> str:
        """What dead letters call their origin."""
        ...

    def batches(self) -> Iterator[list[CandleRow]]:
        """The rows in order, unchecked."""
        ...
