"""What the conformance suite computes: every function of TA-Lib, with several parameters and prices."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import talib

from operators.indicators.catalog import CATALOG
from operators.indicators.definition import PRICE_SOURCES, IndicatorDefinition, Number
from operators.indicators.history import BASE_COLUMNS, Row
from operators.indicators.identity import Indicator, resolve
from operators.indicators.series import IndicatorSeries
from operators.indicators.talib_memory import MA_TYPES

Floats = npt.NDArray[np.float64]

TALIB: Mapping[str, IndicatorDefinition] = {
    name: definition for name, definition in CATALOG.items() if definition.kernel is None
}
PATTERNS = [name for name, definition in TALIB.items() if definition.group == "Pattern Recognition"]

_TWO_SERIES = (("close", "volume"), ("high", "low"), ("hl2", "ohlc4"))
_LONG = 4  # times the default
_BATCHES = (1, 7, 1, 90, 500, 3)


@dataclass(frozen=True)
class Case:
    """One indicator, and what TA-Lib has to say to it."""

    indicator: Indicator

    @property
    def kind(self) -> str:
        return self.indicator.kind

    def batch(self, prices: Mapping[str, Floats]) -> dict[str, Floats]:
        """TA-Lib's batch function over all bars, by column; NaN before its first value."""
        definition = self.indicator.definition
        names = {parameter.name: parameter.talib for parameter in definition.parameters}
        arguments = {names[name]: value for name, value in self.indicator.parameters}
        windows = [prices[name] for name in self.indicator.inputs]
        result = getattr(talib, definition.talib)(*windows, **arguments)
        found = {}
        for output, values in zip(definition.produced, result if isinstance(result, tuple) else (result,), strict=True):
            whole = np.issubdtype(values.dtype, np.integer)
            column = values.astype(np.float64)
            if whole:
                column[: self.indicator.lookback] = np.nan
            found[self.indicator.column(output)] = column
        return found


def _parameters(definition: IndicatorDefinition) -> Iterator[Mapping[str, object]]:
    """The defaults, the least and long periods, and every kind of mean where it can be chosen."""
    yield {}
    lengths = [one for one in definition.parameters if one.kind is int and not one.choices]
    if lengths:
        least: dict[str, Number] = {one.name: one.minimum for one in lengths}
        for lesser, greater in (("fast_period", "slow_period"), ("min_period", "max_period")):
            if least.keys() >= {lesser, greater}:
                least[greater] = least[lesser] + 1
        yield dict(least)
        yield {one.name: one.default * _LONG + 1 for one in lengths}
    means = [one.name for one in definition.parameters if one.choices]
    if means:
        yield from (dict.fromkeys(means, name) for name in MA_TYPES)
    others: dict[str, object] = {
        one.name: one.minimum + (one.default - one.minimum) / 2 if one.maximum <= 1 else one.default * 1.5
        for one in definition.parameters
        if one.kind is float
    }
    if others:
        yield others


def _sources(definition: IndicatorDefinition) -> Iterator[tuple[str, ...]]:
    match definition.chosen:
        case ():
            yield ()
        case (_,):
            yield from ((price,) for price in PRICE_SOURCES)
        case _:
            yield from _TWO_SERIES


def cases_of(definition: IndicatorDefinition) -> Iterator[Case]:
    """Every price with the usual parameters, and the other parameters with the usual price."""
    first = () if all(definition.chosen) else next(_sources(definition))
    asked: list[tuple[Mapping[str, object], tuple[str, ...]]] = [({}, sources) for sources in _sources(definition)]
    asked += [(parameters, first) for parameters in _parameters(definition) if parameters]
    for parameters, sources in asked:
        yield Case(resolve(definition.name, parameters, where=definition.name, sources=sources))


CASES: Mapping[str, tuple[Case, ...]] = {name: tuple(cases_of(definition)) for name, definition in TALIB.items()}
EVERY_INDICATOR = [case.indicator for cases in CASES.values() for case in cases]


def prices_of(candles: Floats) -> dict[str, Floats]:
    """What an indicator can read, derived prices by TA-Lib's own functions."""
    prices: dict[str, Floats] = dict(zip(BASE_COLUMNS, np.ascontiguousarray(candles), strict=True))
    prices["hl2"] = talib.MEDPRICE(prices["high"], prices["low"])
    prices["hlc3"] = talib.TYPPRICE(prices["high"], prices["low"], prices["close"])
    prices["ohlc4"] = talib.AVGPRICE(prices["open"], prices["high"], prices["low"], prices["close"])
    return prices


def rows_of(candles: Floats) -> list[Row]:
    return list(zip(*candles.tolist(), strict=True))


def in_batches(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """The rows in batches of uneven sizes."""
    done = 0
    while done < len(rows):
        for size in _BATCHES:
            if done < len(rows):
                yield rows[done : done + size]
                done += size


def streamed(series: IndicatorSeries, batches: Iterable[Sequence[Row]]) -> dict[str, Floats]:
    """What a series gives for the rows, by column."""
    parts: dict[str, list[Floats]] = {}
    for batch in batches:
        for name, values in series.extend(batch).items():
            parts.setdefault(name, []).append(np.array(values[1:]))
    return {name: np.concatenate(values) for name, values in parts.items()}
