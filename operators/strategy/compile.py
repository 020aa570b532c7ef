"""A checked strategy made ready to run: its distinct indicators, and each rule as a function of column values."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import getitem, itemgetter

from operators.expressions.arrays import Mask, Whole
from operators.expressions.compiled import compile_expression
from operators.expressions.errors import ExpressionErrors
from operators.expressions.explaining import Explain
from operators.expressions.readings import Operand
from operators.expressions.scope import Scope
from operators.indicators.identity import Indicator
from operators.strategy.confidence import CompiledConfidence, compile_confidence
from operators.strategy.declared import Declarations
from operators.strategy.names import is_about, scope_of
from schemas.problems import Problem, StrategyFileError
from schemas.signal_config import RuleType, Side, SignalConfig
from schemas.strategy import StrategyConfig

_WORD = re.compile(r"[A-Za-z0-9_.]+")


@dataclass(frozen=True)
class CompiledRule:
    """A rule ready to run.

    Attributes:
        id: its name, part of every signal's id.
        type: ``entry`` or ``exit``.
        side: what it enters or leaves.
        condition: its text as written.
        operands: the columns that it reads, and how many bars back.
        names: the same by the names that it uses.
        evaluate: takes the operands' values in order: True, False, or None for not ready.
        whole: the same for arrays: where it holds, and where it is ready.
        mask: picks the rows of arrays at which ``evaluate`` may say True; None where nothing is faster than to ask.
        explain: takes the operands' values: the evaluated condition tree.
        reads_position: whether the operands depend on the position beside the candles.
        confidence: how sure it is.
    """

    id: str
    type: RuleType
    side: Side
    condition: str
    operands: tuple[Operand, ...]
    names: Mapping[str, Operand]
    evaluate: Callable[..., bool | None]
    whole: Whole | None
    mask: Mask | None
    explain: Explain
    reads_position: bool
    confidence: CompiledConfidence

    @cached_property
    def evaluate_first(self) -> Callable[[Mapping[str, Sequence[float]]], bool | None]:
        """``evaluate`` of the first candle of a frame's columns, for a rule that does not read the position."""
        evaluate, operands = self.evaluate, self.operands
        if not operands:
            return lambda _columns: evaluate()
        names = [column for column, _ in operands]
        places = [1 - lag for _, lag in operands]
        if len(names) == 1:
            (name,), (place,) = names, places
            return lambda columns: evaluate(columns[name][place])
        read = itemgetter(*names)
        return lambda columns: evaluate(*map(getitem, read(columns), places))


@dataclass(frozen=True)
class CompiledStrategy:
    """A strategy ready to run. ``indicators`` are the distinct ones that its rules and their confidence read."""

    config: StrategyConfig
    indicators: tuple[Indicator, ...]
    entries: tuple[CompiledRule, ...]
    exits: Mapping[Side, tuple[CompiledRule, ...]]


def compile_strategy(config: StrategyConfig, *, origin: str | None = None) -> CompiledStrategy:
    """Check names, parameters and expressions; StrategyFileError lists everything that is wrong, all of it at once.

    >>> from schemas.strategy_file import load_strategy
    >>> dip = load_strategy(b'{"id": "dip", "rules": {"entry": {"condition": "rsi_14 < 30"}}}', origin="dip.json")
    >>> [indicator.key for indicator in compile_strategy(dip).indicators]
    ['rsi(close,period=14)']
    """
    declarations = Declarations(config.indicators)
    problems = declarations.problems
    indicators: dict[str, Indicator] = {}
    rules: list[CompiledRule] = []
    try:
        scope = scope_of(declarations.found, config.model_outputs())
    except ValueError as error:  # two meanings for one name
        problems.append(Problem("indicators", str(error)))
    else:
        compiler = _RuleCompiler(scope, _subtypes(config), declarations.refused)
        rules = [rule for signal in config.signals if (rule := compiler.rule(signal)) is not None]
        problems += compiler.problems
        indicators = compiler.indicators
    if problems:
        raise StrategyFileError(origin or config.id, problems)
    exits = [rule for rule in rules if rule.type == "exit"]
    return CompiledStrategy(
        config,
        tuple(indicators.values()),
        tuple(rule for rule in rules if rule.type == "entry"),
        {
            "long": tuple(rule for rule in exits if rule.side == "long"),
            "short": tuple(rule for rule in exits if rule.side == "short"),
        },
    )


class _RuleCompiler:
    """Compiles rule after rule; gathers the indicators that they read and everything that is wrong with them."""

    def __init__(self, scope: Scope, subtypes: Mapping[str, str], refused: Collection[str]) -> None:
        self._scope = scope
        self._subtypes = subtypes
        self._refused = refused
        self.indicators: dict[str, Indicator] = {}
        self.problems: list[Problem] = []

    def rule(self, signal: SignalConfig) -> CompiledRule | None:
        """The rule, or None where something is wrong with it."""
        where = f"signals.{signal.id}"
        try:
            expression = compile_expression(signal.expression, self._scope, where=where)
            confidence = compile_confidence(
                signal.confidence, self._scope, expression.tree, where=where, subtypes=self._subtypes
            )
        except ExpressionErrors as errors:
            # A name of an indicator that was refused would only repeat the complaint.
            new = [error for error in errors.errors if not is_about(_word(error.text, error.at), self._refused)]
            self.problems += [Problem("", str(error)) for error in new]
            return None
        for indicator in (*expression.indicators, *confidence.indicators):
            self.indicators[indicator.key] = indicator
        return CompiledRule(
            id=signal.id,
            type=signal.type,
            side=signal.side,
            condition=signal.expression,
            operands=expression.inputs,
            names=expression.names,
            evaluate=expression.evaluate,
            whole=expression.whole,
            mask=expression.mask,
            explain=expression.explain,
            reads_position=expression.reads_position,
            confidence=confidence,
        )


def _subtypes(config: StrategyConfig) -> dict[str, str]:
    """The id of the model of a subtype, for subtypes that one model alone has."""
    models = [(str(model.subtype), model.id) for model in config.models]
    counted = [subtype for subtype, _ in models]
    return {subtype: model for subtype, model in models if counted.count(subtype) == 1}


def _word(text: str, at: int) -> str:
    """The name at a place of a text."""
    found = _WORD.match(text, at)
    return "" if found is None else found.group()
