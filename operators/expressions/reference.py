"""The reference of the language on one page, made from the code: ``REFERENCE.md`` beside this file.

``python -m operators.expressions.reference > operators/expressions/REFERENCE.md`` writes it; a test fails when it has
drifted, and another compiles and evaluates every example in it.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from operators.expressions.compiled import compile_expression
from operators.expressions.complete import Word, words
from operators.expressions.errors import ExpressionErrors
from operators.expressions.functions import FUNCTIONS
from operators.expressions.limits import MAX_BACK, MAX_DEPTH, MAX_INDICATORS, MAX_LENGTH, MAX_NODES, MAX_WINDOW
from operators.expressions.scope import Scope
from operators.indicators.clock import WEEKDAYS


class Example(NamedTuple):
    """A condition that compiles, and what it says."""

    text: str
    means: str


OPERATORS: Sequence[Example] = (
    Example("rsi_14 < 30 OR close < sma_50", "`OR`, `||`: at least one holds"),
    Example("close > sma_50 AND volume > 0", "`AND`, `&&`: both hold"),
    Example("NOT close > sma_50", "`NOT`, `!`: it does not hold"),
    Example("rsi_14 <= 30", "`<` `<=` `>` `>=` `==` `!=` compare two numbers"),
    Example("30 < rsi_14 < 70", "a chain, in one direction: 30 < rsi_14 AND rsi_14 < 70"),
    Example("close > sma_50 + 2 * atr_14", "`+` `-`; `*` `/` `%` bind more tightly; `%` has the sign of what divides"),
    Example("-change(close) > atr_14", "`-` before a number"),
)
BACK: Sequence[Example] = (
    Example("close > close[1]", "above the close one bar ago"),
    Example("macd_crossover_bullish[2]", "the state held two bars ago"),
    Example("(close - open)[1] > 0", "everything between the parentheses, one bar ago"),
)
ELSEWHERE: Sequence[Example] = (
    Example("rsi_14@1h > 50", "RSI of the last hour that has closed"),
    Example("close > highest(high, 20)@4h", "the greatest high of the last 20 closed candles of 4h"),
    Example("macd_crossover_bullish@1h", "holds on the one bar on which the hour of the crossing closed"),
    Example("close@1d > close[1]@1d", "the last closed day above the day before it"),
    Example("rsi_14@1h > rsi_14@1h[3]", "`rsi_14@1h` as it was three bars of the strategy's own candles ago"),
)
NAMES: Sequence[Example] = (
    Example("ema_12 > ema_26", "an undeclared indicator with its one period"),
    Example("macd.histogram > 0", "an undeclared indicator with its usual parameters, and one of its outputs"),
    Example("macd_crossover_bullish", "a named state of an indicator, declared or not"),
    Example("rsi_14_oversold", "the same for an indicator with its period"),
    Example(
        "engulfing > 0", "a candle pattern: above 0 where a bullish one is complete, below 0 a bearish one, else 0"
    ),
    Example("lstm.confidence > 0.8", "an output of a model, by the model's id"),
    Example("hl2 > sma_50", "a price: `open` `high` `low` `close` `volume` `hl2` `hlc3` `ohlc4`"),
)
POSITION: Sequence[Example] = (
    Example('position.side == "long"', ""),
    Example("position.bars_held >= 10", ""),
    Example("position.pnl < -0.02", ""),
    Example("close < 0.98 * position.entry_price", ""),
)
WRONG = "rsii < 30 AND close >"
WRONG_SCOPE = Scope(columns={"rsi": "close"})


def examples() -> list[str]:
    """Every example of the page."""
    shown = [example.text for group in (OPERATORS, BACK, ELSEWHERE, NAMES, POSITION) for example in group]
    return [*shown, *(function.example for function in FUNCTIONS.values())]


_PAGE = """# The expression language

<!-- Made by operators/expressions/reference.py; a test holds the two equal. -->

A rule is a condition over the candle that has just closed. There are numbers, conditions (true or false) and one side
(`position.side`); they do not mix: `rsi_14` is no condition, `rsi_14 > 0` is.

**When a rule is ready.** It is evaluated only where every value that it reads, anywhere in it, is there: an indicator
that is still warming up, a division by zero or a result too large for a float makes the whole rule not ready, which
never holds, even beside an `OR`. A window is ready where its condition or number is ready on each of its bars.

## Operators
From the loosest to the tightest. Keywords are read in any case; names keep theirs. `(` and `)` group.

{operators}

## Bars before this one
`x[n]` is x as it was n bars ago, n a whole number from 0 to {back}; it binds most tightly. A negative one is refused: a
rule cannot look ahead. Of a position only this bar is known, of a model's output also the one before.

{examples_back}

## Other timeframes
`x@1h` is x over the candles of a longer timeframe. Only closed candles count, and the last one's value holds until the
next closes. `@` and `[n]` are read from left to right. `crossover` and `crossunder` of such values compare two bars of
the strategy's own candles.

{elsewhere}

## Names
What a strategy declares goes by `name`, `name.output`, and `name_state` for its named states. What it does not declare
may be read all the same:

{names}

## What the strategy holds
Known to exit rules; an entry rule is asked when flat.

{position}

## Functions
`n` is a whole number of bars up to {window}, written as a number: the length of a window is never worked out. Times are
those of the candle's **opening**; clocks go forward and back as the zone's law has it.

{functions}

Days by name, for `weekday`: {days}.

## Bounds
At most {length} characters, {nodes} parts with named states written out, {depth} levels of nesting, {indicators}
indicators and windows.

## Errors
All that is wrong with a text is told at once:

```text
{refusal}
```
"""


def reference() -> str:
    """The page, as Markdown."""
    position = [word for word in words() if word.word.startswith("position.")]
    functions = [word for word in words() if word.word in FUNCTIONS]
    return _PAGE.format(
        operators=_table(("example", "meaning"), OPERATORS),
        examples_back=_table(("example", "meaning"), BACK),
        elsewhere=_table(("example", "meaning"), ELSEWHERE),
        names=_table(("example", "meaning"), NAMES),
        position=_words(position, [example.text for example in POSITION]),
        functions=_words(functions, [function.example for function in FUNCTIONS.values()]),
        days=", ".join(f"`{name}` {day}" for name, day in WEEKDAYS.items()),
        refusal=_refusal(),
        back=f"{MAX_BACK:,}",
        window=f"{MAX_WINDOW:,}",
        length=f"{MAX_LENGTH:,}",
        nodes=MAX_NODES,
        depth=MAX_DEPTH,
        indicators=MAX_INDICATORS,
    )


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [" | ".join(head), " | ".join("---" for _ in head)]
    lines += [" | ".join((f"`{_cell(first)}`", *map(_cell, rest))) for first, *rest in rows]
    return "\n".join(f"| {line} |" for line in lines)


def _words(given: Sequence[Word], shown: Sequence[str]) -> str:
    rows = [(word.usage if word.kind != "side" else word.word, word.kind, word.doc) for word in given]
    both = [(*row, f"`{example}`") for row, example in zip(rows, shown, strict=True)]
    return _table(("word", "gives", "meaning", "example"), both)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _refusal() -> str:
    try:
        compile_expression(WRONG, WRONG_SCOPE, where="signals.dip")
    except ExpressionErrors as errors:
        return str(errors)
    raise AssertionError(WRONG)


if __name__ == "__main__":
    print(reference(), end="")  # noqa: T201  # this is what the module does when it is run
