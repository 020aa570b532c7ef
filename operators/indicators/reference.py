"""The reference of all indicators on one page, made from their definitions: ``REFERENCE.md`` beside this file.

``python -m operators.indicators.reference > operators/indicators/REFERENCE.md`` writes it; a test fails when it has
drifted.
"""

from collections.abc import Iterable, Iterator, Sequence

from operators.indicators.catalog import CATALOG
from operators.indicators.definition import IndicatorDefinition, Parameter, fold
from operators.indicators.kernels.talib_kernel import kernel_of
from operators.indicators.talib_functions import SINGLE_OUTPUTS

PAGE = "REFERENCE.md"

_ANY = 1e30

_IN_A_TABLE = ("Math Transform", "Pattern Recognition")
"""Groups of which the members differ in little but their names."""

_HEAD = """# Indicators

<!-- Made by operators/indicators/reference.py; a test holds the two equal. -->

{count} indicators: all of TA-Lib's functions, and what TA-Lib lacks. A strategy declares one under a name of its own,

```json
{{"name": "bands", "type": "bbands", "parameters": {{"period": 50}}, "source": "hl2", "timeframe": "1h"}}
```

and its expressions read `bands.upper`, `bands` (the first output) and the named state `bands_squeeze`. Without a
declaration `rsi_14` is the indicator with that `period`, `macd.signal` the one with its usual parameters, and
`macd_crossover_bullish` a state of it.

- **Names.** Kinds, parameters and outputs go by any name listed here; case, `_` and `-` never count.
- **Reads.** What is *chosen* is the price that stands here, unless `source` says otherwise: `open high low close volume
  hl2 hlc3 ohlc4`, another indicator of the strategy, or one of its outputs. The rest is fixed.
- **Ready.** The first value comes after so many bars, here with the usual parameters and of prices; before that a rule
  that reads it is not ready, and never true.
- **Formulas** are TA-Lib's where none is given.

{contents}
"""

_TAIL = """## Other names of parameters

| parameter | also |
| --- | --- |
{names}
"""


def reference_page() -> str:
    """The whole page as Markdown, the same for the same definitions."""
    groups: dict[str, list[IndicatorDefinition]] = {}
    for definition in sorted(CATALOG.values(), key=lambda one: one.name):
        groups.setdefault(definition.group, []).append(definition)
    contents = "\n".join(f"- [{group}](#{_anchor(group)}): {_links(groups[group], group)}" for group in sorted(groups))
    parts = [_HEAD.format(count=len(CATALOG), contents=contents)]
    for group in sorted(groups):
        parts.append(f"## {group}\n")
        if group in _IN_A_TABLE:
            parts.append(_table(groups[group]))
        else:
            parts.extend("\n".join(_entry(definition)) + "\n" for definition in groups[group])
    parts.append(_TAIL.format(names="\n".join(f"| `{name}` | {_codes(also)} |" for name, also in _parameter_names())))
    return "\n".join(parts)


def _anchor(heading: str) -> str:
    return heading.casefold().replace(" ", "-")


def _links(definitions: Sequence[IndicatorDefinition], group: str) -> str:
    if group in _IN_A_TABLE:
        return f"{len(definitions)} of them"
    return " ".join(f"[{definition.name}](#{definition.name})" for definition in definitions)


def _entry(definition: IndicatorDefinition) -> Iterator[str]:
    yield f"### {definition.name}"
    yield f"{definition.title}. {_plain(definition.doc)}\n"
    if definition.aliases:
        yield f"- also {_codes(definition.aliases)}"
    chosen = [f"`{price}` (chosen)" if price else "a chosen series" for price in definition.chosen]
    yield f"- reads {', '.join([*chosen, *(f'`{name}`' for name in definition.inputs)])}; {_ready(definition)}"
    yield f"- gives {', '.join(_output(definition, output) for output in definition.outputs)}"
    yield from (f"- {_parameter(parameter)}" for parameter in definition.parameters)
    for state, text in definition.states.items():
        levels = {level.name: _number(level.default) for level in definition.thresholds}
        yield f"- state `{definition.name}_{state}`: `{text.format(name=definition.name, **levels)}`"
    yield from (f"- level {_parameter(level)}" for level in definition.thresholds)
    if definition.formula:
        yield f"- formula: {definition.formula}"
    if definition.source:
        yield f"- source: {definition.source}"


def _table(definitions: Sequence[IndicatorDefinition]) -> str:
    """A row for each of a group, of which the first says what is true of all."""
    first = definitions[0]
    reads = ", ".join(f"`{name}`" for name in first.inputs) or "`close` (chosen)"
    states = "; ".join(f"state `NAME_{state}`: `{text.format(name='NAME')}`" for state, text in first.states.items())
    lines = [f"{_plain(first.doc)}\n", f"- reads {reads}", *([f"- {states}"] if states else []), ""]
    lines += ["| name | also | title | ready after | parameters |", "| --- | --- | --- | --- | --- |"]
    for definition in definitions:
        usual = {parameter.name: parameter.default for parameter in definition.parameters}
        told = "; ".join(map(_parameter, definition.parameters))
        bars = kernel_of(definition).lookback(usual)
        lines.append(f"| `{definition.name}` | {_codes(definition.aliases)} | {definition.title} | {bars} | {told} |")
    return "\n".join(lines) + "\n"


def _ready(definition: IndicatorDefinition) -> str:
    bars = kernel_of(definition).lookback({parameter.name: parameter.default for parameter in definition.parameters})
    return f"ready after {bars} bars" if bars else "ready at once"


def _output(definition: IndicatorDefinition, output: str) -> str:
    named = definition.output_aliases.items()
    aliases = [alias for alias, meant in named if meant == output and alias not in SINGLE_OUTPUTS]
    return f"`{output}` ({', '.join(aliases)})" if aliases else f"`{output}`"


def _parameter(parameter: Parameter) -> str:
    if parameter.choices:
        values = parameter.written or f"one of {' '.join(parameter.choices)}"
    else:
        low, high = parameter.minimum, parameter.maximum
        values = "any" if -low == high > _ANY else f"{_number(low)} to {_number(high)}"
    default = parameter.text(parameter.default) if parameter.choices else _number(parameter.default)
    return f"`{parameter.name}` = {default} ({values}): {_plain(parameter.doc)}"


def _parameter_names() -> Iterator[tuple[str, list[str]]]:
    """Each parameter with what else it is called by any of the indicators that have it."""
    found: dict[str, dict[str, None]] = {}
    for definition in CATALOG.values():
        for parameter in (*definition.parameters, *definition.thresholds):
            names = dict.fromkeys(filter(None, (*parameter.aliases, parameter.talib)))
            others = {name: None for name in names if fold(name) != fold(parameter.name)}
            found.setdefault(parameter.name, {}).update(others)
    return ((name, list(also)) for name, also in sorted(found.items()) if also)


def _number(value: float) -> str:
    """A number as a person writes it."""
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"


def _plain(text: str) -> str:
    return text.replace("``", "`")


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    print(reference_page(), end="")  # noqa: T201  # the page is the answer
