"""Real candles that an installed package ships: daily bars of five US stocks, 2000 to 2013.

Source: ``bokeh-sampledata`` (extra ``demo``), which declares these prices public domain (Quandl WIKI). They are not
adjusted for splits. Nothing of them is part of this project.
"""

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from dataflows.errors import DemoDataMissing
from schemas.candle_row import CandleRow
from schemas.record import to_milliseconds

SYMBOLS = ("AAPL", "FB", "GOOG", "IBM", "MSFT")
TIMEFRAME = "1d"
GAP_TOLERANCE_BARS = 4
"""A weekend with a holiday on each side; markets that close for longer are worth an alert (as in September 2001)."""


@dataclass(frozen=True)
class DemoCandles:
    """The candles as a source for ``feed``: in the order in which they closed."""

    @property
    def name(self) -> str:
        """What it is."""
        return "demo"

    def count(self) -> int:
        """How many there are."""
        return sum(len(batch) for batch in self.batches())

    def batches(self) -> Iterator[list[CandleRow]]:
        """One batch of everything; DemoDataMissing where the package is not installed."""
        try:
            stocks = importlib.import_module("bokeh_sampledata.stocks")
        except ImportError as error:
            raise DemoDataMissing(
                "the demo's candles come from the package bokeh-sampledata, which is not installed: "
                "install the extra `demo` (`make demo` does)"
            ) from error
        rows = []
        for symbol in SYMBOLS:
            table = getattr(stocks, symbol)
            columns = zip(*(table[name] for name in ("date", "open", "high", "low", "close", "volume")), strict=True)
            for date, open_, high, low, close, volume in columns:
                opened = to_milliseconds(datetime.fromisoformat(date).replace(tzinfo=UTC))
                prices = float(open_), float(high), float(low), float(close)
                rows.append((symbol, TIMEFRAME, opened, *prices, float(volume), True))
        rows.sort(key=lambda row: (row[2], row[0]))
        yield rows
