"""A bar as positions see it."""

from math import inf, isfinite
from typing import Final, NamedTuple


class BarRefused(ValueError):
    """A bar that no position can be held over. The text says of what, what was expected and what came."""


class Bar(NamedTuple):
    """Prices in quote currency per unit, volume in units, times in milliseconds since the epoch.

    It covers ``[open_time, close_time)``.
    """

    open: float
    high: float
    low: float
    close: float
    volume: float
    open_time: int
    close_time: int


def check_bar(bar: Bar, where: str) -> None:
    """Refuse a bar whose prices are not finite, above zero and between its low and its high.

    A spread of two instruments can be traded below zero; a share of such a price and a return on it mean nothing. A gap
    of any size is none of this: a split of 10:1 that the feed does not adjust is a gap to a tenth.

    Raises:
        BarRefused: ``where`` (say the key of the position), which number, what was expected of it.

    >>> check_bar(Bar(1.0, 2.0, 0.5, 1.5, 10.0, 0, 60_000), "dip|BTCUSDT|1m")
    >>> check_bar(Bar(1.0, 2.0, -0.5, 1.5, 10.0, 0, 60_000), "dip|BTCUSDT|1m")
    Traceback (most recent call last):
    ...
    operators.positions.bar.BarRefused: dip|BTCUSDT|1m: bar of 0 ms: expected a low above zero, got -0.5; \
a position has no meaning at such a price, as a spread of two instruments may have
    """
    # One chain of comparisons, false for NaN anywhere in it: a good bar costs no more.
    if 0.0 < bar.low <= bar.open <= bar.high and bar.low <= bar.close <= bar.high < inf and 0.0 <= bar.volume < inf:
        return
    raise BarRefused(f"{where}: bar of {bar.open_time} ms: {_problem(bar)}")


def _problem(bar: Bar) -> str:
    for name in ("open", "high", "low", "close"):
        price: float = getattr(bar, name)
        if not isfinite(price):
            return f"expected a finite {name}, got {price}"
        if price <= 0:
            told = f"expected {'an' if name == 'open' else 'a'} {name} above zero, got {price:g}"
            return f"{told}; a position has no meaning at such a price, as a spread of two instruments may have"
    if not 0.0 <= bar.volume < inf:
        return f"expected a finite volume of zero or more, got {bar.volume:g}"
    return f"expected open and close between low {bar.low:g} and high {bar.high:g}, got {bar.open:g} and {bar.close:g}"


SMALLEST: Final = 1e-100
LARGEST: Final = 1e100
"""Beyond these no price can be reckoned with: what it is worth, squared, is no number any more."""


def is_sane(bar: Bar) -> bool:
    """Whether an account can reckon with the prices of a bar.

    >>> is_sane(Bar(1.0, 2.0, 0.5, 1.5, 10.0, 0, 60_000)), is_sane(Bar(1.0, 1e306, 0.5, 1.5, 10.0, 0, 60_000))
    (True, False)
    """
    return bar.low >= SMALLEST and bar.high <= LARGEST
