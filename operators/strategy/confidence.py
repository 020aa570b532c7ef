"""A rule's confidence made ready to run: what to read, and what it says of a candle. Formulas: `schemas.confidence`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from operators.expressions.compiled import CompiledExpression, CompiledNumber, compile_expression, compile_number
from operators.expressions.errors import ExpressionError, ExpressionErrors
from operators.expressions.nodes import And, Condition, Or
from operators.expressions.readings import Operand
from operators.expressions.scope import Scope
from operators.indicators.node import Indicator
from schemas.confidence import VALUE, WEIGHT, scaled, weighted
from schemas.signal import ConfidenceMethod
from schemas.signal_config import Confidence, FixedConfidence, ScaledConfidence

TECHNICAL: Final = "technical_confirmation"
"""The part that every rule has: how many of the conditions that its outermost AND or OR joins, and that read no model,
hold; as a fraction. Of a rule that joins nothing it is the one condition."""

OF_MODEL: Final = "_confidence"
"""What follows a model's id, or its subtype, in the name of the part that is that model's output ``confidence``."""

Terms = dict[str, float]
_Compiled = CompiledExpression | CompiledNumber


@dataclass(frozen=True)
class CompiledConfidence:
    """How sure a rule is, ready to run.

    ``measure`` takes the values of ``operands`` in order, NaN for what is not ready, and gives the confidence, in
    [0, 1], with the terms from which `schemas.confidence.recompute` gives it again. It does not raise. A part that is
    not ready has no value among the terms and counts 0. ``indicators`` are those that the operands are columns of.
    ``operations`` counts what it is made of.
    """

    method: ConfidenceMethod
    operands: tuple[Operand, ...]
    indicators: tuple[Indicator, ...]
    measure: Callable[..., tuple[float, Terms]]
    operations: int = 0


def compile_confidence(
    confidence: Confidence, scope: Scope, tree: Condition, *, where: str, subtypes: Mapping[str, str] | None = None
) -> CompiledConfidence:
    """The confidence of the rule with this checked tree, whose names mean what they mean in ``scope``.

    ``where`` is the rule's place, for messages; ``subtypes`` gives a model's id for the subtype that only it has.
    Raises `ExpressionErrors` with everything that is wrong with any part.
    """
    if isinstance(confidence, FixedConfidence):
        return fixed_confidence(confidence.value)
    if isinstance(confidence, ScaledConfidence):
        return _scaled(confidence, compile_number(confidence.value, scope, where=f"{where}.confidence.value"))
    parts = _Parts(scope, tree, confidence.parts, subtypes or {}, where)
    errors: list[ExpressionError] = []
    found: list[tuple[str, float, Sequence[_Compiled]]] = []
    for name, weight in confidence.weights.items():
        try:
            found.append((name, weight, parts.compiled(name)))
        except ExpressionErrors as error:
            errors += error.errors
    if errors:
        raise ExpressionErrors(errors)
    # By name: a version travels with its keys sorted, and a signal's bytes must not tell by which way it came.
    found.sort(key=lambda part: part[0])
    return _weighted(found)


def fixed_confidence(value: float) -> CompiledConfidence:
    """The same confidence at every candle.

    >>> fixed_confidence(0.75).measure()
    (0.75, {'value': 0.75})
    """
    terms = {"value": value}
    return CompiledConfidence("fixed", (), (), lambda: (value, terms))


class _Parts:
    """What the name of a part stands for, as expressions of which the part is the mean."""

    def __init__(
        self, scope: Scope, tree: Condition, named: Mapping[str, str], subtypes: Mapping[str, str], where: str
    ) -> None:
        self._scope = scope
        self._tree = tree
        self._named = named
        self._subtypes = subtypes
        self._where = f"{where}.confidence"

    def compiled(self, name: str) -> Sequence[_Compiled]:
        """One expression, or the conditions of which the share that holds is meant."""
        if name in self._named:
            return [self._either(self._named[name], f"parts.{name}")]
        where = f"weights.{name}"
        if name == TECHNICAL:
            return self._technical(where)
        prefix = name.removesuffix(OF_MODEL)
        model = self._subtypes.get(prefix, prefix)
        if name != prefix and model in self._scope.models:
            return [compile_number(f"{model}.confidence", self._scope, where=f"{self._where}.{where}")]
        return [self._either(name, where)]

    def _technical(self, where: str) -> Sequence[_Compiled]:
        tree = self._tree
        joined = tree.operands if isinstance(tree, And | Or) else (tree,)
        each = [compile_expression(str(one), self._scope, where=f"{self._where}.{where}") for one in joined]
        technical = [one for one in each if not one.reads_models]
        if not technical:
            reason = f"expected a condition that reads no model for {TECHNICAL} to confirm, got none in this signal"
            raise ExpressionErrors([ExpressionError(reason, where=f"{self._where}.{where}", text=str(tree), at=0)])
        return technical

    def _either(self, text: str, where: str) -> _Compiled:
        """A condition, which counts 1 or 0, or a number."""
        try:
            return compile_expression(text, self._scope, where=f"{self._where}.{where}")
        except ExpressionErrors as as_condition:
            try:
                return compile_number(text, self._scope, where=f"{self._where}.{where}")
            except ExpressionErrors:
                raise as_condition from None


def _scaled(confidence: ScaledConfidence, expression: CompiledNumber) -> CompiledConfidence:
    fixed_terms = {
        "threshold": confidence.threshold,
        "full": confidence.full,
        "least": confidence.least,
        "most": confidence.most,
    }
    evaluate = expression.evaluate

    def measure(*values: float) -> tuple[float, Terms]:
        value = evaluate(*values)
        terms = fixed_terms if value is None else {"value": value, **fixed_terms}
        return scaled(terms), terms

    return CompiledConfidence("scaled", expression.inputs, expression.indicators, measure, expression.operations)


def _weighted(parts: Sequence[tuple[str, float, Sequence[_Compiled]]]) -> CompiledConfidence:
    expressions = [one for _, _, each in parts for one in each]
    operands = tuple(dict.fromkeys(operand for one in expressions for operand in one.inputs))
    places = {operand: place for place, operand in enumerate(operands)}
    readers = [
        (
            WEIGHT + name,
            weight,
            VALUE + name,
            [(one.evaluate, [places[operand] for operand in one.inputs]) for one in each],
        )
        for name, weight, each in parts
    ]

    def measure(*values: float) -> tuple[float, Terms]:
        terms: Terms = {}
        for weight_name, weight, value_name, each in readers:
            terms[weight_name] = weight
            said = [evaluate(*[values[place] for place in read]) for evaluate, read in each]
            counted = [min(max(0.0, float(one)), 1.0) for one in said if one is not None]
            if len(counted) == len(said):
                terms[value_name] = sum(counted) / len(said)
        return weighted(terms), terms

    indicators = {indicator.key: indicator for one in expressions for indicator in one.indicators}
    operations = sum(one.operations for one in expressions)
    return CompiledConfidence("weighted", operands, tuple(indicators.values()), measure, operations)
