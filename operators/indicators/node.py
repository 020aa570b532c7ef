"""An indicator as a node of a graph: it reads candles, or the outputs of other indicators, or both."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from operators.indicators.anchors import whole_spans
from operators.indicators.checking import IndicatorError
from operators.indicators.definition import IndicatorDefinition, Number, fold
from operators.indicators.kernels.talib_kernel import kernel_of
from operators.indicators.totals import running_total
from schemas.names import did_you_mean
from schemas.problems import Problem

DEEPEST = 16
"""Indicators that may read each other in a row."""

LONGEST_KEY = 4_000
"""Characters of a key: what an indicator reads is written out in it, and twice over if it is read twice."""

TIME = "time"
"""The column of open times, in milliseconds of the epoch (UTC)."""


@dataclass(frozen=True)
class Output:
    """One output of an indicator, for another indicator to read. ``name`` is canonical."""

    indicator: "Indicator"
    name: str

    @property
    def column(self) -> str:
        """The id of the column that holds it."""
        return f"{self.indicator.key}.{self.name}"


Reading = str | Output
"""A column of the candle, a derived price or ``time``; or an output of another indicator."""


@dataclass(frozen=True)
class Indicator:
    """A computation over candles. Two are equal, and share one computation, if their ``key`` is.

    Attributes:
        key: the canonical text of the computation with all that it reads, such as
            ``sma(rsi(close,period=14).rsi,period=5)``; on candles of another timeframe ``rsi(close,period=14)@1h``.
        definition: what kind it is.
        parameters: canonical names and values, in the definition's order.
        readings: what it reads, in the order in which its computation takes it.
        thresholds: levels for the named states; they are no part of the identity.
        own_lookback: bars that its inputs must have before it has its first value.
        lookback: bars before the first value, which comes at bar index ``lookback``.
        memory: bars W of its inputs that must precede a bar for its value to be that of full history, to 1e-9.
        reach: candles that must precede an anchor for the value there: its memory, and what its sources reach back
            from the first bar of that, each from an anchor of its own.
        depth: how many indicators stand one on the other in it, itself included.
        timeframe: the timeframe of its candles; None for the strategy's own. ``lookback``, ``memory`` and ``reach``
            count candles of this timeframe; sources of another one do not count.
        native: the same computation seen from a series of its timeframe; None if ``timeframe`` is.
        origin: for a running total, the bar from which it counts.
    """

    key: str
    definition: IndicatorDefinition = field(compare=False, repr=False)
    parameters: tuple[tuple[str, Number], ...] = field(compare=False, repr=False)
    readings: tuple[Reading, ...] = field(compare=False, repr=False)
    thresholds: tuple[tuple[str, Number], ...] = field(compare=False, repr=False)
    own_lookback: int = field(compare=False, repr=False)
    lookback: int = field(compare=False, repr=False)
    memory: int = field(compare=False, repr=False)
    reach: int = field(compare=False, repr=False)
    depth: int = field(default=1, compare=False, repr=False)
    timeframe: str | None = field(default=None, compare=False, repr=False)
    native: "Indicator | None" = field(default=None, compare=False, repr=False)
    origin: int = field(default=0, compare=False, repr=False)

    @property
    def kind(self) -> str:
        """The canonical name of the definition."""
        return self.definition.name

    @property
    def inputs(self) -> tuple[str, ...]:
        """The ids of the columns that it reads, in the order in which its computation takes them."""
        return tuple(column_of(reading) for reading in self.readings)

    @property
    def sources(self) -> "tuple[Indicator, ...]":
        """The indicators that it reads, each once."""
        read = (reading.indicator for reading in self.readings if isinstance(reading, Output))
        return tuple(dict.fromkeys(read))

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
        """The id of the column that holds an output, such as ``macd(close,...).histogram`` for ``hist``.

        Raises:
            IndicatorError: it has no such output.
        """
        return f"{self.key}.{self.output(output)}"

    def states(self, name: str) -> dict[str, str]:
        """The named states as expression text, for an indicator that the strategy calls ``name``."""
        levels = {threshold: _plain(value) for threshold, value in self.thresholds}
        return {state: text.format(name=name, **levels) for state, text in self.definition.states.items()}


def column_of(reading: Reading) -> str:
    """The id of the column that a reading means."""
    return reading if isinstance(reading, str) else reading.column


def node(  # noqa: PLR0913  # what an indicator is made of
    definition: IndicatorDefinition,
    readings: Sequence[Reading],
    numbers: Mapping[str, Number],
    *,
    where: str,
    text: str | None = None,
    fixed: int = 0,
) -> Indicator:
    """The indicator of a definition over these readings.

    Args:
        definition: what computes it.
        readings: what it reads, in the order in which the computation takes it.
        numbers: every parameter and threshold by canonical name, checked already.
        where: the place in the strategy, with which an error begins.
        text: the key, if it is not to be made of the kind, the readings and the parameters.
        fixed: how many of the last readings the definition fixes: they are no part of the key.

    Raises:
        IndicatorError: the graph is too deep or too large.
    """
    parameters = tuple((parameter.name, numbers[parameter.name]) for parameter in definition.parameters)
    written = [
        *map(column_of, readings[: len(readings) - fixed]),
        *(f"{parameter.name}={parameter.text(numbers[parameter.name])}" for parameter in definition.parameters),
    ]
    key = text or f"{definition.name}({','.join(written)})"
    try:
        running_total(definition.name, [column_of(reading) for reading in readings])
    except ValueError as error:
        raise IndicatorError([Problem(where, str(error))]) from None
    sources = [reading.indicator for reading in readings if isinstance(reading, Output)]
    same = [source for source in sources if source.timeframe is None]
    depth = 1 + max((source.depth for source in sources), default=0)
    if depth > DEEPEST:
        message = f"expected at most {DEEPEST} indicators that read each other in a row, found {depth}"
        raise IndicatorError([Problem(where, message)])
    if len(key) > LONGEST_KEY:
        message = (
            f"expected an indicator that takes at most {LONGEST_KEY:,} characters with all that it reads written out, "
            f"found {len(key):,}"
        )
        raise IndicatorError([Problem(where, message)])
    own = kernel_of(definition).lookback(numbers)
    memory = definition.memory(numbers)
    return Indicator(
        key=key,
        definition=definition,
        parameters=parameters,
        readings=tuple(readings),
        thresholds=tuple((level.name, numbers[level.name]) for level in definition.thresholds),
        own_lookback=own,
        lookback=own + max((source.lookback for source in same), default=0),
        memory=memory,
        reach=max((memory, *(whole_spans(memory) + source.reach for source in same))),
        depth=depth,
    )


def _plain(value: Number) -> str:
    """A number as a person writes it: 70, not 70.0."""
    return str(int(value)) if math.isfinite(value) and value == int(value) else repr(value)
