"""What each part of a rule said at a bar, those included that were not ready."""

from collections.abc import Iterator, Mapping
from math import isfinite, nan
from typing import NamedTuple

from operators.expressions.codegen import condition_function, number_function
from operators.expressions.compiled import compile_expression
from operators.expressions.nodes import And, Chain, Comparison, Condition, Cross, Not, Numeric, Or, State
from operators.expressions.operands import Operands
from operators.expressions.readings import Operand
from operators.expressions.scope import Scope
from operators.strategy.compile import CompiledRule
from operators.strategy.declared import Declarations
from operators.strategy.names import scope_of
from schemas.strategy import StrategyConfig

Values = Mapping[Operand, float]
"""What a rule read: by column id and bars back. NaN where there was no value."""


class Part(NamedTuple):
    """One part of a rule's condition: parents first, in reading order; ``depth`` is 0 for the whole rule.

    ``holds`` is None where it is not ready, because something that it reads has no value yet. ``left`` and ``right``
    are the two numbers that a comparison or a crossing compared, None where not ready, and for all other parts.
    """

    depth: int
    text: str
    holds: bool | None
    left: float | None = None
    right: float | None = None


def rule_scope(config: StrategyConfig) -> Scope:
    """The names that the rules of a strategy may use. The strategy compiles, so they mean one thing each."""
    return scope_of(Declarations(config.indicators).found, config.model_outputs())


def parts(rule: CompiledRule, scope: Scope, values: Values) -> tuple[Part, ...]:
    """Every part of a rule with what it said of these values, each by itself.

    Where the whole rule is ready this is what the explanation of its signal says. Where it is not, a signal has none,
    and this says which parts were: the whole of it is None, whatever they say.

    Args:
        rule: whose condition it is.
        scope: of the rule's strategy.
        values: of the operands that the rule reads.

    >>> from operators.strategy.compile import compile_strategy
    >>> from schemas.strategy_file import load_strategy
    >>> dip = load_strategy(b'{"id": "dip", "rules": {"entry": {"condition": "close < 9 AND rsi_14 < 30"}}}', origin="")
    >>> rule = compile_strategy(dip).entries[0]
    >>> read = dict(zip(rule.operands, (8.0, nan)))
    >>> [(part.text, part.holds, part.left) for part in parts(rule, rule_scope(dip), read)]
    [('close < 9 AND rsi_14 < 30', None, None), ('close < 9', True, 8.0), ('rsi_14 < 30', None, None)]
    """
    tree = compile_expression(rule.condition, scope, where=rule.id).tree
    return tuple(_parts(tree, values, 0))


def _parts(node: Condition, values: Values, depth: int) -> Iterator[Part]:
    operands = Operands(node)
    holds = condition_function(node, operands)(*_read(operands, values))
    match node:
        case Comparison(left, _, right) | Cross(_, left, right):
            yield Part(depth, str(node), holds, _number(left, values), _number(right, values))
        case State(_, meaning):
            yield Part(depth, str(node), holds)
            yield from _parts(meaning, values, depth + 1)
        case Not(operand):
            yield Part(depth, str(node), holds)
            yield from _parts(operand, values, depth + 1)
        case Chain(below) | And(below) | Or(below):
            yield Part(depth, str(node), holds)
            for one in below:
                yield from _parts(one, values, depth + 1)
        case _:
            yield Part(depth, str(node), holds)


def _number(node: Numeric, values: Values) -> float | None:
    operands = Operands(node)
    value = number_function(node, operands)(*_read(operands, values))
    return value if value is not None and isfinite(value) else None


def _read(operands: Operands, values: Values) -> list[float]:
    return [values.get(operand, nan) for operand in operands.inputs]
