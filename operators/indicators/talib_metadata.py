"""What TA-Lib says of its functions: inputs, parameters with their bounds, outputs.

It tells bounds to C programs only. Here they are asked for: TA-Lib gives -1 as the lookback of parameters that it
refuses. The bounds that are usual are tried first, then the range is halved until the bound is found, so that no
version of TA-Lib can disagree with what is said here. All functions together take about 20 ms.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import talib
from talib import _ta_lib, abstract

from operators.indicators.halving import Number, last_accepted

FUNCTIONS: tuple[str, ...] = tuple(talib.get_functions())  # type: ignore[no-untyped-call]  # TA-Lib types it not
"""The names of all of TA-Lib's functions, group by group."""

_LARGEST_INTEGER = 2**31 - 1  # optional parameters are C integers
_REAL, _MA_TYPE = 0, 3  # TA-Lib's codes for what a parameter takes
_USUAL_LEAST: Sequence[Number] = (2, 1, 0, 0.01, -3e37)
_USUAL_MOST: Sequence[Number] = (100_000, 30, 13, 3e37, 1.0, 100.0, 0.99)


@dataclass(frozen=True)
class TalibParameter:
    """A parameter of one of TA-Lib's functions. ``ma_type`` says whether it chooses a kind of moving average."""

    name: str
    title: str
    doc: str
    kind: type[int] | type[float]
    default: Number
    minimum: Number
    maximum: Number
    ma_type: bool


@dataclass(frozen=True)
class TalibFunction:
    """One of TA-Lib's functions.

    Attributes:
        name: TA-Lib's name for it, upper case.
        title: the name that the trade uses.
        group: TA-Lib's group.
        chosen: for each series that the caller chooses, the price that is usual; empty if none is.
        inputs: the columns of the candle that it reads, after the chosen ones.
        parameters: in TA-Lib's order.
        outputs: TA-Lib's names for them.
    """

    name: str
    title: str
    group: str
    chosen: tuple[str, ...]
    inputs: tuple[str, ...]
    parameters: tuple[TalibParameter, ...]
    outputs: tuple[str, ...]


@cache
def talib_function(name: str) -> TalibFunction:
    """What TA-Lib says of a function.

    >>> [(one.name, one.default, one.minimum, one.maximum) for one in talib_function("RSI").parameters]
    [('timeperiod', 14, 2, 100000)]
    """
    info = abstract.Function(name).info  # type: ignore[attr-defined]  # left out of TA-Lib's stub
    given = info["input_names"].items()
    return TalibFunction(
        name=name,
        title=info["display_name"],
        group=info["group"],
        chosen=tuple("" if kind == "periods" else reads for kind, reads in given if isinstance(reads, str)),
        inputs=tuple(column for _, reads in given if not isinstance(reads, str) for column in reads),
        parameters=tuple(_parameter(name, place, info["parameters"]) for place in range(len(info["parameters"]))),
        outputs=tuple(info["output_names"]),
    )


def _parameter(function: str, place: int, defaults: dict[str, Number]) -> TalibParameter:
    ask_about = _ta_lib._ta_getOptInputParameterInfo  # type: ignore[attr-defined]  # noqa: SLF001  # not public
    told = ask_about(function.encode(), place)
    kind = float if told["type"] == _REAL else int
    ask = abstract.Function(function)  # type: ignore[attr-defined]  # as above
    # the bounds of MAVP's two periods are each other; nothing else in TA-Lib depends on another parameter
    widest = {other: 100_000 if other == "maxperiod" else value for other, value in defaults.items()}

    def accepts(value: Number) -> bool:
        ask.parameters = {**widest, told["name"]: value}
        return int(ask.lookback) >= 0

    default = kind(told["default_value"])
    return TalibParameter(
        name=told["name"],
        title=told["display_name"],
        doc=told["help"],
        kind=kind,
        default=default,
        minimum=_bound(accepts, default, _USUAL_LEAST, upwards=False),
        maximum=_bound(accepts, default, _USUAL_MOST, upwards=True),
        ma_type=told["type"] == _MA_TYPE,
    )


def _bound(accepts: Callable[[Number], bool], default: Number, usual: Sequence[Number], *, upwards: bool) -> Number:
    """The last number from the default on that is accepted."""
    toward = math.inf if upwards else -math.inf
    for guess in usual:
        if isinstance(default, int) and isinstance(guess, int):
            beyond: Number = guess + 1 if upwards else guess - 1
        elif isinstance(default, float):
            guess, beyond = float(guess), math.nextafter(guess, toward)  # noqa: PLW2901  # 2 as 2.0
        else:
            continue
        if accepts(guess) and not accepts(beyond):
            return guess
    if isinstance(default, int):
        return last_accepted(accepts, default, _LARGEST_INTEGER if upwards else -_LARGEST_INTEGER)
    return last_accepted(accepts, default, math.nextafter(toward, 0.0))
