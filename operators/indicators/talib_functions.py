"""TA-Lib's functions as indicators: all that TA-Lib knows of them is taken from TA-Lib, the rest is said here."""

from collections.abc import Mapping

from operators.indicators.definition import IndicatorDefinition, Number, Parameter, fold
from operators.indicators.kernels.talib_kernel import TalibKernel
from operators.indicators.memory import Rule, forgets_nothing_before
from operators.indicators.talib_docs import DOCS
from operators.indicators.talib_memory import FORGETTING, MA_TYPES
from operators.indicators.talib_metadata import TalibFunction, TalibParameter, talib_function
from operators.indicators.talib_names import (
    DEFAULT_OUTPUTS,
    FUNCTION_PARAMETERS,
    KIND_ALIASES,
    OUTPUTS,
    PARAMETERS,
    spelled_out,
)

SINGLE_OUTPUTS = ("real", "integer")
"""TA-Lib's names for the output of a function that has one; here it has the function's name."""

_ORDERED = frozenset({"MACD", "MACDEXT", "APO", "PPO", "PVO"})
"""Functions that swap a fast period and a slow one without a word if they are the wrong way round."""

_BAR_NUMBERS = frozenset({"MAXINDEX", "MININDEX", "MINMAXINDEX"})
_PATTERNS = "Pattern Recognition"
_GROUP_STATES: Mapping[str, Mapping[str, str]] = {
    _PATTERNS: {"bullish": "{name} > 0", "bearish": "{name} < 0"},
}
_GROUP_DOCS: Mapping[str, str] = {
    _PATTERNS: "A candle pattern: 100 (or 80, 200) at the bar that completes a bullish one, -100 (-80, "
    "-200) at a bearish one, else 0.",
    "Math Transform": "A function of one series, bar by bar; NaN where it is not defined.",
}


def talib_indicator(  # noqa: PLR0913  # what a definition may say beside TA-Lib
    kind: str,
    *,
    aliases: tuple[str, ...] = (),
    states: Mapping[str, str] | None = None,
    thresholds: tuple[Parameter, ...] = (),
    output_aliases: Mapping[str, str] | None = None,
    doc: str = "",
) -> IndicatorDefinition:
    """The definition of one of TA-Lib's functions.

    Args:
        kind: its name, in lower case.
        aliases: names beside those that TA-Lib's name and title make.
        states: named conditions, as in the definition.
        thresholds: the levels of the states; a pair of overbought and oversold is held in order.
        output_aliases: names of outputs beside TA-Lib's.
        doc: what it tells; without one, its title says it.

    >>> talib_indicator("cdlengulfing").aliases
    ('engulfing', 'engulfing_pattern')
    """
    function = talib_function(kind.upper())
    parameters = tuple(_parameter(function, told) for told in function.parameters)
    outputs, named = _outputs(function)
    names = {parameter.name: parameter.talib for parameter in parameters}
    return IndicatorDefinition(
        name=kind,
        title=_title(function),
        parameters=parameters,
        inputs=function.inputs,
        sources=function.chosen,
        outputs=_default_first(function, outputs),
        talib_outputs=outputs if outputs != _default_first(function, outputs) else (),
        memory=_memory(TalibKernel(function.name, names)),
        states=states or _GROUP_STATES.get(function.group, {}),
        aliases=_aliases(function, aliases),
        output_aliases={**named, **(output_aliases or {})},
        thresholds=thresholds,
        ordered=_order(function, thresholds),
        group=function.group,
        doc=doc or DOCS.get(function.name) or _GROUP_DOCS.get(function.group, f"{function.title}."),
        counts_bars=function.name in _BAR_NUMBERS,
    )


def _title(function: TalibFunction) -> str:
    """TA-Lib's title without the formula that it has in some."""
    return function.title.partition(":")[0].strip()


def _parameter(function: TalibFunction, told: TalibParameter) -> Parameter:
    known = FUNCTION_PARAMETERS.get((function.name, told.name)) or PARAMETERS.get(told.name, (told.name,))
    aliases = tuple(name for name in known[1:] if fold(name) != fold(told.name))
    return Parameter(
        name=known[0],
        aliases=aliases,
        kind=told.kind,
        default=told.default,
        minimum=told.minimum,
        maximum=told.maximum,
        doc=_in_bars(told) if told.kind is int and not told.ma_type else told.doc,
        talib=told.name,
        choices=MA_TYPES if told.ma_type else {},
    )


def _in_bars(told: TalibParameter) -> str:
    text = told.doc.rstrip(".")
    return text if "bars" in text else f"{text}, in bars"


def _outputs(function: TalibFunction) -> tuple[tuple[str, ...], dict[str, str]]:
    """The canonical names of the outputs in TA-Lib's order, and what else they may be called."""
    if function.outputs[0] in SINGLE_OUTPUTS:
        name = function.name.casefold()
        return (name,), {function.outputs[0]: name}
    known = [OUTPUTS.get(name, (name,)) for name in function.outputs]
    aliases = {
        alias: names[0]
        for told, names in zip(function.outputs, known, strict=True)
        for alias in (told, *names[1:])
        if fold(alias) != fold(names[0])
    }
    return tuple(names[0] for names in known), aliases


def _default_first(function: TalibFunction, outputs: tuple[str, ...]) -> tuple[str, ...]:
    first = DEFAULT_OUTPUTS.get(function.name, outputs[0])
    return (first, *(output for output in outputs if output != first))


def _aliases(function: TalibFunction, more: tuple[str, ...]) -> tuple[str, ...]:
    """Every other name, each once however it is written."""
    found: dict[str, str] = {}
    written = spelled_out(function.name, function.group, function.title)
    for alias in (*more, *written, *KIND_ALIASES.get(function.name, ())):
        if fold(alias) != fold(function.name):
            found.setdefault(fold(alias), alias)
    return tuple(found.values())


def _order(function: TalibFunction, thresholds: tuple[Parameter, ...]) -> tuple[tuple[str, str], ...]:
    order = [("fast_period", "slow_period")] if function.name in _ORDERED else []
    levels = {level.name for level in thresholds}
    return (*order, *([("oversold", "overbought")] if levels >= {"oversold", "overbought"} else []))


def _memory(kernel: TalibKernel) -> Rule:
    """The lookback, which a window of finite length needs, and what it takes to forget what was before."""
    forgetting = FORGETTING.get(kernel.function, forgets_nothing_before)

    def rule(parameters: Mapping[str, Number]) -> int:
        return kernel.lookback(parameters) + forgetting(parameters)

    return rule
