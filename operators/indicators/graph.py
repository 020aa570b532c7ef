"""Indicators that read indicators: what a set of them needs, in the order in which it can be computed."""

from collections.abc import Iterable

from operators.indicators.node import Indicator


def ordered(indicators: Iterable[Indicator]) -> list[Indicator]:
    """The indicators with all that they read on the strategy's own candles, each once, sources before readers.

    What is on candles of another timeframe is among them, but not what that reads: it is computed elsewhere.

    >>> from operators.indicators.identity import Output, resolve
    >>> rsi = resolve("rsi", {}, where="rsi")
    >>> calm = resolve("sma", {"period": 5}, where="calm", sources=[Output(rsi, "rsi")])
    >>> [one.kind for one in ordered([calm, rsi])]
    ['rsi', 'sma']
    """
    found: dict[str, Indicator] = {}
    for indicator in indicators:
        _add(indicator, found)
    return list(found.values())


def _add(indicator: Indicator, found: dict[str, Indicator]) -> None:
    if indicator.key in found:
        return
    if indicator.timeframe is None:
        for source in indicator.sources:
            _add(source, found)
    found[indicator.key] = indicator
