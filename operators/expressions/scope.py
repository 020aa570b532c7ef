"""What the names in an expression stand for."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

CANDLE_FIELDS: Final = ("open", "high", "low", "close", "volume")


def _nothing_implicit(_name: str) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Scope:
    """The names that an expression may use. The candle fields are always among them, under their own column ids.

    - ``columns``: name as written (``rsi``, ``macd.signal``) to the id of the column that holds its values.
    - ``states``: name of a condition to its text, which is read in this same scope
      (``macd_crossover_bullish`` to ``crossover(macd.macd, macd.signal)``).
    - ``implicit``: column id of a name that is in neither and explains itself (``rsi_14``, ``bbands_20.upper``), or
      None. It may raise `ValueError` to say why a name that it knows cannot be used; the text becomes the error's.

    A name may not mean two things: `ValueError` where ``columns`` and ``states`` share one, or one takes a candle
    field's place.

    >>> Scope(columns={"close": "rsi(14)"})
    Traceback (most recent call last):
    ...
    ValueError: "close" is a candle field and cannot name something else: choose another name
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    states: Mapping[str, str] = field(default_factory=dict)
    implicit: Callable[[str], str | None] = _nothing_implicit

    def __post_init__(self) -> None:
        for name in CANDLE_FIELDS:
            if name in self.states or self.columns.get(name, name) != name:
                raise ValueError(f'"{name}" is a candle field and cannot name something else: choose another name')
        for name in self.states:
            if name in self.columns:
                raise ValueError(f'"{name}" names both a number and a condition: rename one of them')

    def column(self, name: str) -> str | None:
        """The id of the column that the name stands for, or None."""
        if name in CANDLE_FIELDS:
            return name
        column = self.columns.get(name)
        return self.implicit(name) if column is None and name not in self.states else column

    def names(self) -> Iterator[str]:
        """All names that can be listed (implicit ones cannot): columns, states, candle fields."""
        yield from self.columns
        yield from self.states
        yield from (name for name in CANDLE_FIELDS if name not in self.columns)
