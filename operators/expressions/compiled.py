"""An expression ready to run."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

from operators.expressions.arrays import Mask, Whole, WholeValue, condition_arrays, mask_arrays, number_arrays
from operators.expressions.canonical import canonical
from operators.expressions.checker import Checker
from operators.expressions.codegen import Evaluate, Value, condition_function, number_function
from operators.expressions.errors import Source
from operators.expressions.explaining import Explain, explanation
from operators.expressions.faults import Faults, reason_of
from operators.expressions.limits import MAX_INDICATORS, too_costly
from operators.expressions.nodes import Condition, Node, Numeric, walk
from operators.expressions.operands import Operands
from operators.expressions.parser import read
from operators.expressions.readings import MODEL, POSITION, Operand
from operators.expressions.scope import Scope
from operators.expressions.syntax import Syntax
from operators.indicators.node import Indicator


@dataclass(frozen=True)
class Compiled:
    """What a condition and a number have in common. Two are equal if they have the same text and tree.

    It holds functions, so it cannot cross a process boundary: send the text. All but ``evaluate`` are generated when
    they are first read: a worker compiles every strategy there is, and few of them signal.

    Attributes:
        text: the expression as written.
        tree: its checked tree; ``str(tree)`` is a tidy text that compiles to an equal tree in the same scope.
    """

    text: str
    tree: Node
    operands: Operands = field(compare=False, repr=False)

    @cached_property
    def canonical(self) -> str:
        """The text with column ids in place of names, the same for all that compute the same."""
        return canonical(self.tree)

    @property
    def inputs(self) -> tuple[Operand, ...]:
        """What to call the functions with, in order: (column id, bars back); 0 is this bar, 1 the one before."""
        return self.operands.inputs

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        """Every indicator that an input is a column of; what those read in turn is among their ``sources``."""
        return self.operands.indicators

    @property
    def operations(self) -> int:
        """How many names, numbers and operations there are in it, named states written out."""
        return sum(1 for _ in walk(self.tree))

    @property
    def names(self) -> Mapping[str, Operand]:
        """Every input by how the expression writes it, those inside named states too; ``rsi[1]`` is one bar back."""
        return MappingProxyType(self.operands.names)

    @property
    def reads_position(self) -> bool:
        """Whether it reads what the strategy holds: then it differs from strategy to strategy."""
        return any(column.startswith(POSITION) for column, _ in self.inputs)

    @property
    def reads_models(self) -> tuple[str, ...]:
        """The ids of the models that it reads, in the order in which it does."""
        read = (column.removeprefix(MODEL) for column, _ in self.inputs if column.startswith(MODEL))
        return tuple(dict.fromkeys(output.partition(".")[0] for output in read))


@dataclass(frozen=True)
class CompiledExpression(Compiled):
    """A condition ready to run.

    Attributes:
        evaluate: takes the inputs as Python floats by position; True, False, or None where it is not ready.
    """

    tree: Condition
    evaluate: Evaluate = field(compare=False, repr=False)

    @cached_property
    def whole(self) -> Whole:
        """The same for whole arrays, one for each input: where it holds, and where it is ready."""
        return condition_arrays(self.tree, self.operands)

    @cached_property
    def mask(self) -> Mask | None:
        """A quick superset of where it holds in whole arrays; see `mask_arrays`."""
        return mask_arrays(self.tree, self.operands)

    @cached_property
    def explain(self) -> Explain:
        """Takes what ``evaluate`` takes; every part with its verdict and values, nothing where it is not ready."""
        return explanation(self.tree, self.operands)


@dataclass(frozen=True)
class CompiledNumber(Compiled):
    """A number ready to run.

    Attributes:
        evaluate: takes the inputs as Python floats by position; the value, or None where it is not ready.
    """

    tree: Numeric
    evaluate: Value = field(compare=False, repr=False)

    @cached_property
    def whole(self) -> WholeValue:
        """The same for whole arrays: its values, NaN where it is not ready, and where it is ready."""
        return number_arrays(self.tree, self.operands)


def compile_expression(text: str, scope: Scope, *, where: str) -> CompiledExpression:
    """Parse, check and compile a condition; ``where`` is its place as its owner calls it, for messages.

    It is ready where every input and every result of arithmetic in it is finite, and nothing is divided by zero,
    whatever the rest of it says: ``close > 10 OR rsi < 30`` is None, not True, while ``rsi`` is NaN. So its warm-up is
    the longest of its inputs', one bar more for those inside ``crossover`` and ``crossunder``. Costs a few milliseconds
    once, then a fraction of a microsecond a call. Raises `ExpressionErrors` with everything that is wrong.

    >>> scope = Scope(columns={"rsi": "rsi(14)"}, states={"upward": "crossover(close, open)"})
    >>> rule = compile_expression("upward AND rsi < 70", scope, where="signals.entry")
    >>> rule.inputs
    (('close', 0), ('open', 0), ('close', 1), ('open', 1), ('rsi(14)', 0))
    >>> rule.evaluate(11.0, 10.0, 9.0, 10.0, 55.0)
    True
    >>> rule.evaluate(11.0, 10.0, 9.0, 10.0, 75.0)
    False
    >>> rule.evaluate(9.0, 10.0, 9.0, 10.0, float("nan")) is None
    True
    >>> [(part.depth, part.text, part.holds) for part in rule.explain(11.0, 10.0, 9.0, 10.0, 75.0)][-2:]
    [(2, 'crossover(close, open)', True), (1, 'rsi < 70', False)]
    >>> compile_expression("rsii < 70 AND close >", scope, where="signals.entry")
    Traceback (most recent call last):
    ...
    operators.expressions.errors.ExpressionErrors: signals.entry, character 1: unknown name "rsii" (did you mean "rsi"?)
        rsii < 70 AND close >
        ^
    signals.entry, character 22: expected a name, a number or "(", got the end
        rsii < 70 AND close >
                             ^
    """
    checker, syntax = _read(text, scope, where)
    tree = checker.condition(syntax)
    checker.faults.finish()
    assert tree is not None  # noqa: S101  # a checker that gives nothing has said why
    operands = _operands(tree, checker.faults)
    return CompiledExpression(text, tree, operands, condition_function(tree, operands))


def compile_number(text: str, scope: Scope, *, where: str) -> CompiledNumber:
    """As `compile_expression` for a number.

    >>> compile_number("(close - open) / open", Scope(), where="confidence.value").evaluate(11.0, 10.0)
    0.1
    """
    checker, syntax = _read(text, scope, where)
    tree = checker.number(syntax)
    checker.faults.finish()
    assert tree is not None  # noqa: S101  # as above
    operands = _operands(tree, checker.faults)
    return CompiledNumber(text, tree, operands, number_function(tree, operands))


def _read(text: str, scope: Scope, where: str) -> tuple[Checker, Syntax]:
    syntax, found = read(text)
    return Checker(scope, Faults(Source(text, where), found)), syntax


def _operands(tree: Node, faults: Faults) -> Operands:
    try:
        operands = Operands(tree)
    except ValueError as error:  # something further back than it can be read
        faults.add(tree.at, reason_of(error))
    else:
        if _count(operands.indicators) > MAX_INDICATORS:
            faults.add(0, too_costly(0).reason)
    faults.finish()
    return operands


def _count(indicators: Iterable[Indicator]) -> int:
    """How many distinct indicators these are with all that they read."""
    found: set[Indicator] = set()
    waiting = list(indicators)
    while waiting:
        indicator = waiting.pop()
        if indicator not in found:
            found.add(indicator)
            waiting.extend(indicator.sources)
    return len(found)
