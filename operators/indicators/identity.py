"""An indicator as a strategy asked for it: checked, and equal to every other that means the same computation."""

import re
from collections.abc import Mapping, Sequence

from operators.indicators.catalog import definition_of, kind_names
from operators.indicators.checking import Checker, IndicatorError
from operators.indicators.definition import PRICE_SOURCES, IndicatorDefinition, fold
from operators.indicators.node import TIME, Indicator, Output, Reading, node
from operators.indicators.timeframed import check_timeframe, on_timeframe, price_on, put_on
from operators.indicators.unknown import unknown_kind
from schemas.names import did_you_mean
from schemas.problems import Problem

__all__ = [
    "Indicator",
    "IndicatorError",
    "Output",
    "Reading",
    "implicit",
    "on_timeframe",
    "price_on",
    "resolve",
]

_IMPLICIT = re.compile(r"([a-z][a-z0-9_]*?)_([1-9][0-9]{0,5})", re.ASCII)
_WRITTEN = frozenset(map(str.casefold, kind_names()))
_READABLE = (*PRICE_SOURCES, TIME)
_CHOOSING = frozenset(map(fold, ("price", "source", "price_source", "input")))


def resolve(
    kind: str,
    parameters: Mapping[str, object],
    *,
    where: str,
    sources: Sequence[Reading] = (),
    timeframe: str | None = None,
) -> Indicator:
    """The indicator that a strategy asks for.

    Args:
        kind: the kind or an alias, whatever its case.
        parameters: what the strategy sets, by canonical names or aliases; periods in bars; ``price`` or ``source``
            chooses the input of an indicator of one series. What is not set takes its default.
        where: the place in the strategy, with which every error begins.
        sources: what it reads, prices or outputs of other indicators, for a kind that leaves the choice; without any
            what ``parameters`` or the kind says.
        timeframe: the timeframe of the candles that it and all that it reads is computed on; without one the
            strategy's own. An output that is on that timeframe already is read there; one without a timeframe is put on
            it too.

    Raises:
        IndicatorError: with every problem found.

    >>> rsi = resolve("RSI", {"timePeriod": 14.0, "overbought": 80}, where="indicators.rsi")
    >>> rsi.key
    'rsi(close,period=14)'
    >>> resolve("sma", {"period": 5}, where="indicators.calm", sources=[Output(rsi, "rsi")]).key
    'sma(rsi(close,period=14).rsi,period=5)'
    >>> resolve("rsi", {}, where="indicators.hourly", timeframe="1h").key
    'rsi(close,period=14)@1h'
    """
    definition = definition_of(kind)
    if definition is None:
        raise IndicatorError([Problem(where, unknown_kind(kind))])
    checker = Checker(definition, where)
    checker.read(parameters)
    if timeframe is not None:
        try:
            check_timeframe(timeframe, where=f"{where}.timeframe")
        except IndicatorError as error:
            checker.problems += error.problems
    chosen = _chosen(definition, checker, parameters, sources, where)
    checker.finish()
    readings = [*(_seen_from(timeframe, reading) for reading in chosen), *definition.inputs]
    found = node(definition, readings, checker.numbers, where=where, fixed=len(definition.inputs))
    return found if timeframe is None else put_on(found, timeframe, where=where)


def implicit(name: str) -> Indicator | None:
    """The indicator that a bare name such as ``ema_50`` means: the kind with that ``period``, and else as is usual.

    None if the name has another form, the kind has no parameter of that name or must be told what to read, the period
    is out of its bounds, or the name is written as that of another kind is: ``rate_of_change_ratio_100``.

    Raises:
        IndicatorError: with that period it would have to remember more than a series keeps.

    >>> implicit("ema_50").key, implicit("stddev_20").key
    ('ema(close,period=50)', 'stddev(close,period=20,deviations=1.0)')
    >>> implicit("macd_12") is None
    True
    """
    match = _IMPLICIT.fullmatch(name.casefold())
    if match is None or match.group() in _WRITTEN:
        return None
    kind, period = match.group(1), int(match.group(2))
    definition = definition_of(kind)
    if definition is None or not all(definition.chosen):
        return None
    bounds = next((parameter for parameter in definition.parameters if parameter.name == "period"), None)
    if bounds is None or not bounds.minimum <= period <= bounds.maximum:
        return None
    return resolve(kind, {"period": period}, where=name)


def _chosen(
    definition: IndicatorDefinition,
    checker: Checker,
    parameters: Mapping[str, object],
    sources: Sequence[Reading],
    where: str,
) -> tuple[Reading, ...]:
    """What the indicator reads where its definition leaves the choice; problems go to the checker."""
    defaults = definition.chosen
    place = f"{where}.source"
    if not sources:
        if not all(defaults):
            message = f"{definition.name} reads {len(defaults)} series, expected a source for each"
            checker.problems.append(Problem(place, message))
        return (checker.source,) if len(defaults) == 1 else defaults
    if len(sources) != len(defaults):
        if defaults:
            wanted = f"{len(defaults)} source" + "s" * (len(defaults) > 1)
            reads = f"reads {len(defaults)} series that can be chosen, expected {wanted}"
        else:
            reads = f"always reads {', '.join(definition.inputs)}, expected no source"
        checker.problems.append(Problem(place, f"{definition.name} {reads}, found {len(sources)}"))
    twice = [name for name in parameters if fold(name) in _CHOOSING]
    if twice:
        message = "chooses the input, which source does already, expected one of the two"
        checker.problems.append(Problem(f"{where}.{twice[0]}", message))
    readings: list[Reading] = []
    for reading in sources:
        known = reading.casefold() if isinstance(reading, str) else reading
        if isinstance(known, str) and known not in _READABLE:
            hint = did_you_mean(known, _READABLE)
            message = f'expected one of {", ".join(PRICE_SOURCES)} or an output of an indicator, found "{known}"{hint}'
            checker.problems.append(Problem(place, message))
        readings.append(known)
    return tuple(readings)


def _seen_from(timeframe: str | None, reading: Reading) -> Reading:
    """What is read as a series of that timeframe sees it."""
    if isinstance(reading, str) or timeframe is None or reading.indicator.timeframe != timeframe:
        return reading
    return Output(reading.indicator.native or reading.indicator, reading.name)
