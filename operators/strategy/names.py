"""What the names in a strategy's expressions stand for: what it declares, and names that explain themselves."""

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Final

from operators.expressions.scope import Scope
from operators.indicators.catalog import definition_of
from operators.indicators.identity import Indicator, Output, Reading, implicit, resolve
from operators.strategy.declared import Declared

REMEMBERED: Final = 4_096
"""Names that explain themselves, or do not, and are not looked up again: many strategies read the same."""


def scope_of(declared: Mapping[str, Declared], models: Mapping[str, tuple[str, ...]]) -> Scope:
    """Every name that an expression of the strategy may use.

    A declared indicator goes by ``name``, ``name.output`` and ``name_output``, and gives its states, ``name_state``.
    What is not declared explains itself: ``rsi_14``, ``macd`` with its usual parameters, ``macd.signal``, and the
    states of both (``rsi_14_oversold``, ``macd_crossover_bullish``).

    Raises:
        ValueError: a name means two things.
    """
    columns: dict[str, Reading] = {}
    states: dict[str, str] = {}
    for one in declared.values():
        columns |= one.columns()
        states |= one.states()
    return Scope(columns=columns, states=states, implicit=undeclared, models=models, implicit_state=undeclared_state)


def undeclared(name: str) -> Output | None:
    """What a name that nobody declared reads, or None: ``rsi_14``, ``macd``, ``macd.signal``, ``bbands_50.upper``.

    >>> undeclared("macd.hist").column
    'macd(close,fast_period=12,slow_period=26,signal_period=9).histogram'

    Raises:
        ValueError: the indicator has no such output.
    """
    stem, dot, output = name.partition(".")
    indicator = _self_explaining(stem)
    if indicator is None:
        return None
    return Output(indicator, indicator.output(output) if dot else indicator.outputs[0])


def undeclared_state(name: str) -> tuple[str, str] | None:
    """The name that a condition nobody declared is about, and its text; None if the name has another form.

    >>> undeclared_state("rsi_9_oversold")
    ('rsi_9', 'rsi_9 < 30')
    """
    at = name.rfind("_")
    while at > 0:
        stem, state = name[:at], name[at + 1 :]
        indicator = _self_explaining(stem)
        if indicator is not None and state in indicator.definition.states:
            return stem, indicator.states(stem)[state]
        at = name.rfind("_", 0, at)
    return None


def is_about(name: str, stems: Collection[str]) -> bool:
    """Whether a name is one of these, or an output or a state of one.

    >>> is_about("macd.signal", {"macd"}), is_about("macd_bullish", {"macd"}), is_about("macdx", {"macd"})
    (True, True, False)
    """
    return any(name == stem or name.startswith((f"{stem}.", f"{stem}_")) for stem in stems)


@lru_cache(maxsize=REMEMBERED)
def _self_explaining(stem: str) -> Indicator | None:
    """The indicator of a kind with its usual parameters, or with the period that follows its name."""
    with_period = implicit(stem)
    if with_period is not None:
        return with_period
    definition = definition_of(stem)
    return resolve(stem, {}, where=stem) if definition is not None and all(definition.chosen) else None
