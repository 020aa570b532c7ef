"""An indicator as a strategy asked for it: checked, and equal to every other that means the same computation."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from talib import abstract

from operators.indicators.catalog import CATALOG, definition_of, kind_names
from operators.indicators.checking import Checker, IndicatorError
from operators.indicators.definition import IndicatorDefinition, Number, fold
from schemas.names import did_you_mean
from schemas.problems import Problem

__all__ = ["Indicator", "IndicatorError", "implicit", "resolve"]

_IMPLICIT = re.compile(r"([a-z][a-z_]*?)_([1-9][0-9]{0,5})", re.ASCII)


@dataclass(frozen=True)
class Indicator:
    """A computation over candles. Two are equal, and share one computation, if their ``key`` is.

    Attributes:
        key: the canonical text of the computation, such as ``rsi(close,period=14)``.
        definition: what kind it is.
        parameters: canonical names and values, in the definition's order.
        source: the price that it reads, None if the definition fixes its inputs.
        thresholds: levels for the named states; they are no part of the identity.
        lookback: bars before the first value, which comes at bar index ``lookback``.
        memory: bars W that must precede a bar for its value to be that of full history, to 1e-9.
    """

    key: str
    definition: IndicatorDefinition = field(compare=False, repr=False)
    parameters: tuple[tuple[str, Number], ...] = field(compare=False, repr=False)
    source: str | None = field(compare=False, repr=False)
    thresholds: tuple[tuple[str, Number], ...] = field(compare=False, repr=False)
    lookback: int = field(compare=False, repr=False)
    memory: int = field(compare=False, repr=False)

    @property
    def kind(self) -> str:
        """The canonical name of the definition."""
        return self.definition.name

    @property
    def inputs(self) -> tuple[str, ...]:
        """The columns that it reads, in TA-Lib's order."""
        return self.definition.inputs if self.source is None else (self.source,)

    @property
    def outputs(self) -> tuple[str, ...]:
        """The canonical names of its outputs, the default one first."""
        return self.definition.outputs

    @property
    def columns(self) -> tuple[str, ...]:
        """The column of every output, in the order of ``outputs``."""
        return tuple(f"{self.key}.{output}" for output in self.outputs)

    def output(self, name: str) -> str:
        """The canonical name of an output, from it or an alias, whatever its case.

        Raises:
            IndicatorError: it has no such output.
        """
        known = {fold(output): output for output in self.outputs}
        known |= {fold(alias): output for alias, output in self.definition.output_aliases.items()}
        found = known.get(fold(name))
        if found is None:
            expected = ", ".join(self.outputs)
            suggestion = did_you_mean(name, (*self.outputs, *self.definition.output_aliases))
            message = f'{self.kind} has no output "{name}", expected one of {expected}{suggestion}'
            raise IndicatorError([Problem(f"{self.kind}.{name}", message)])
        return found

    def column(self, output: str) -> str:
        """The id of the column that holds an output.

        >>> resolve("macd", {}, where="macd").column("hist")
        'macd(close,fast_period=12,slow_period=26,signal_period=9).histogram'

        Raises:
            IndicatorError: it has no such output.
        """
        return f"{self.key}.{self.output(output)}"

    def states(self, name: str) -> dict[str, str]:
        """The named states as expression text, for an indicator that the strategy calls ``name``.

        >>> resolve("rsi", {"overbought": 75}, where="rsi").states("rsi_fast")
        {'overbought': 'rsi_fast > 75', 'oversold': 'rsi_fast < 30'}
        """
        levels = {threshold: _plain(value) for threshold, value in self.thresholds}
        return {state: text.format(name=name, **levels) for state, text in self.definition.states.items()}


def resolve(kind: str, parameters: Mapping[str, object], *, where: str) -> Indicator:
    """The indicator that a strategy asks for.

    Args:
        kind: the kind or an alias, whatever its case.
        parameters: what the strategy sets, by canonical names or aliases; periods in bars; ``price`` or ``source``
            chooses the input of an indicator of one series. What is not set takes its default.
        where: the place in the strategy, with which every error begins.

    Raises:
        IndicatorError: with every problem found.

    >>> resolve("RSI", {"timePeriod": 14.0, "overbought": 80}, where="indicators.rsi").key
    'rsi(close,period=14)'
    """
    definition = definition_of(kind)
    if definition is None:
        expected = ", ".join(CATALOG)
        message = f'unknown indicator "{kind}"{did_you_mean(kind, kind_names())}, expected one of {expected}'
        raise IndicatorError([Problem(where, message)])
    checker = Checker(definition, where)
    checker.read(parameters)
    checker.finish()
    numbers = tuple((parameter.name, checker.numbers[parameter.name]) for parameter in definition.parameters)
    source = checker.source if definition.takes_price else None
    arguments = [*([source] if source else []), *(f"{name}={value!r}" for name, value in numbers)]
    return Indicator(
        key=f"{definition.name}({','.join(arguments)})",
        definition=definition,
        parameters=numbers,
        source=source,
        thresholds=tuple((level.name, checker.numbers[level.name]) for level in definition.thresholds),
        lookback=_lookback(definition, checker.numbers),
        memory=definition.memory(checker.numbers),
    )


def implicit(name: str) -> Indicator | None:
    """The indicator that a bare name such as ``ema_50`` means: a kind whose one parameter is a period, then the period.

    None if the name has another form, the kind takes other parameters, or the period is out of its bounds.

    >>> implicit("ema_50").key
    'ema(close,period=50)'
    >>> implicit("macd_12") is None
    True
    """
    match = _IMPLICIT.fullmatch(name.casefold())
    if match is None:
        return None
    kind, period = match.group(1), int(match.group(2))
    definition = definition_of(kind)
    if definition is None or [parameter.name for parameter in definition.parameters] != ["period"]:
        return None
    bounds = definition.parameters[0]
    if not bounds.minimum <= period <= bounds.maximum:
        return None
    return resolve(kind, {"period": period}, where=name)


def _lookback(definition: IndicatorDefinition, numbers: Mapping[str, Number]) -> int:
    """Bars before the first value, as TA-Lib counts them."""
    function = abstract.Function(definition.talib)  # type: ignore[attr-defined]  # left out of TA-Lib's stub
    function.parameters = {parameter.talib: numbers[parameter.name] for parameter in definition.parameters}
    return int(function.lookback)


def _plain(value: Number) -> str:
    """A number as a person writes it: 70, not 70.0."""
    return str(int(value)) if value == int(value) else repr(value)
