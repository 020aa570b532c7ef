"""A rule expression ready to run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from operators.expressions.checker import check
from operators.expressions.codegen import Evaluate, Mask, Operand, generate, generate_mask
from operators.expressions.errors import Source
from operators.expressions.nodes import Column, Condition, walk
from operators.expressions.parser import parse
from operators.expressions.scope import Scope


@dataclass(frozen=True, slots=True)
class CompiledExpression:
    """What `compile_expression` gives.

    - ``text``: the expression as written; ``tree``: its checked tree, ``str(tree)`` its canonical text.
    - ``inputs``: what to call ``evaluate`` with, in order: (column id, bars back); 0 is this bar, 1 the one before.
    - ``names``: every number's name as written (those inside named states too) to its column id, to explain a signal.
    - ``evaluate``: takes the inputs as Python floats by position; True, False, or None where the rule is not ready.

    - ``mask``: the same for whole arrays, readiness left out; see ``generate_mask``.

    Two are equal if they have the same text and tree. It holds a function, so it cannot cross a process boundary: send
    the text.
    """

    text: str
    tree: Condition
    inputs: tuple[Operand, ...]
    names: Mapping[str, str] = field(hash=False)
    evaluate: Evaluate = field(compare=False, repr=False)
    mask: Mask | None = field(compare=False, repr=False)


def compile_expression(text: str, scope: Scope, *, where: str) -> CompiledExpression:
    """Parse, check and compile a condition; ``where`` is its place as its owner calls it, for messages.

    The rule is ready where every input and every result of arithmetic in it is finite, and nothing is divided by zero,
    whatever the rest of it says: ``close > 10 OR rsi < 30`` is None, not True, while ``rsi`` is NaN. So its warm-up is
    the longest of its inputs', one bar more for those inside ``crossover`` and ``crossunder``. Costs a few milliseconds
    once, then a fraction of a microsecond a call. Raises `ExpressionError`.

    >>> scope = Scope(columns={"rsi": "rsi(14)"}, states={"rising": "crossover(close, open)"})
    >>> rule = compile_expression("rising AND rsi < 70", scope, where="rules.entry")
    >>> rule.inputs
    (('close', 0), ('open', 0), ('close', 1), ('open', 1), ('rsi(14)', 0))
    >>> rule.evaluate(11.0, 10.0, 9.0, 10.0, 55.0)
    True
    >>> rule.evaluate(11.0, 10.0, 9.0, 10.0, 75.0)
    False
    >>> rule.evaluate(9.0, 10.0, 9.0, 10.0, float("nan")) is None
    True
    >>> compile_expression("rsii < 70", scope, where="rules.entry")
    Traceback (most recent call last):
    ...
    operators.expressions.errors.ExpressionError: rules.entry, character 1: unknown name "rsii" (did you mean "rsi"?)
        rsii < 70
        ^
    """
    tree = check(parse(text, where=where), scope, Source(text, where))
    evaluate, inputs = generate(tree)
    names = {node.name: node.column for node, _ in walk(tree) if isinstance(node, Column)}
    return CompiledExpression(text, tree, inputs, MappingProxyType(names), evaluate, generate_mask(tree, inputs))
