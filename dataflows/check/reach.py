"""How many of a strategy's own candles an indicator needs, whatever timeframes it reads."""

from collections.abc import Iterable

from operators.indicators.anchors import whole_spans
from operators.indicators.identity import Indicator
from schemas.timeframe import timeframe_ms

FEWEST_CANDLES = 10_000
MOST_CANDLES = 200_000
_WARM_UPS = 3


def candles_to_check(indicators: Iterable[Indicator], timeframe: str, base: str) -> int:
    """How many base candles a check of a timeframe takes if nobody says.

    Enough for 10,000 bars, or for three times the warm-up where that is more; 200,000 at most.
    """
    longest = max((candles_until_exact(one, timeframe) for one in indicators), default=0)
    return min(MOST_CANDLES, max(FEWEST_CANDLES, _WARM_UPS * longest) * candles_in(timeframe, base))


def candles_until_exact(indicator: Indicator, timeframe: str) -> int:
    """So many candles of ``timeframe`` after a start, the value is that of full history, to 1e-9.

    A candle of a longer timeframe is built of many; the one that is forming at the start does not count, and the value
    of the last one is there only when it has closed: two more.
    """
    if indicator.timeframe is not None:
        return (indicator.reach + 2) * candles_in(indicator.timeframe, timeframe)
    spans = whole_spans(indicator.memory)
    return max((indicator.memory, *(spans + candles_until_exact(source, timeframe) for source in indicator.sources)))


def candles_until_ready(indicator: Indicator, timeframe: str) -> int:
    """So many candles of ``timeframe`` come before the first value, at the most."""
    if indicator.timeframe is not None:
        return (indicator.lookback + 2) * candles_in(indicator.timeframe, timeframe)
    return indicator.own_lookback + max(
        (candles_until_ready(source, timeframe) for source in indicator.sources), default=0
    )


def candles_in(longer: str, shorter: str) -> int:
    """How many candles of one timeframe make one of another; 1 if it is not longer.

    >>> candles_in("1h", "5m"), candles_in("1m", "5m")
    (12, 1)
    """
    return max(1, timeframe_ms(longer) // timeframe_ms(shorter))
