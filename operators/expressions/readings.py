"""What a column of a tree is read from: a column of the frame as it is, or an indicator made for it."""

from typing import Final, TypeAlias

from operators.expressions.limits import MAX_BACK
from operators.expressions.nodes import Column
from operators.indicators.identity import resolve
from operators.indicators.node import Output, Reading, column_of
from operators.indicators.pointwise import priced
from operators.indicators.timeframed import on_timeframe, price_on

Operand: TypeAlias = tuple[str, int]
"""A column id and how many bars back it is read (0 or 1)."""

POSITION: Final = "position."
MODEL: Final = "model:"
_DERIVED: Final = ("hl2", "hlc3", "ohlc4")


def settled(column: Column, extra: int, *, most: int) -> tuple[Reading, int]:
    """What to read, and how many bars back, for a column ``extra`` bars before where it stands.

    What is further back than ``most`` becomes a computation of its own, read at this bar. Raises `ValueError` where it
    cannot.
    """
    bars = column.back + extra
    if bars > most:
        if not is_computed(column.reading):
            raise ValueError(
                f"{column.name} is read {bars} bars back, and known {bars_known(column.reading)} back only"
            )
        return lagged(column.reading, bars), 0
    return (priced(column.reading) if column.reading in _DERIVED and most else column.reading), bars


def lagged(reading: Reading, bars: int) -> Output:
    """A reading as it was so many bars before, as a computation."""
    return first_output("lag", {"bars": bars}, reading)


def moved(reading: Reading, timeframe: str) -> Output:
    """A reading on the candles of another timeframe. Raises `IndicatorError` where there is no such thing."""
    return price_on(reading, timeframe) if isinstance(reading, str) else on_timeframe(reading, timeframe)


def first_output(kind: str, parameters: dict[str, object], *sources: Reading) -> Output:
    """The first output of an indicator of this kind over these readings. Raises `IndicatorError`."""
    indicator = resolve(kind, parameters, where=kind, sources=sources)
    return Output(indicator, indicator.outputs[0])


def bars_known(reading: Reading) -> int:
    """How many bars back it can be read: a position not at all, a model's output one bar, all else within bounds."""
    if is_computed(reading):
        return MAX_BACK
    return 1 if isinstance(reading, str) and reading.startswith(MODEL) else 0


def is_computed(reading: Reading) -> bool:
    """Whether indicators can be computed of it: of a position and of a model's output they cannot."""
    return not (isinstance(reading, str) and reading.startswith((POSITION, MODEL)))


def operand_of(reading: Reading, bars: int) -> Operand:
    """The column id and how many bars back."""
    return column_of(reading), bars
