"""The reference page of all indicators, made from their definitions."""

from collections.abc import Iterable, Iterator

from operators.indicators.catalog import CATALOG
from operators.indicators.definition import IndicatorDefinition, Parameter

PAGE = "REFERENCE.md"

_HEAD = """\
# Indicators

Made from the code by `python -m operators.indicators.reference`: {count} indicators. In a strategy each goes by its name or an
alias, in any case; its outputs by `name.output`, the first by the bare name. Without a declaration `rsi_14` is the indicator
with that period, `macd.signal` the one with its usual parameters. An indicator with *chosen* inputs reads `close` unless
`source` says otherwise: a price (`open high low close volume hl2 hlc3 ohlc4`), another indicator, or one of its outputs.

Values are NaN until enough candles came; a rule that reads one is not ready until then, and never true. Formulas are TA-Lib's
where none is given.
"""


def reference_page() -> str:
    """The whole page as Markdown, the same for the same definitions."""
    groups: dict[str, list[IndicatorDefinition]] = {}
    for definition in CATALOG.values():
        groups.setdefault(definition.group or "Other", []).append(definition)
    parts = [_HEAD.format(count=len(CATALOG))]
    for group in sorted(groups):
        parts.append(f"## {group}\n")
        parts.extend(_entry(definition) for definition in sorted(groups[group], key=lambda one: one.name))
    return "\n".join(parts)


def _entry(definition: IndicatorDefinition) -> str:
    return "\n".join(f"{line}" for line in _lines(definition)) + "\n"


def _lines(definition: IndicatorDefinition) -> Iterator[str]:
    aliases = f" (also {_codes(definition.aliases)})" if definition.aliases else ""
    doc = f" {definition.doc}" if definition.doc else ""
    yield f"**`{definition.name}`**{aliases}: {definition.title}.{doc}"
    reads = [*(f"{price or 'no default'} (chosen)" for price in definition.chosen), *definition.inputs]
    yield f"- reads {', '.join(reads)}; gives {_codes(definition.outputs)}"
    if definition.parameters:
        yield f"- {'; '.join(map(_parameter, definition.parameters))}"
    if definition.states:
        levels = f" (levels: {'; '.join(map(_parameter, definition.thresholds))})" if definition.thresholds else ""
        yield f"- states {_codes(f'{definition.name}_{state}' for state in definition.states)}{levels}"
    if definition.formula:
        yield f"- formula: {definition.formula}"
    if definition.source:
        yield f"- source: {definition.source}"


def _parameter(parameter: Parameter) -> str:
    bounds = f"{_number(parameter.minimum)} to {_number(parameter.maximum)}"
    return f"`{parameter.name}` = {_number(parameter.default)} ({bounds})"


def _number(value: float) -> str:
    """A number as a person writes it."""
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    print(reference_page())  # noqa: T201  # the page is the answer
