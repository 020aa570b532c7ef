"""The same computation on candles of another timeframe: ``rsi_14@1h`` in a strategy that runs on 1m."""

from collections.abc import Iterator
from dataclasses import replace

from operators.indicators.checking import IndicatorError
from operators.indicators.definition import PRICE_SOURCES
from operators.indicators.node import Indicator, Output
from operators.indicators.pointwise import priced
from schemas.names import did_you_mean
from schemas.problems import Problem
from schemas.timeframe import timeframe_ms


def on_timeframe(output: Output, timeframe: str) -> Output:
    """The output of the same computation over candles of another timeframe, all that it reads included.

    Seen from the strategy's own candles its value is that of the last closed candle of ``timeframe``; it holds until
    the next one closes. What is on that timeframe already stays as it is.

    Raises:
        IndicatorError: it is no timeframe, or the computation reads one other than it already.
    """
    return Output(put_on(output.indicator, timeframe, where=f"{output.column}@{timeframe}"), output.name)


def price_on(price: str, timeframe: str) -> Output:
    """A price of the candles of another timeframe, such as ``close@1h``.

    Raises:
        IndicatorError: it is no price or no timeframe.
    """
    where = f"{price}@{timeframe}"
    if price not in PRICE_SOURCES:
        message = f'expected one of {", ".join(PRICE_SOURCES)}, found "{price}"{did_you_mean(price, PRICE_SOURCES)}'
        raise IndicatorError([Problem(where, message)])
    plain = priced(price)
    return Output(put_on(plain.indicator, timeframe, where=where), plain.name)


def put_on(indicator: Indicator, timeframe: str, *, where: str) -> Indicator:
    """The same indicator on candles of another timeframe.

    Raises:
        IndicatorError: it is no timeframe, or the computation reads one other than it already.
    """
    check_timeframe(timeframe, where=where)
    if indicator.timeframe == timeframe:
        return indicator
    for other in _graph(indicator):
        if other.timeframe is not None:
            message = (
                f"{other.key} is on candles of {other.timeframe} already, expected only indicators of the strategy's "
                f"own candles to be put on those of {timeframe}"
            )
            raise IndicatorError([Problem(where, message)])
    return _moved(indicator, timeframe)


def check_timeframe(timeframe: str, *, where: str) -> None:
    """Refuse what is no timeframe.

    Raises:
        IndicatorError: it is none.
    """
    try:
        timeframe_ms(timeframe)
    except ValueError as error:
        raise IndicatorError([Problem(where, str(error))]) from None


def _moved(indicator: Indicator, timeframe: str) -> Indicator:
    readings = [
        reading if isinstance(reading, str) else Output(_moved(reading.indicator, timeframe), reading.name)
        for reading in indicator.readings
    ]
    return replace(
        indicator,
        key=f"{indicator.key}@{timeframe}",
        readings=tuple(readings),
        timeframe=timeframe,
        native=indicator,
    )


def _graph(indicator: Indicator) -> Iterator[Indicator]:
    yield indicator
    for source in indicator.sources:
        yield from _graph(source)
