"""What one strategy needs of one series, in the terms of the symbol's series: which computations, on which timeframe.

What a strategy reads as ``rsi(close,period=14)@1h`` is computed once, on the symbol's one series of 1h, for all that
read it. Running totals such as OBV count from a bar: from the first of their series, or for a strategy that comes late
from near the oldest that is kept. Two strategies with the same origin share one; two with different origins do not
disturb each other.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from operators.indicators.anchors import ANCHOR_BARS, whole_spans
from operators.indicators.graph import ordered
from operators.indicators.node import Indicator, Output, Reading
from operators.indicators.totals import TOTALS
from schemas.timeframe import timeframe_ms

Origins = Mapping[str, int]
"""The bar from which running totals count, by their keys, those on another timeframe with ``@1h`` after it."""

OriginOf = Callable[[Indicator, str], int]
"""The bar from which a running total on the series of a timeframe counts."""


@dataclass(frozen=True)
class Held:
    """An indicator on bars of a higher timeframe.

    Attributes:
        placed: as the series knows it that reads it.
        native: as the higher timeframe's own series sees it.
        timeframe: the higher timeframe.
    """

    placed: Indicator
    native: Indicator
    timeframe: str

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """Every column as the series knows it, with its name among the higher timeframe's own."""
        return tuple(zip(self.placed.columns, self.native.columns, strict=True))


@dataclass(frozen=True)
class Needs:
    """What a strategy needs of a series.

    Attributes:
        computed: what is computed of the series' own bars, and of what is held, sources before readers.
        held: what is read of higher timeframes, by its key on the series.
        behind: for each of ``computed`` that reads something held, directly or not, the keys of that.
        columns: the series' name of every column by the strategy's, where any of the two differ; else empty.
        origins: the origins of what has one.
        past_bars: for so many of the series' bars back what is held is read.
    """

    computed: tuple[Indicator, ...]
    held: Mapping[str, Held]
    behind: Mapping[str, frozenset[str]]
    columns: Mapping[str, str]
    origins: Origins
    past_bars: int


def unable(indicators: Iterable[Indicator], timeframe: str, misfit: Callable[[str], str]) -> str:
    """Why indicators cannot be computed on a series of this timeframe; empty if they can.

    Args:
        indicators: those that a strategy's rules read.
        timeframe: the series'.
        misfit: why a timeframe cannot be made of the symbol's candles; empty if it can.
    """
    for indicator in ordered(indicators):
        if indicator.timeframe is None or indicator.timeframe == timeframe:
            continue
        reason = misfit(indicator.timeframe)
        if not reason and timeframe_ms(indicator.timeframe) < timeframe_ms(timeframe):
            reason = f"{indicator.timeframe} is shorter than the {timeframe} bars of this series"
        if reason:
            return f"{indicator.key} cannot be computed here: {reason}"
    return ""


def timeframes_read(indicators: Iterable[Indicator], timeframe: str) -> set[str]:
    """The other timeframes whose bars indicators read on a series of this one."""
    return {one.timeframe for one in ordered(indicators) if one.timeframe is not None} - {timeframe}


def needs_of(indicators: Iterable[Indicator], timeframe: str, origin_of: OriginOf) -> Needs:
    """What a strategy with these indicators needs of a series of this timeframe.

    Args:
        indicators: those whose columns its rules read.
        timeframe: the series'; ``unable`` has nothing to say.
        origin_of: the bar from which a running total counts.
    """
    placing = _Placing(timeframe, origin_of)
    placed = [placing.place(indicator) for indicator in indicators]
    graph = ordered(placed)
    behind = _behind(graph)
    readers = [one for one in graph if one.timeframe is None and any(source.timeframe for source in one.sources)]
    return Needs(
        computed=tuple(one for one in graph if one.timeframe is None),
        held=placing.held,
        behind={key: held for key, held in behind.items() if held},
        columns=placing.columns if placing.renames else {},
        origins=placing.origins,
        past_bars=max((one.reach + ANCHOR_BARS for one in readers), default=0),
    )


class _Placing:
    """Renames a graph, node by node, for one series and one strategy's origins."""

    def __init__(self, timeframe: str, origin_of: OriginOf) -> None:
        self._timeframe = timeframe
        self._origin_of = origin_of
        self._placed: dict[str, Indicator] = {}
        self._higher: dict[str, _Placing] = {}
        self.held: dict[str, Held] = {}
        self.columns: dict[str, str] = {}
        self.renames = False
        self.origins: dict[str, int] = {}

    def place(self, indicator: Indicator) -> Indicator:
        found = self._placed.get(indicator.key)
        if found is None:
            found = self._placed[indicator.key] = self._new(indicator)
            self.columns.update(zip(indicator.columns, found.columns, strict=True))
            self.renames |= found.key != indicator.key
        return found

    def _new(self, indicator: Indicator) -> Indicator:
        if indicator.timeframe is not None and indicator.native is not None:
            if indicator.timeframe == self._timeframe:
                return self.place(indicator.native)
            return self._hold(indicator, indicator.native, indicator.timeframe)
        if indicator.kind in TOTALS:
            bar = self.origins[indicator.key] = self._origin_of(indicator, self._timeframe)
            return replace(indicator, key=f"{indicator.key}#{bar}", origin=bar) if bar else indicator
        sources = {source.key: self.place(source) for source in indicator.sources}
        if all(key == source.key for key, source in sources.items()):
            return indicator
        readings: list[Reading] = [
            reading if isinstance(reading, str) else Output(sources[reading.indicator.key], reading.name)
            for reading in indicator.readings
        ]
        reaches = [source.reach for source in sources.values() if source.timeframe is None]
        return replace(
            indicator,
            key=f"{indicator.key}#{','.join(_marks(sources.values()))}",
            readings=tuple(readings),
            reach=max((indicator.memory, *(whole_spans(indicator.memory) + reach for reach in reaches))),
        )

    def _hold(self, indicator: Indicator, native: Indicator, timeframe: str) -> Indicator:
        """An indicator on a higher timeframe, whose own graph may have running totals in it."""
        higher = self._higher.get(timeframe)
        if higher is None:
            higher = self._higher[timeframe] = _Placing(timeframe, self._origin_of)
        known = higher.place(native)
        self.origins.update({f"{key}@{timeframe}": bar for key, bar in higher.origins.items()})
        placed = indicator
        if known.key != native.key:
            placed = replace(indicator, key=f"{indicator.key}#{known.key.removeprefix(native.key).removeprefix('#')}")
        self.held[placed.key] = Held(placed, known, timeframe)
        return placed


def _behind(graph: Iterable[Indicator]) -> dict[str, frozenset[str]]:
    """What each node reads of higher timeframes, directly or not; sources come before readers."""
    behind: dict[str, frozenset[str]] = {}
    for one in graph:
        if one.timeframe is None:
            of_sources = [behind.get(source.key, frozenset({source.key})) for source in one.sources]
            behind[one.key] = frozenset().union(*of_sources)
    return behind


def _marks(sources: Iterable[Indicator]) -> list[str]:
    """What the series has added to the name of each source, in brackets: no two sets of origins read alike."""
    return [f"({source.key.partition('#')[2]})" for source in sources]
