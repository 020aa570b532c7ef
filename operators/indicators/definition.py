"""What an indicator is: its parameters with their bounds, what it reads and gives, and how far back it remembers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from operators.indicators.kernels.kernel import Kernel

PRICE_SOURCES = ("open", "high", "low", "close", "volume", "hl2", "hlc3", "ohlc4")
"""What an indicator of a single series can read. ``hl2``, ``hlc3``, ``ohlc4`` are means of the candle's prices."""

Number = int | float


@dataclass(frozen=True)
class Parameter:
    """A number that a strategy may set.

    Attributes:
        name: the canonical name, as errors and keys write it.
        aliases: other names that mean the same, TA-Lib's among them. Case, ``_`` and ``-`` never count.
        kind: ``int`` takes integers and integral floats (14.0); ``float`` takes any finite number.
        default: the value if the strategy sets none.
        minimum: the least value allowed, inclusive.
        maximum: the greatest value allowed, inclusive.
        doc: what it does, with its unit.
        talib: TA-Lib's own name for it; empty for a threshold, which no computation reads.
        choices: names that may stand for its values, such as ``ema`` for a kind of moving average.
        written: what the choices are, such as ``an IANA time zone``, where there are too many to list.
        only_by_name: whether its numbers are nobody's business, because they say nothing by themselves.
    """

    name: str
    aliases: tuple[str, ...]
    kind: type[int] | type[float]
    default: Number
    minimum: Number
    maximum: Number
    doc: str
    talib: str = ""
    choices: Mapping[str, Number] = field(default_factory=dict, compare=False)
    written: str = ""
    only_by_name: bool = False

    def answers_to(self, folded: str) -> bool:
        """Whether a name, already folded by :func:`fold`, means this parameter."""
        return folded in {fold(self.name), fold(self.talib), *map(fold, self.aliases)}

    @property
    def in_bars(self) -> bool:
        """Whether it is a length: every whole number is that does not stand for a choice."""
        return self.kind is int and not self.choices

    def text(self, value: Number) -> str:
        """A value as keys and errors write it: by name, if it has one.

        >>> Parameter("method", (), int, 0, 0, 1, "How", choices={"absolute": 0, "percent": 1}).text(1)
        'percent'
        """
        return next((name for name, number in self.choices.items() if number == value), repr(value))


@dataclass(frozen=True)
class IndicatorDefinition:
    """One kind of indicator.

    Attributes:
        name: the canonical kind, lower case (``rsi``).
        title: the name that the trade uses.
        parameters: what defines the computation, in canonical order.
        inputs: the columns that it reads whatever the strategy says, after those that the strategy chooses.
        sources: for each series that the strategy chooses, the price if it chooses none, empty if it must. Without
            ``inputs`` and ``sources`` it is one series, ``close`` if none is chosen.
        outputs: the names of its outputs, the default one first.
        memory: from canonical parameters to the bars W that must precede a bar for its value to be right.
        states: named conditions, as expression text over ``{name}`` and the thresholds.
        aliases: other names for the kind.
        output_aliases: other names for outputs.
        thresholds: numbers that only ``states`` read; they do not change what is computed.
        ordered: pairs of parameters or thresholds of which the first must be less than the second.
        talib_outputs: the outputs in TA-Lib's order, where that is not the order of ``outputs``.
        kernel: what computes it; None for TA-Lib's function of this name.
        group: the part of the reference in which it stands, such as ``Momentum Indicators``.
        doc: what it tells, in a sentence or two.
        formula: how it is computed, as text; empty where TA-Lib's function of this name is the formula.
        source: where the formula was published.
        counts_bars: whether its values are numbers of bars, which TA-Lib counts from the first that it is shown: the
            number of that bar in the series is to be added.
    """

    name: str
    title: str
    parameters: tuple[Parameter, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    memory: Callable[[Mapping[str, Number]], int]
    states: Mapping[str, str] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    output_aliases: Mapping[str, str] = field(default_factory=dict)
    thresholds: tuple[Parameter, ...] = ()
    ordered: tuple[tuple[str, str], ...] = ()
    talib_outputs: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    kernel: Kernel | None = None
    group: str = ""
    doc: str = ""
    formula: str = ""
    source: str = ""
    counts_bars: bool = False

    @property
    def talib(self) -> str:
        """TA-Lib's name for the function."""
        return self.name.upper()

    @property
    def produced(self) -> tuple[str, ...]:
        """The outputs in the order in which TA-Lib returns them."""
        return self.talib_outputs or self.outputs

    @property
    def chosen(self) -> tuple[str, ...]:
        """For each series that the strategy chooses, the price if it chooses none; empty if it must choose."""
        return self.sources or (() if self.inputs else ("close",))

    @property
    def takes_price(self) -> bool:
        """Whether the strategy chooses a series that it reads."""
        return bool(self.chosen)


def fold(name: str) -> str:
    """A name without what people vary: case, underscores and hyphens.

    >>> fold("fastPeriod") == fold("fast_period") == fold("FASTPERIOD")
    True
    """
    return name.casefold().replace("_", "").replace("-", "")
