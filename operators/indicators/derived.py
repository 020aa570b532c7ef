"""Prices that are means of a candle's own: hl2, hlc3, ohlc4."""

from collections.abc import Sequence

DERIVED_PRICES = ("hl2", "hlc3", "ohlc4")


def derive(name: str, columns: Sequence[Sequence[float]]) -> list[float]:
    """``hl2``, ``hlc3`` or ``ohlc4``, bar by bar, from columns that begin with open, high, low and close.

    To the bit they are TA-Lib's MEDPRICE, TYPPRICE and AVGPRICE, whose order of addition they keep. Scaling by powers
    of two before the addition rounds nothing, and keeps the mean of the greatest prices finite: TA-Lib refuses an
    infinity.

    >>> derive("hl2", [[1.0], [4.0], [2.0], [3.0]])
    [3.0]
    """
    opens, highs, lows, closes = columns[:4]
    match name:
        case "hl2":
            return [high / 2 + low / 2 for high, low in zip(highs, lows, strict=True)]
        case "hlc3":
            bars = zip(highs, lows, closes, strict=True)
            return [(high / 4 + low / 4 + close / 4) / 3 * 4 for high, low, close in bars]
        case "ohlc4":
            prices = zip(opens, highs, lows, closes, strict=True)
            return [high / 4 + low / 4 + close / 4 + open_ / 4 for open_, high, low, close in prices]
    raise ValueError(f'derived price: expected hl2, hlc3 or ohlc4, found "{name}"')
