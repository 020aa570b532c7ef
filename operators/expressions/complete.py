"""Every word that an expression may use, with what it means in a line: for editors and for the reference."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from operators.expressions.functions import FUNCTIONS
from operators.expressions.scope import POSITION_SIDE, Scope
from operators.indicators.clock import WEEKDAYS
from operators.indicators.definition import PRICE_SOURCES

Kind = Literal["operator", "function", "number", "condition", "side"]


class Word(NamedTuple):
    """A word, how it is written in use, what it gives, and what it means."""

    word: str
    usage: str
    kind: Kind
    doc: str


_OPERATORS = (
    Word("AND", "a AND b", "operator", "Both hold. Also `&&`."),
    Word("OR", "a OR b", "operator", "At least one holds. Also `||`."),
    Word("NOT", "NOT a", "operator", "It does not hold. Also `!`."),
)
_PRICES = {
    "open": "The first price of the candle.",
    "high": "The highest price of the candle.",
    "low": "The lowest price of the candle.",
    "close": "The last price of the candle.",
    "volume": "How much was traded, in units of the base asset.",
    "hl2": "(high + low) / 2.",
    "hlc3": "(high + low + close) / 3.",
    "ohlc4": "(open + high + low + close) / 4.",
}
_POSITION = (
    Word(POSITION_SIDE, f'{POSITION_SIDE} == "long"', "side", 'What the strategy holds: "long", "short" or "flat".'),
    Word("position.bars_held", "position.bars_held", "number", "Candles since the entry, 1 at the first; 0 when flat."),
    Word(
        "position.pnl",
        "position.pnl",
        "number",
        "Gain since the entry at this close, as a fraction of the entry price (0.02 is 2 %); 0 when flat.",
    ),
    Word(
        "position.entry_price", "position.entry_price", "number", "Close at which it was entered; not ready when flat."
    ),
)


def words(scope: Scope | None = None) -> tuple[Word, ...]:
    """Every word of the language, and those of a strategy's own scope after them.

    >>> [word.usage for word in words() if word.word == "highest"]
    ['highest(x, n)']
    """
    return (*_language(), *(() if scope is None else _own(scope)))


def _language() -> Iterator[Word]:
    yield from _OPERATORS
    yield from (Word(name, name, "number", _PRICES[name]) for name in PRICE_SOURCES)
    yield from _POSITION
    for function in FUNCTIONS.values():
        yield Word(function.name, function.signature, function.gives, function.doc)
    yield from (Word(name, name, "number", f"{day}, the {name} of `weekday`.") for name, day in WEEKDAYS.items())


def _own(scope: Scope) -> Iterator[Word]:
    for name in scope.columns:
        yield Word(name, name, "number", "An indicator of this strategy.")
    for name, text in scope.states.items():
        yield Word(name, name, "condition", f"`{text}`")
    for model, outputs in scope.models.items():
        for output in outputs:
            yield Word(f"{model}.{output}", f"{model}.{output}", "number", f"An output of the model `{model}`.")
