"""Derived bars against the exchanges' own candles, and against whole-array sums, on every real minute there is."""

from collections import defaultdict
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from operators.indicators.history import Row
from operators.market.bars import Bar, row_of
from operators.market.folds import Folds
from operators.market.grid import UtcGrid
from schemas.timeframe import timeframe_ms

LADDER = ("5m", "15m", "30m", "1h", "4h", "1d", "1w")
MINUTE = 60_000
MONDAY = 4 * 86_400_000
BATCH = 1_000

Floats = npt.NDArray[np.float64]
Series = tuple[Floats, npt.NDArray[np.int64]]

NATIVE = {
    "binance_spot_BTCUSDT_native_5m15m_2025-05_08": ("binance_spot_BTCUSDT_1m_2025-05_08", 26_140 + 8_712),
    "binance_usdm_2025-05_shared8_native_htf": ("binance_usdm_2025-05_shared8_1m", 2_005),
    "bybit_2025-06_native_htf": ("bybit_2025-06_1m", 3 * (8_639 + 2_879 + 1_439 + 719 + 179)),
}
"""A file of an exchange's own candles: that of its minutes, and how many of the candles lie whole within those."""

MINUTES = [
    "binance_spot_BTCUSDT_1m_2025-05_08",
    "binance_usdm_2025-05_shared8_1m",
    "bitfinex_BTCUSD_1m_2019H1",
    "bitfinex_ETHUSD_1m_2019H1",
    "bybit_2025-06_1m",
    "gapstress_bybit_LTCUSDT_1m_2025-06_09",
]


def read(path: Path) -> dict[tuple[str, str], Series]:
    """Prices and volume (n x 5) and open times of every symbol and timeframe in a file."""
    table = pq.read_table(path).sort_by(
        [("symbol", "ascending"), ("timeframe", "ascending"), ("open_time", "ascending")]
    )
    found = {}
    for series in table.group_by(["symbol", "timeframe"]).aggregate([]).to_pylist():
        own = table.filter(
            pc.and_(pc.equal(table["symbol"], series["symbol"]), pc.equal(table["timeframe"], series["timeframe"]))
        )
        columns = [own[name].to_numpy() for name in ("open", "high", "low", "close", "volume")]
        times = own["open_time"].cast(pa.int64()).to_numpy()
        found[series["symbol"], series["timeframe"]] = np.column_stack(columns).astype(np.float64), times
    return found


def derived(series: Series) -> dict[str, list[Bar]]:
    rows: list[Row] = [(open_, high, low, close, volume) for open_, high, low, close, volume in series[0].tolist()]
    times: list[int] = series[1].tolist()
    folds = Folds("1m", UtcGrid(), LADDER)
    closed: defaultdict[str, list[Bar]] = defaultdict(list)
    for start in range(0, len(rows), BATCH):
        for timeframe, bars in folds.extend(rows[start : start + BATCH], times[start : start + BATCH]).items():
            closed[timeframe] += bars
    return closed


@pytest.mark.parametrize("name", NATIVE)
def test_derived_bars_are_the_candles_of_the_exchange(name: str, shared_data: Path) -> None:
    base, count = NATIVE[name]
    minutes = read(shared_data / "m1" / f"{base}.parquet")
    compared = 0
    for (symbol, timeframe), (candles, times) in read(shared_data / "htf" / f"{name}.parquet").items():
        series = minutes[symbol, "1m"]
        first, last = series[1][0], series[1][-1] + MINUTE
        own = {bar.open_time: bar for bar in derived(series)[timeframe] if bar.complete}
        # The last candle of a file may have been taken while it was forming.
        covered = [
            (time, candle)
            for time, candle in zip(times.tolist()[:-1], candles.tolist(), strict=False)
            if first <= time and time + timeframe_ms(timeframe) <= last
        ]
        assert [time for time, _ in covered] == [time for time in own if time < times[-1]]
        assert [list(row_of(own[time], "ohlc")[:4]) for time, _ in covered] == [candle[:4] for _, candle in covered]
        compared += len(covered)
    assert compared == count


@pytest.mark.parametrize("name", MINUTES)
def test_derived_bars_are_sums_over_whole_arrays(name: str, shared_data: Path) -> None:
    for series in read(shared_data / "m1" / f"{name}.parquet").values():
        closed = derived(series)
        assert len(closed["1d"]) >= 28
        for timeframe in LADDER:
            _check_against_arrays(series, timeframe, closed[timeframe])


def _check_against_arrays(series: Series, timeframe: str, bars: list[Bar]) -> None:
    rows, times = series
    length = timeframe_ms(timeframe)
    offset = MONDAY if timeframe == "1w" else 0
    starts = (times - offset) // length * length + offset
    closed = starts + length <= times[-1] + MINUTE
    rows, starts = rows[closed], starts[closed]
    opens, first = np.unique(starts, return_index=True)
    candles = np.diff(np.append(first, len(rows)))
    typical = rows[:, 1:4].sum(axis=1) / 3.0
    volume = np.add.reduceat(rows[:, 4], first)
    mean = np.add.reduceat(typical, first) / candles
    worth = np.add.reduceat(typical * rows[:, 4], first)
    vwap = np.where(volume > 0.0, worth / np.where(volume > 0.0, volume, 1.0), mean)
    high, low = np.maximum.reduceat(rows[:, 1], first), np.minimum.reduceat(rows[:, 2], first)
    last = rows[np.append(first[1:], len(rows)) - 1, 3]

    assert [bar.open_time for bar in bars] == opens.tolist()
    assert [bar.candles for bar in bars] == candles.tolist()
    assert [bar.complete for bar in bars] == (candles == length // MINUTE).tolist()
    exact = np.array([row_of(bar, "ohlc")[:4] for bar in bars])
    np.testing.assert_array_equal(exact, np.column_stack([rows[first, 0], high, low, last]))
    np.testing.assert_allclose([bar.volume for bar in bars], volume, rtol=1e-12)
    np.testing.assert_allclose([row_of(bar, "vwap")[3] for bar in bars], vwap, rtol=1e-12)
    np.testing.assert_allclose([row_of(bar, "typical")[3] for bar in bars], (high + low + last) / 3.0, rtol=1e-12)
