"""Strategies to check, whole and with a fault planted in what they read: the fault runs where the real one would."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import reduce
from operator import add
from typing import Any

import numpy as np
import numpy.typing as npt

from dataflows.bench.workload import GeneratedCandles
from dataflows.check.series import Series
from operators.indicators.identity import Indicator, Output
from operators.indicators.kernels.kernel import Handle
from operators.strategy.compile import CompiledStrategy, compile_strategy
from schemas.candle_row import CandleRow
from schemas.strategy import StrategyConfig
from schemas.strategy_file import parse_strategy

Floats = npt.NDArray[np.float64]

SIX = 6


def config(entry: str, leave: str = "close < open", **more: object) -> StrategyConfig:
    """A long-only strategy of two rules."""
    document: dict[str, Any] = {
        "id": "tried",
        "rules": {"entry": {"condition": entry}, "exit": {"condition": leave}},
        **more,
    }
    return parse_strategy(document, origin="test")


def strategy(entry: str, leave: str = "close < open", **more: object) -> CompiledStrategy:
    return compile_strategy(config(entry, leave, **more))


def walk(bars: int, symbols: int = 1) -> list[CandleRow]:
    """A seeded random walk of one-minute candles."""
    return [row for batch in GeneratedCandles(symbols, bars).batches() for row in batch]


def series(rows: Sequence[CandleRow], timeframe: str | None = None) -> Series:
    """All candles of one symbol; on their own timeframe, or on one that is made of them."""
    return Series(rows[0][0], timeframe or rows[0][1], rows[0][1], list(rows))


def with_fault(whole: CompiledStrategy, kind: str, **changes: object) -> CompiledStrategy:
    """The same strategy in which every indicator of a kind, wherever it is read, is another."""

    def changed(indicator: Indicator) -> Indicator:
        readings = tuple(
            reading if isinstance(reading, str) else Output(changed(reading.indicator), reading.name)
            for reading in indicator.readings
        )
        found = replace(indicator, readings=readings, native=indicator.native and changed(indicator.native))
        if indicator.kind != kind:
            return found
        mine: dict[str, Any] = dict(changes)
        kernel = mine.pop("kernel", None)
        if kernel is not None:
            mine["definition"] = replace(indicator.definition, kernel=kernel)
        return replace(found, **mine)

    return replace(whole, indicators=tuple(map(changed, whole.indicators)))


class _Trailing:
    """The mean of the last values, six of them at most."""

    def __init__(self, values: Floats) -> None:
        self._last = values[-SIX:].tolist()

    def update(self, *values: float) -> float:
        self._last = [*self._last, values[0]][-SIX:]
        return float(np.mean(self._last))


class CentredMean:
    """A fault: over an array it takes the mean of three bars before, the bar, and two bars after."""

    def lookback(self, parameters: Mapping[str, float]) -> int:
        del parameters
        return SIX - 1

    def open_and_fill(self, *windows: Floats, **parameters: float) -> tuple[Handle, tuple[Floats, ...]]:
        del parameters
        (window,) = windows
        mean = np.array([window[max(0, bar - 3) : bar + 3].mean() for bar in range(len(window))])
        mean[: SIX - 1] = np.nan
        return _Trailing(window), (mean,)


class _OfTheGreatest:
    def __init__(self, greatest: float) -> None:
        self._greatest = greatest

    def update(self, *values: float) -> float:
        self._greatest = max(self._greatest, values[0])
        return values[0] / self._greatest


class ShareOfGreatest:
    """A fault: over an array it divides by the greatest value of the whole array, later ones among them."""

    def lookback(self, parameters: Mapping[str, float]) -> int:
        del parameters
        return 1

    def open_and_fill(self, *windows: Floats, **parameters: float) -> tuple[Handle, tuple[Floats, ...]]:
        del parameters
        (window,) = windows
        share = window / window.max()
        share[:1] = np.nan
        return _OfTheGreatest(float(window.max())), (share,)


class _Sum:
    def __init__(self, values: Floats) -> None:
        self._last = values[-SIX:].tolist()

    def update(self, *values: float) -> float:
        self._last = [*self._last, values[0]][-SIX:]
        return float(reduce(add, reversed(self._last)) / SIX)


class OtherOrder:
    """A fault: a mean that is added up from left to right over an array, and from right to left value by value."""

    def lookback(self, parameters: Mapping[str, float]) -> int:
        del parameters
        return SIX - 1

    def open_and_fill(self, *windows: Floats, **parameters: float) -> tuple[Handle, tuple[Floats, ...]]:
        del parameters
        (window,) = windows
        mean = np.array(
            [reduce(add, window[max(0, bar - SIX + 1) : bar + 1].tolist()) / SIX for bar in range(len(window))]
        )
        mean[: SIX - 1] = np.nan
        return _Sum(window), (mean,)


class _NegativeZero:
    def update(self, *_values: float) -> float:
        return -0.0


class Unsigned:
    """A fault: over an array it gives zeros, value by value zeros below zero, which are equal and written otherwise."""

    def lookback(self, parameters: Mapping[str, float]) -> int:
        del parameters
        return SIX - 1

    def open_and_fill(self, *windows: Floats, **parameters: float) -> tuple[Handle, tuple[Floats, ...]]:
        del parameters
        zeros = np.zeros(len(windows[0]))
        zeros[: SIX - 1] = np.nan
        return _NegativeZero(), (zeros,)


class _Whole:
    def update(self, *values: float) -> float:
        return int(values[0])


class Unfloated:
    """A fault: over an array it rounds down to floats, value by value to whole numbers."""

    def lookback(self, parameters: Mapping[str, float]) -> int:
        del parameters
        return SIX - 1

    def open_and_fill(self, *windows: Floats, **parameters: float) -> tuple[Handle, tuple[Floats, ...]]:
        del parameters
        whole = np.floor(windows[0])
        whole[: SIX - 1] = np.nan
        return _Whole(), (whole,)
