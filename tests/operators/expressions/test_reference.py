"""The reference says what the code does: it is made from it, and every example in it runs."""

import re
from pathlib import Path

import pytest

from operators.expressions import reference as page
from operators.expressions.compiled import compile_expression
from operators.expressions.complete import words
from operators.expressions.functions import FUNCTIONS
from operators.expressions.scope import Scope
from operators.indicators.catalog import CATALOG
from operators.indicators.history import Row
from operators.indicators.series import IndicatorSeries
from operators.strategy.names import scope_of

SCOPE = scope_of({}, {"lstm": ("confidence", "direction")})
NOT_OF_CANDLES = ("position.", "model:")


def test_reference_has_not_drifted() -> None:
    written = Path(page.__file__).with_name("REFERENCE.md").read_text("utf-8")
    remedy = "run: python -m operators.expressions.reference > operators/expressions/REFERENCE.md"
    assert written == page.reference(), remedy


def test_every_example_of_the_page_is_run_below() -> None:
    shown = re.findall(r"^\| `(.*?)` \||\| `([^|]*)` \|$", page.reference(), re.MULTILINE)
    tables = {text for pair in shown for text in pair if text} - {function.signature for function in FUNCTIONS.values()}
    assert tables - {word.word for word in words()} == set(page.examples())


@pytest.mark.parametrize("text", page.examples())
def test_example_compiles_and_is_evaluated(text: str, rows: list[Row], times: list[int]) -> None:
    rule = compile_expression(text, SCOPE, where="example")
    assert compile_expression(str(rule.tree), SCOPE, where="example").tree == rule.tree
    series = IndicatorSeries(history_bars=100)
    series.want(indicator for indicator in rule.indicators if indicator.timeframe is None)
    above = [one for indicator in rule.indicators for one in (indicator, *indicator.sources) if one.timeframe]
    columns = series.extend(rows, times, {name: [1.0] * (len(rows) + 1) for one in above for name in one.columns})
    handed = {column: 1.0 for column, _ in rule.inputs if column not in columns}
    assert all(column.startswith(NOT_OF_CANDLES) or "@" in column for column in handed)
    read = [
        [handed[column]] * len(rows) if column in handed else columns[column][1:] if back == 0 else columns[column][:-1]
        for column, back in rule.inputs
    ]
    said = [rule.evaluate(*values) for values in zip(*read, strict=True)]
    assert {True, False} & set(said)


@pytest.mark.parametrize(
    "state",
    [
        f"{kind}_{state}"
        for kind, definition in CATALOG.items()
        for state in definition.states
        if kind not in FUNCTIONS and all(definition.chosen)
    ],
)
def test_every_named_state_compiles_undeclared(state: str) -> None:
    rule = compile_expression(state, SCOPE, where="state")
    assert str(rule.tree) == state
    assert rule.inputs


def test_every_word_has_one_meaning() -> None:
    listed = [word.word for word in words(SCOPE)]
    assert len(listed) == len(set(listed))
    assert all(word.doc.endswith((".", "`")) for word in words(SCOPE))


def test_words_of_a_strategy_come_after_those_of_the_language() -> None:
    scope = Scope(columns={"fast": "close"}, states={"quick": "fast > 1"}, models={"lstm": ("confidence",)})
    assert [(word.word, word.kind, word.doc) for word in words(scope)[len(words()) :]] == [
        ("fast", "number", "An indicator of this strategy."),
        ("quick", "condition", "`fast > 1`"),
        ("lstm.confidence", "number", "An output of the model `lstm`."),
    ]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_is_shown_in_its_own_example(function: str) -> None:
    assert re.search(rf"\b{function}\b", FUNCTIONS[function].example)
