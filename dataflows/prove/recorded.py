"""Real candles for the proof, where there are files of them: which, and which stretch of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dataflows.candle_files import CandleFile
from schemas.candle_row import CandleRow
from schemas.record import to_milliseconds


@dataclass(frozen=True)
class Recorded:
    """A stretch of some files. ``quiet`` says that a minute without a trade has no candle there."""

    name: str
    files: Sequence[str]
    since: datetime
    days: float
    quiet: bool = False

    def missing(self, folder: Path) -> list[str]:
        """The files that are not there."""
        return [file for file in self.files if not (folder / file).is_file()]

    def rows(self, folder: Path, share: float = 1.0) -> list[CandleRow]:
        """The candles by open time over all symbols, the first ``share`` of the stretch.

        Raises:
            CandleFileError: a file does not hold candles.
        """
        first = to_milliseconds(self.since)
        last = to_milliseconds(self.since + timedelta(days=self.days * share))
        found = [
            row
            for file in self.files
            for batch in CandleFile(folder / file).batches()
            for row in batch
            if first <= row[2] < last
        ]
        return sorted(found, key=lambda row: row[2])


RECORDED = (
    # Eight symbols without a gap, over the end of a week.
    Recorded("binance", ("m1/binance_usdm_2025-05_shared8_1m.parquet",), datetime(2025, 5, 10, 18, tzinfo=UTC), 1.5),
    # Two quiet markets: where nobody trades there is no candle.
    Recorded(
        "bitfinex",
        ("m1/bitfinex_BTCUSD_1m_2019H1.parquet", "m1/bitfinex_ETHUSD_1m_2019H1.parquet"),
        datetime(2019, 3, 1, 12, tzinfo=UTC),
        4.0,
        quiet=True,
    ),
    # Gaps of every length.
    Recorded("gaps", ("m1/gapstress_bybit_LTCUSDT_1m_2025-06_09.parquet",), datetime(2025, 6, 20, tzinfo=UTC), 30.0),
)
