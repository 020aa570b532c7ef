"""Running totals: what has come together since they began to count."""

from operators.indicators.definition import IndicatorDefinition
from operators.indicators.talib_functions import talib_indicator

_COUNTS_FROM = (
    "It counts from the first candle of its series; for a strategy that comes late, from about the oldest candle that "
    "the series keeps then, and for good. {level}"
)
_ANY_LEVEL = "Its level means nothing by itself: compare it with what it was."
_DOCS = {
    "obv": ("Volume, added on bars that close higher and taken away on bars that close lower.", _ANY_LEVEL),
    "ad": ("Volume, weighed by where in its range each bar closes: -1 at the low, 1 at the high.", _ANY_LEVEL),
    "pvt": ("Volume, weighed by the relative change of each close.", _ANY_LEVEL),
    "wad": ("How far each close is from the true low where it rose, from the true high where it fell.", _ANY_LEVEL),
    "cumsum": ("The sum of all values.", _ANY_LEVEL),
    "nvi": ("An index of closes that moves on bars of less volume than the one before.", "It begins with 1,000."),
    "pvi": ("An index of closes that moves on bars of more volume than the one before.", "It begins with 1,000."),
    "vwap": (
        "The mean of typical prices, weighed by volume.",
        "It never begins anew, which `session_vwap` does each session.",
    ),
}

CUMULATIVE: tuple[IndicatorDefinition, ...] = tuple(
    talib_indicator(kind, doc=f"{told} {_COUNTS_FROM.format(level=level)}") for kind, (told, level) in _DOCS.items()
)
