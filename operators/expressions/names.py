"""What a name in an expression stands for, and what to say of one that stands for nothing."""

from itertools import islice
from typing import NamedTuple

from operators.expressions.functions import FUNCTIONS
from operators.expressions.nodes import Column, Condition, Number, Numeric, State
from operators.expressions.scope import POSITION_SIDE, Scope
from operators.expressions.syntax import Named
from operators.indicators.catalog import CATALOG, definition_of
from operators.indicators.clock import CLOCKS, WEEKDAYS, clock
from schemas.names import did_you_mean

_LISTED = 12  # known names that a message lists where none is near


class Meaning(NamedTuple):
    """The text that a named condition stands for, and the scope in which it is read."""

    text: str
    scope: Scope


def resolved(named: Named, scope: Scope) -> Numeric | Meaning | None:  # noqa: PLR0911  # one for each kind of name
    """The number that a name stands for, or the text of the condition; None for a name that is unknown.

    What the scope writes down comes first, then prices, the position and models, then words of the language, then
    names that explain themselves. Raises `ValueError` where a name is known and cannot be used.
    """
    name, at = named.name, named.at
    if name in scope.states:
        return Meaning(scope.states[name], scope)
    reading = scope.reading(name)
    if reading is not None:
        return Column(name, reading, at=at)
    if name in CLOCKS:
        return Column(name, clock(name), at=at)
    if name in WEEKDAYS:
        return Number(float(WEEKDAYS[name]), name, at=at)
    if name in FUNCTIONS or name == POSITION_SIDE:
        return None
    output = scope.implicit(name)
    if output is not None:
        return Column(name, output, at=at)
    state = scope.implicit_state(name)
    # A name that was declared has the states it was given; one of a function, such as change, is read as the function.
    if state is not None and state[0] not in scope.columns and state[0] not in FUNCTIONS:
        return Meaning(state[1], scope.undeclared())
    return None


def state(named: Named, meaning: Condition) -> State:
    """A named condition with what it was found to mean."""
    return State(named.name, meaning, at=named.at)


def unknown(name: str, scope: Scope) -> str:  # noqa: PLR0911  # one for each kind of mistake
    """What to say of a name that stands for nothing: what is known instead.

    The outputs of the same indicator, the nearest name, or a list.
    """
    if name == POSITION_SIDE:
        return f'expected a number or a condition, got a side: write {POSITION_SIDE} == "long"'
    if name in FUNCTIONS:
        return f'"{name}" is a function: write {FUNCTIONS[name].signature}'
    if name.casefold() in {"true", "false"}:
        return f'unknown name "{name}": a condition is true or false by itself, write it or NOT before it'
    stem = name.partition(".")[0]
    outputs = [known for known in scope.names() if known.startswith(f"{stem}.")]
    if name == stem and outputs:
        return f'"{name}" has several outputs: write {_either(outputs)}'
    if name != stem and not outputs and stem in scope.names():
        return f'"{stem}" has one output only: write {stem}'
    if outputs:
        return f'unknown output "{name:.80}"{did_you_mean(name, outputs)}: write {_either(outputs)}'
    near = did_you_mean(name, scope.names()) or did_you_mean(name, _words())
    if not near and definition_of(stem) is None:
        near = did_you_mean(stem, CATALOG)
    known = list(islice(scope.names(), _LISTED + 1))
    listed = ", ".join(known[:_LISTED]) + (", ..." if len(known) > _LISTED else "")
    return f'unknown name "{name:.80}"{near or f"; known names: {listed}"}'


def _words() -> tuple[str, ...]:
    return (*FUNCTIONS, *WEEKDAYS)


def _either(names: list[str]) -> str:
    return " or ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else names[0]
