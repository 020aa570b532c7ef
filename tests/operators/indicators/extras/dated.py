"""Candles by column, with their open times: generated ones and real ones."""

from functools import cache
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq

from operators.indicators.kernels.kernel import Floats

COLUMNS = ("open", "high", "low", "close", "volume")

REAL = (
    ("m1/binance_usdm_2025-05_shared8_1m.parquet", "BTCUSDT"),
    ("m1/binance_usdm_2025-05_shared8_1m.parquet", "XRPUSDT"),
    ("m1/bitfinex_ETHUSD_1m_2019H1.parquet", "ETHUSD"),
    ("m5/binance_spot_LTCUSDT_5m_2020-12_2021-07.parquet", "LTCUSDT"),
)

Dated = dict[str, Floats]
"""Columns by name, ``time`` (milliseconds, UTC, of the open) among them."""


def range_of(candles: Dated) -> tuple[Floats, Floats, Floats]:
    """High, low and close."""
    return candles["high"], candles["low"], candles["close"]


def with_a_flat_hour(candles: Floats) -> Dated:
    """Generated candles as minutes from 2025-03-01 on, with an hour that does not move and a minute without trades."""
    changed = candles.copy()
    changed[:4, 1_000:1_060] = changed[3, 999]
    changed[4, 1_500] = 0.0
    minutes = 1_740_787_200_000.0 + 60_000.0 * np.arange(changed.shape[1])
    return {**dict(zip(COLUMNS, changed, strict=True)), "time": minutes}


@cache
def real_candles(shared_data: Path, file: str, symbol: str) -> Dated:
    """The first six thousand candles of a real series."""
    table = pq.read_table(shared_data / file, filters=pc.field("symbol") == symbol).slice(0, 6_000)
    candles = {name: table[name].to_numpy().astype(np.float64) for name in COLUMNS}
    times = table["open_time"].to_numpy().astype("datetime64[ms]").astype(np.int64)
    return {**candles, "time": times.astype(np.float64)}
