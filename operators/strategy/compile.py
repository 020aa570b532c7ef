"""A checked strategy made ready to run: its distinct indicators, and each rule as a function of column values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from operators.expressions.codegen import Mask
from operators.expressions.compiled import CompiledExpression, compile_expression
from operators.expressions.errors import ExpressionError
from operators.expressions.scope import Scope
from operators.indicators.identity import Indicator, IndicatorError, implicit, resolve
from schemas.problems import Problem, StrategyFileError
from schemas.strategy import RuleType, Side, StrategyConfig

Operand = tuple[str, int]
"""A column id and how many bars back it is read (0 or 1)."""


@dataclass(frozen=True)
class CompiledRule:
    """A rule ready to run.

    ``evaluate`` takes the operands' values in order: True, False, or None for not ready. ``mask`` picks
    the rows of whole arrays at which ``evaluate`` may say True; None where there is no faster way than to ask each row.
    """

    id: str
    type: RuleType
    side: Side
    confidence: float
    condition: str
    operands: tuple[Operand, ...]
    names: Mapping[str, Operand]
    evaluate: Callable[..., bool | None]
    mask: Mask | None = None


@dataclass(frozen=True)
class CompiledStrategy:
    """A strategy ready to run. ``indicators`` are the distinct ones that its rules read."""

    config: StrategyConfig
    indicators: tuple[Indicator, ...]
    entries: tuple[CompiledRule, ...]
    exits: Mapping[Side, tuple[CompiledRule, ...]]


def compile_strategy(config: StrategyConfig, *, origin: str | None = None) -> CompiledStrategy:
    """Check names, parameters and expressions; StrategyFileError lists everything that is wrong.

    >>> from schemas.strategy_file import load_strategy
    >>> dip = load_strategy(b'{"id": "dip", "rules": {"entry": {"condition": "rsi_14 < 30"}}}', origin="dip.json")
    >>> [indicator.key for indicator in compile_strategy(dip).indicators]
    ['rsi(close,period=14)']
    """
    problems: list[Problem] = []
    declared: dict[str, Indicator] = {}
    for one in config.indicators:
        where = f"indicators.{one.name}"
        try:
            declared[one.name] = resolve(one.type, one.parameters, where=where)
        except IndicatorError as error:
            problems.extend(error.problems)
    known: dict[str, Indicator] = {}
    rules: list[CompiledRule] = []
    try:
        scope = _scope(declared, known)
    except ValueError as error:  # two meanings for one name
        problems.append(Problem("indicators", str(error)))
    if not problems:  # a rule that names a refused indicator would only repeat the complaint
        for rule in config.rules:
            try:
                compiled = compile_expression(rule.condition, scope, where=f"rules.{rule.id}")
            except ExpressionError as error:
                problems.append(Problem("", str(error)))
                continue
            rules.append(
                CompiledRule(
                    rule.id,
                    rule.type,
                    rule.side,
                    rule.confidence,
                    rule.condition,
                    compiled.inputs,
                    _explained(compiled),
                    compiled.evaluate,
                    compiled.mask,
                )
            )
    if problems:
        raise StrategyFileError(origin or config.id, problems)
    read = {column for rule in rules for column, _ in rule.operands}
    distinct = {indicator.key: indicator for indicator in (*declared.values(), *known.values())}
    return CompiledStrategy(
        config,
        tuple(
            indicator
            for indicator in distinct.values()
            if any(indicator.column(output) in read for output in indicator.outputs)
        ),
        tuple(rule for rule in rules if rule.type == "entry"),
        {
            "long": tuple(rule for rule in rules if rule.type == "exit" and rule.side == "long"),
            "short": tuple(rule for rule in rules if rule.type == "exit" and rule.side == "short"),
        },
    )


def _explained(compiled: CompiledExpression) -> dict[str, Operand]:
    """Every value that the rule reads, by the name that it uses; ``name[1]`` is the value one candle before."""
    return {
        name if lag == 0 else f"{name}[{lag}]": (column, lag)
        for name, column in compiled.names.items()
        for read, lag in compiled.inputs
        if read == column
    }


def _scope(declared: Mapping[str, Indicator], known: dict[str, Indicator]) -> Scope:
    """Every name that a rule may use. An undeclared ``rsi_14`` is resolved on first use and noted in ``known``."""
    columns: dict[str, str] = {}
    states: dict[str, str] = {}
    for name, indicator in declared.items():
        columns[name] = indicator.column(indicator.outputs[0])
        spellings = {output: output for output in indicator.outputs} | dict(indicator.definition.output_aliases)
        for spelling, output in spellings.items():
            columns[f"{name}.{spelling}"] = indicator.column(output)
            columns.setdefault(f"{name}_{spelling}", indicator.column(output))
        for state, text in indicator.states(name).items():
            states[f"{name}_{state}"] = text

    def undeclared(name: str) -> str | None:
        indicator = implicit(name)
        if indicator is None:
            return None
        known[name] = indicator
        return indicator.column(indicator.outputs[0])

    return Scope(columns=columns, states=states, implicit=undeclared)
