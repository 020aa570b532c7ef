"""The parameters that many indicators share: lengths in bars, and the levels of named states."""

from operators.indicators.definition import Parameter
from operators.indicators.kernels.zones import zone_names

LONGEST_PERIOD = 100_000
"""Bars; TA-Lib's own bound. What an indicator remembers is bounded beside it, by ``memory.LONGEST_MEMORY``."""

PERCENT = (0.0, 100.0)

_ZONES = {name: place for place, name in enumerate(zone_names())}

ZONE = Parameter(
    "zone",
    ("time_zone", "tz"),
    int,
    _ZONES["UTC"],
    0,
    len(_ZONES) - 1,
    "The time zone of the clock, as in the IANA database",
    choices=_ZONES,
    written="an IANA time zone such as America/New_York",
    only_by_name=True,  # another release of the database numbers them otherwise
)
"""Where a clock stands. For kernels it is the place of the zone among :func:`zone_names`."""


def bars(name: str, aliases: tuple[str, ...], default: int, doc: str, minimum: int = 2) -> Parameter:
    """A length in bars, of an indicator that TA-Lib lacks."""
    return Parameter(name, aliases, int, default, minimum, LONGEST_PERIOD, f"{doc}, in bars")


def period(default: int, doc: str, minimum: int = 2) -> tuple[Parameter, ...]:
    """The one length of an indicator that has one."""
    return (bars("period", ("timeperiod", "length", "window", "lookback"), default, doc, minimum),)


def level(name: str, default: float, bounds: tuple[float, float]) -> Parameter:
    """A threshold in the unit of the indicator, which only named states read."""
    low, high = bounds
    return Parameter(name, (f"{name}_level", f"{name}_threshold"), float, default, low, high, f"Where {name} begins")


def zones(overbought: float, oversold: float, bounds: tuple[float, float]) -> tuple[Parameter, ...]:
    """The two levels of an oscillator."""
    return (level("overbought", overbought, bounds), level("oversold", oversold, bounds))
