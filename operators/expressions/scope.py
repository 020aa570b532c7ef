"""What the names in an expression stand for."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from operators.expressions.readings import MODEL, POSITION
from operators.indicators.definition import PRICE_SOURCES
from operators.indicators.node import Output, Reading

CANDLE_FIELDS: Final = ("open", "high", "low", "close", "volume")
POSITION_NUMBERS: Final = ("position.bars_held", "position.pnl", "position.entry_price")
POSITION_SIDE: Final = "position.side"
SIDES: Final[Mapping[str, float]] = {"long": 1.0, "short": -1.0, "flat": 0.0}
"""What ``position.side`` is compared with, and the number that stands for it."""


def _nothing_implicit(_name: str) -> Output | None:
    return None


def _no_state(_name: str) -> tuple[str, str] | None:
    return None


@dataclass(frozen=True, slots=True)
class Scope:
    """The names that an expression may use.

    The candle fields and the prices derived of them (``hl2``, ``hlc3``, ``ohlc4``), ``position.side`` and the other
    values of the position, clocks (``hour``) and days (``mon``) are always among them.

    - ``columns``: name as written (``rsi``, ``macd.signal``) to what is read for it.
    - ``states``: name of a condition to its text, which is read in this same scope
      (``macd_crossover_bullish`` to ``crossover(macd.macd, macd.signal)``).
    - ``implicit``: what a name that is in neither reads if it explains itself (``rsi_14``, ``macd.signal``), or None.
      It may raise `ValueError` to say why a name that it knows cannot be used; the text becomes the error's.
    - ``implicit_state``: the same for conditions (``rsi_14_oversold``): the name that it is about and its text, which
      is read with implicit names only; or None.
    - ``models``: the outputs of each model by its id; ``lstm.confidence`` reads the column ``model:lstm.confidence``.

    A name may not mean two things: `ValueError` where two of these share one, or one takes a candle field's place.

    >>> Scope(columns={"close": "open"})
    Traceback (most recent call last):
    ...
    ValueError: "close" is a candle field and cannot name something else: choose another name
    """

    columns: Mapping[str, Reading] = field(default_factory=dict)
    states: Mapping[str, str] = field(default_factory=dict)
    implicit: Callable[[str], Output | None] = _nothing_implicit
    models: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    implicit_state: Callable[[str], tuple[str, str] | None] = _no_state

    def __post_init__(self) -> None:
        for name in PRICE_SOURCES:
            if name in self.states or name in self.models or self.columns.get(name, name) != name:
                raise ValueError(f'"{name}" is a candle field and cannot name something else: choose another name')
        for name in self.states:
            if name in self.columns:
                raise ValueError(f'"{name}" names both a number and a condition: rename one of them')
        for name in self.models:
            if name in self.columns or name in self.states:
                raise ValueError(f'"{name}" names both a model and something else: rename one of them')
        for name in (*self.columns, *self.states, *self.models):
            if f"{name}.".startswith(POSITION):
                raise ValueError(
                    f'"{name}" is what the strategy holds and cannot name something else: choose another name'
                )

    def reading(self, name: str) -> Reading | None:
        """What is read for a name that is written down here, or for a price; None for any other."""
        if name in PRICE_SOURCES or name in POSITION_NUMBERS:
            return name
        model, _, output = name.partition(".")
        if model in self.models:
            outputs = self.models[model]
            known = output in outputs or (not output and len(outputs) == 1)
            return f"{MODEL}{model}.{output or outputs[0]}" if known else None
        return self.columns.get(name)

    def undeclared(self) -> "Scope":
        """The scope of a state that nobody declared."""
        return Scope(implicit=self.implicit, implicit_state=self.implicit_state)

    def names(self) -> Iterator[str]:
        """All names that can be listed (implicit ones cannot): columns, states, models' outputs, candle, position."""
        yield from self.columns
        yield from self.states
        yield from (f"{model}.{output}" for model, outputs in self.models.items() for output in outputs)
        yield from (name for name in PRICE_SOURCES if name not in self.columns)
        yield from (POSITION_SIDE, *POSITION_NUMBERS)
