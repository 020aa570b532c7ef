"""How many decimals a price is shown with."""

import math
from typing import Final

_MOST_DIGITS: Final = 8


def price_digits(price: float) -> int:
    """Decimals that show a price to about five significant digits: 2 to 8.

    >>> price_digits(64_250.5), price_digits(1.2345), price_digits(0.00001234)
    (2, 4, 8)
    """
    return min(max(4 - math.floor(math.log10(price)), 2), _MOST_DIGITS)


def price_text(price: float | None) -> str:
    """A price to about five significant digits, a dash where there is none.

    >>> price_text(64_250.5), price_text(1.2345), price_text(None)
    ('64,250.50', '1.2345', '-')
    """
    return "-" if price is None else f"{price:,.{price_digits(price)}f}"
