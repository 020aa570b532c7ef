"""The series against numbers that others have published."""

import csv
import gzip
import json
from pathlib import Path
from typing import NamedTuple

import pytest

from operators.indicators.history import BASE_COLUMNS, Row
from operators.indicators.identity import resolve
from operators.indicators.series import IndicatorSeries


class Printed(NamedTuple):
    """A number from TA-Lib's regression tests on its 252 daily bars, cut or rounded to the places that it has."""

    kind: str
    parameters: dict[str, object]
    output: str
    bar: int
    number: str


class Table(NamedTuple):
    """A column of one of Stock.Indicators' tables.

    ``passed_over`` of its first values are not compared: TA-Lib gives %K from the first %D on, and MACD and ADX begin
    otherwise there and agree once that is forgotten.
    """

    file: str
    field: str
    kind: str
    parameters: dict[str, object]
    output: str
    passed_over: int


TALIB = [
    Printed("rsi", {"period": 14}, "rsi", 14, "49.14"),
    Printed("rsi", {"period": 14}, "rsi", 15, "52.32"),
    Printed("rsi", {"period": 14}, "rsi", 16, "46.07"),
    Printed("rsi", {"period": 14}, "rsi", 251, "49.63"),
    Printed("sma", {"period": 30}, "sma", 29, "90.42"),
    Printed("sma", {"period": 30}, "sma", 251, "108.42"),
    Printed("ema", {"period": 10}, "ema", 9, "93.22"),
    Printed("ema", {"period": 10}, "ema", 10, "93.75"),
    Printed("ema", {"period": 10}, "ema", 251, "108.97"),
    Printed("macd", {}, "macd", 33, "-1.9738"),
    Printed("macd", {}, "signal", 33, "-2.7071"),
    Printed("bbands", {}, "upper", 19, "98.0734"),
    Printed("bbands", {}, "middle", 19, "92.8910"),
    Printed("bbands", {}, "lower", 19, "87.7086"),
    Printed("atr", {}, "atr", 14, "3.578"),
]

STOCK_INDICATORS = [
    Table("sma", "sma", "sma", {"period": 20}, "sma", 0),
    Table("ema", "ema", "ema", {"period": 20}, "ema", 0),
    Table("wma", "wma", "wma", {"period": 14}, "wma", 0),
    Table("rsi", "rsi", "rsi", {"period": 14}, "rsi", 0),
    Table("bb", "upperBand", "bbands", {"period": 20, "stdDev": 2}, "upper", 0),
    Table("bb", "sma", "bbands", {"period": 20, "stdDev": 2}, "middle", 0),
    Table("bb", "lowerBand", "bbands", {"period": 20, "stdDev": 2}, "lower", 0),
    Table("atr", "atr", "atr", {"period": 14}, "atr", 0),
    Table("stdev", "stdDev", "stddev", {"period": 14}, "stddev", 0),
    Table("stoch", "k", "stoch", {"k": 14, "smooth_k": 3, "d": 3}, "k", 2),
    Table("stoch", "d", "stoch", {"k": 14, "smooth_k": 3, "d": 3}, "d", 0),
    Table("macd", "macd", "macd", {}, "macd", 400),
    Table("macd", "signal", "macd", {}, "signal", 400),
    Table("adx", "adx", "adx", {"period": 14}, "adx", 400),
]


def column(rows: list[Row], kind: str, parameters: dict[str, object], output: str) -> list[float]:
    indicator = resolve(kind, parameters, where=kind)
    series = IndicatorSeries(1)
    series.want([indicator])
    return series.extend(rows)[indicator.column(output)][1:]


def rows_of(text: str) -> list[Row]:
    return [
        (float(o), float(h), float(low), float(c), float(v))
        for o, h, low, c, v in ([line[name] for name in BASE_COLUMNS] for line in csv.DictReader(text.splitlines()))
    ]


@pytest.mark.parametrize("printed", TALIB, ids=lambda one: f"{one.kind}-{one.output}-{one.bar}")
def test_talibs_own_regression_numbers(printed: Printed, shared_data: Path) -> None:
    rows = rows_of((shared_data / "reference/talib/ref252.csv").read_text())
    assert len(rows) == 252
    found = column(rows, printed.kind, printed.parameters, printed.output)[printed.bar]
    places = len(printed.number.partition(".")[2])
    assert found == pytest.approx(float(printed.number), abs=10**-places)


@pytest.mark.parametrize("published", STOCK_INDICATORS, ids=lambda one: f"{one.kind}-{one.output}")
def test_the_tables_of_stock_indicators(published: Table, shared_data: Path) -> None:
    tables = shared_data / "reference/stock_indicators"
    rows = rows_of(gzip.decompress((tables / "default.csv.gz").read_bytes()).decode())
    table = json.loads(gzip.decompress((tables / f"{published.file}.standard.json.gz").read_bytes()))
    expected = [line[published.field] for line in table]
    found = column(rows, published.kind, published.parameters, published.output)
    assert len(found) == len(expected) == 502
    pairs = [(ours, theirs) for ours, theirs in zip(found, expected, strict=True) if theirs is not None]
    compared = pairs[published.passed_over :]
    assert len(compared) >= 50
    for ours, theirs in compared:
        assert ours == pytest.approx(theirs, rel=1e-10, abs=1e-10)
