"""The z-score against the tables that Stock.Indicators has published."""

import csv
import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from operators.indicators.kernels.z_score import Z_SCORE


@pytest.mark.parametrize(("file", "period"), [("bb", 20), ("stdev", 14)])
def test_z_scores_of_stock_indicators(file: str, period: int, shared_data: Path) -> None:
    tables = shared_data / "reference/stock_indicators"
    candles = csv.DictReader(gzip.decompress((tables / "default.csv.gz").read_bytes()).decode().splitlines())
    closes = np.array([float(candle["close"]) for candle in candles])
    table = json.loads(gzip.decompress((tables / f"{file}.standard.json.gz").read_bytes()))
    expected = np.array([line["zScore"] for line in table], dtype=np.float64)  # null becomes NaN
    _, (found,) = Z_SCORE.open_and_fill(closes, period=period)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-10)
