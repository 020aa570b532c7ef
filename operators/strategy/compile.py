"""A checked strategy made ready to run: its distinct indicators, and each rule as a function of column values."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from operator import getitem, itemgetter
from typing import Any, Literal, ParamSpec, TypeVar

from operators.expressions.arrays import Mask, Whole
from operators.expressions.compiled import CompiledExpression, compile_expression
from operators.expressions.errors import ExpressionErrors
from operators.expressions.explaining import Explain
from operators.expressions.readings import Operand
from operators.expressions.scope import Scope
from operators.indicators.graph import ordered
from operators.indicators.identity import Indicator
from operators.strategy.budget import over_budget
from operators.strategy.confidence import CompiledConfidence, compile_confidence
from operators.strategy.declared import Declarations
from operators.strategy.names import is_about, scope_of
from operators.strategy.trading_columns import NO_COLUMNS, TradingColumns, trading_of
from schemas.problems import Problem, StrategyFileError
from schemas.signal_config import RuleType, Side, SignalConfig
from schemas.strategy import StrategyConfig
from schemas.strategy_draft import MAX_PROBLEMS

LONGEST_TOGETHER = 2_000_000
"""Candles that the indicators of one strategy may need, added up: a worker that resumes reads them all again."""

REMEMBERED = 4_096
"""What rules read, in so many ways, is shared by all that read the same."""

P = ParamSpec("P")
R = TypeVar("R")

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
        operations: how many there are in its expression and in its confidence.
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
    operations: int = 1

    @cached_property
    def first_values(self) -> Callable[[Mapping[str, Sequence[float]]], Iterable[float]]:
        """The operands' values at the first candle of a frame's columns, for a rule that does not read the position."""
        return _first_values(self.operands)


@dataclass(frozen=True)
class CompiledStrategy:
    """A strategy ready to run.

    Attributes:
        config: what it was made of.
        indicators: the distinct ones that its rules, their confidence and its orders read.
        entries: its entry rules, in the order of the file.
        exits: its exit rules by the side that they leave.
        trading: the columns that its orders are counted in.
        counted_in: the indicators behind those, by the section that asks for them, ``risk`` or ``execution``.
    """

    config: StrategyConfig
    indicators: tuple[Indicator, ...]
    entries: tuple[CompiledRule, ...]
    exits: Mapping[Side, tuple[CompiledRule, ...]]
    trading: TradingColumns = NO_COLUMNS
    counted_in: Mapping[str, tuple[Indicator, ...]] = field(default_factory=dict)

    @cached_property
    def columns(self) -> frozenset[str]:
        """Every column that a rule, its confidence or an order reads."""
        rules = (*self.entries, *(rule for side in self.exits.values() for rule in side))
        read = [column for rule in rules for column, _ in (*rule.operands, *rule.confidence.operands)]
        behind = (indicator for section in self.counted_in.values() for indicator in section)
        return frozenset((*read, *(indicator.columns[0] for indicator in behind)))


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
    trading = trading_of(config)
    problems += trading.problems
    try:
        scope = scope_of(declarations.found, config.model_outputs())
    except ValueError as error:  # two meanings for one name
        problems.append(Problem("indicators", str(error)))
    else:
        compiler = _RuleCompiler(scope, _subtypes(config), declarations.refused)
        for signal in config.signals:
            if len(problems) + len(compiler.problems) >= MAX_PROBLEMS:
                compiler.problems.append(
                    Problem("signals", f"there are more than {MAX_PROBLEMS} problems: these first")
                )
                break
            rule = compiler.rule(signal)
            if rule is not None:
                rules.append(rule)
        problems += compiler.problems
        indicators = compiler.indicators
        for indicator in trading.indicators:
            indicators.setdefault(indicator.key, indicator)
        problems += _too_long(indicators.values())
        problems += over_budget(rules, indicators.values())
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
        trading.columns,
        trading.reads,
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
        expression = self._tried(compile_expression, signal.expression, self._scope, where=where)
        # Where the expression is refused, any other stands in for it, so that the confidence is checked all the same.
        tree = (expression or compile_expression("close > 0", self._scope, where=where)).tree
        confidence = self._tried(
            compile_confidence, signal.confidence, self._scope, tree, where=where, subtypes=self._subtypes
        )
        if expression is None or confidence is None:
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
            whole=_on_call(expression, "whole"),
            mask=_on_call(expression, "mask") if expression.inputs else None,
            explain=_on_call(expression, "explain"),
            reads_position=expression.reads_position,
            confidence=confidence,
            operations=expression.operations + confidence.operations,
        )

    def _tried(self, compiler: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R | None:
        """What the compiler gives, or None; its errors become problems."""
        try:
            return compiler(*args, **kwargs)
        except ExpressionErrors as errors:
            # A name of an indicator that was refused would only repeat the complaint.
            new = [error for error in errors.errors if not is_about(_word(error.text, error.at), self._refused)]
            self.problems += [Problem("", str(error)) for error in new]
            return None


def _too_long(indicators: Iterable[Indicator]) -> list[Problem]:
    """A problem where all indicators together need more history than a series can keep and read again in good time."""
    graph = ordered(indicators)
    total = sum(indicator.reach for indicator in graph)
    if total <= LONGEST_TOGETHER:
        return []
    longest = max(graph, key=lambda indicator: indicator.reach)
    message = (
        f"expected indicators that need at most {LONGEST_TOGETHER:,} candles of history together, got {total:,}: "
        f"shorten periods; the longest, {longest.key:.200}, needs {longest.reach:,}"
    )
    return [Problem("indicators", message)]


@lru_cache(maxsize=REMEMBERED)
def _first_values(operands: tuple[Operand, ...]) -> Callable[[Mapping[str, Sequence[float]]], Iterable[float]]:
    """One function for all rules that read the same: of thousands, each its own would not stay in the cache."""
    names = [column for column, _ in operands]
    places = tuple(1 - lag for _, lag in operands)
    if not names:
        return lambda _columns: ()
    if len(names) == 1:  # then itemgetter gives no tuple
        (name,), (place,) = names, places
        return lambda columns: (columns[name][place],)
    read = itemgetter(*names)
    return lambda columns: map(getitem, read(columns), places)


def _on_call(expression: CompiledExpression, name: Literal["whole", "mask", "explain"]) -> Callable[..., Any]:
    """A function of an expression, not generated before it is called: of all strategies few signal, or are behind."""

    def called(*values: object) -> object:
        return getattr(expression, name)(*values)

    return called


def _subtypes(config: StrategyConfig) -> dict[str, str]:
    """The id of the model of a subtype, for subtypes that one model alone has."""
    models = [(str(model.subtype), model.id) for model in config.models]
    counted = [subtype for subtype, _ in models]
    return {subtype: model for subtype, model in models if counted.count(subtype) == 1}


def _word(text: str, at: int) -> str:
    """The name at a place of a text."""
    found = _WORD.match(text, at)
    return "" if found is None else found.group()
