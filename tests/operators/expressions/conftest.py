"""Expressions over candles: what the market step and the strategy step do, in one function."""

import math
import random
from collections.abc import Callable

import numpy as np
import pytest

from operators.expressions.compiled import CompiledExpression, CompiledNumber
from operators.indicators.history import Row
from operators.indicators.series import IndicatorSeries

Run = Callable[[CompiledExpression | CompiledNumber, list[Row], list[int]], list[float | bool | None]]
MINUTE_MS = 60_000


@pytest.fixture(scope="session")
def rows() -> list[Row]:
    """Six hundred candles of a random walk; now and then one without a range, and one without volume."""
    source = random.Random(7)
    close, candles = 100.0, []
    for bar in range(600):
        opened, close = close, close * math.exp(source.gauss(0, 0.01))
        high = max(opened, close) * (1 + abs(source.gauss(0, 0.002)))
        low = min(opened, close) * (1 - abs(source.gauss(0, 0.002)))
        if bar % 97 == 50:
            opened = high = low = close
        candles.append((opened, high, low, close, 0.0 if bar % 61 == 30 else source.uniform(1, 50)))
    return candles


@pytest.fixture(scope="session")
def times() -> list[int]:
    """Their open times: five minutes apart from Friday, 2025-03-07 22:00 UTC, over a change of clocks in New York."""
    first = 1_741_384_800_000
    return [first + 5 * MINUTE_MS * bar for bar in range(600)]


@pytest.fixture(scope="session")
def run() -> Run:
    """The verdict or value of an expression at each candle; as arrays it must say the same."""

    def ran(
        expression: CompiledExpression | CompiledNumber, rows: list[Row], times: list[int]
    ) -> list[float | bool | None]:
        series = IndicatorSeries(history_bars=100)
        series.want(expression.indicators)
        columns: dict[str, list[float]] = {}
        for start, stop in ((0, 1), (1, 300), (300, 301), (301, len(rows))):
            for name, values in series.extend(rows[start:stop], times[start:stop]).items():
                columns.setdefault(name, values[:1]).extend(values[1:])
        read = [columns[column][1:] if back == 0 else columns[column][:-1] for column, back in expression.inputs]
        said = [expression.evaluate(*values) for values in zip(*read, strict=True)]
        found, ready = expression.whole(*map(np.array, read))
        assert ready.tolist() == [one is not None for one in said]
        assert found[ready].tolist() == [one for one in said if one is not None]
        return said

    return ran
