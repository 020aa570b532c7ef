"""What one strategy needs of one series, in the series' own terms: which computations, and from which origin on.

A strategy says ``rsi(close,period=14)@1h``. Which hours there were depends on how far back the history went when the
strategy began, so on a series that is ``rsi(close,period=14)@1h#1746057600000``: the hours since that instant. Two
strategies with the same origin share it; two with different origins do not disturb each other. So it is with running
totals such as OBV, which count from their origin on.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from operators.indicators.anchors import ANCHOR_BARS, whole_spans
from operators.indicators.graph import ordered
from operators.indicators.node import Indicator, Output, Reading
from operators.indicators.totals import TOTALS
from operators.market.buckets import misfit

Origins = Mapping[str, int]
"""Where indicators begin that do not forget it, by their keys: for one on another timeframe the open time of its first
candle, in milliseconds; for a running total the series' bar from which it counts."""


@dataclass(frozen=True)
class Held:
    """An indicator on candles of a higher timeframe, from an origin on.

    Attributes:
        placed: as the series knows it.
        native: as the higher timeframe's own candles see it.
        timeframe: the higher timeframe.
        origin: open time of its first candle, in milliseconds.
    """

    placed: Indicator
    native: Indicator
    timeframe: str
    origin: int

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """Every column as the series knows it, with its name among the higher timeframe's own."""
        return tuple(zip(self.placed.columns, self.native.columns, strict=True))


@dataclass(frozen=True)
class Needs:
    """What a strategy needs of a series.

    Attributes:
        computed: what is computed of the series' own candles, and of what is held, sources before readers.
        held: what is computed of candles of higher timeframes.
        columns: the series' name of every column by the strategy's, where any of the two differ; else empty.
        origins: the origins of what has one.
        past_bars: for so many of the series' candles back what is held is read.
    """

    computed: tuple[Indicator, ...]
    held: tuple[Held, ...]
    columns: Mapping[str, str]
    origins: Origins
    past_bars: int


def unable(indicators: Iterable[Indicator], timeframe: str) -> str:
    """Why indicators cannot be computed on a series of this timeframe; empty if they can."""
    for indicator in ordered(indicators):
        if indicator.timeframe is not None:
            reason = misfit(indicator.timeframe, timeframe)
            if reason:
                return f"{indicator.key} cannot be computed here: {reason}"
    return ""


def needs_of(indicators: Iterable[Indicator], timeframe: str, origin_of: Callable[[Indicator], int]) -> Needs:
    """What a strategy with these indicators needs of a series of this timeframe.

    Args:
        indicators: those whose columns its rules read.
        timeframe: the series'; ``unable`` has nothing to say.
        origin_of: the origin of an indicator on a higher timeframe or of a running total.
    """
    placing = _Placing(timeframe, origin_of)
    placed = [placing.place(indicator) for indicator in indicators]
    graph = ordered(placed)
    return Needs(
        computed=tuple(one for one in graph if one.timeframe is None),
        held=tuple(placing.held.values()),
        columns=placing.columns if placing.renames else {},
        origins=placing.origins,
        past_bars=max((one.reach + ANCHOR_BARS for one in placing.readers), default=0),
    )


class _Placing:
    """Renames a graph, node by node, for one series and one strategy's origins."""

    def __init__(self, timeframe: str, origin_of: Callable[[Indicator], int]) -> None:
        self._timeframe = timeframe
        self._origin_of = origin_of
        self._placed: dict[str, Indicator] = {}
        self.held: dict[str, Held] = {}
        self.readers: list[Indicator] = []
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
            origin = self.origins[indicator.key] = self._origin_of(indicator)
            placed = replace(indicator, key=f"{indicator.key}#{origin}")
            self.held[placed.key] = Held(placed, indicator.native, indicator.timeframe, origin)
            return placed
        if indicator.kind in TOTALS:
            bar = self.origins[indicator.key] = self._origin_of(indicator)
            return replace(indicator, key=f"{indicator.key}#{bar}", origin=bar) if bar else indicator
        sources = {source.key: self.place(source) for source in indicator.sources}
        if all(key == source.key for key, source in sources.items()):
            return indicator
        readings: list[Reading] = [
            reading if isinstance(reading, str) else Output(sources[reading.indicator.key], reading.name)
            for reading in indicator.readings
        ]
        reaches = [source.reach for source in sources.values() if source.timeframe is None]
        reader = replace(
            indicator,
            key=f"{indicator.key}#{','.join(_marks(sources.values()))}",
            readings=tuple(readings),
            reach=max((indicator.memory, *(whole_spans(indicator.memory) + reach for reach in reaches))),
        )
        self.readers.append(reader)
        return reader


def _marks(sources: Iterable[Indicator]) -> list[str]:
    """What the series has added to the name of each source, in brackets: no two sets of origins read alike."""
    return [f"({source.key.partition('#')[2]})" for source in sources]
