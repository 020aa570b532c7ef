"""Good files with random changes, and random expressions in them: the one error, or a strategy that runs.

What compiles is fed 300 candles, and has to come through them without an error of its own: a rule that raised would
have been quarantined.
"""

import json
import random
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from operators.expressions.functions import FUNCTIONS
from operators.strategy.compile import compile_strategy
from schemas.alert import Alert
from schemas.lifecycle import StrategyVersion
from schemas.problems import StrategyFileError
from schemas.strategy_file import load_strategy
from tests.operators.plain_engine import PlainEngine, batch, command, desired, row
from tests.operators.strategy.broken_strategies import BROKEN, GOOD

Document = Any
Path = tuple[int | str, ...]

CANNOT_RUN_HERE = "cannot be computed here"
"""What a strategy is told that asks for candles shorter than those of its series, or not made of them."""

_CHANCE = random.Random(3)
_CLOSES = [100.0]
for _ in range(299):
    _CLOSES.append(_CLOSES[-1] * _CHANCE.uniform(0.98, 1.021))
CANDLES = [row(n, close=close, volume=float(_CHANCE.randrange(50))) for n, close in enumerate(_CLOSES)]


def survives(document: Document) -> bool:
    """Whether the document is a strategy; then it has run. Fails where it raised, or anything but the one error was."""
    try:
        config = load_strategy(json.dumps(document).encode(), origin="fuzzed.json")
        compile_strategy(config)
    except StrategyFileError as error:
        assert str(error).encode()  # noqa: PT017  # either way is right; it can be shown
        assert all(problem.message for problem in error.problems)  # noqa: PT017  # as above
        return False
    everywhere = config.model_copy(update={"symbols": ("*",), "timeframes": ("*",)})
    about = StrategyVersion(strategy=config.id, version=1, config=everywhere)
    engine = PlainEngine(compile_strategy, history_bars=256)
    engine.feed(command(about, desired(about)), batch(*CANDLES[:200]))
    engine.feed(batch(*CANDLES[200:250], first_offset=200))
    for number in range(250, 300):
        engine.feed(batch(CANDLES[number], first_offset=number))
    records = [record for records in engine.out.values() for record in records]
    # A value beyond 1e300 is what an amount of 1e308 asks for: it is to be taken out of service, and for that alone.
    meant = (CANNOT_RUN_HERE, "AbsurdValue: ")
    raised = [
        one.message for one in records if isinstance(one, Alert) and not any(words in one.message for words in meant)
    ]
    assert not raised
    return True


@pytest.mark.parametrize("document", GOOD.values(), ids=GOOD)
def test_what_they_are_made_of_runs(document: Document) -> None:
    assert survives(document)


leaves = (
    st.none()
    | st.booleans()
    | st.integers(-3, 300)
    | st.sampled_from([10**5, 10**18, 10**400, 0.5, -1.5, 1e308, 5e-324])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from(
        ["*", "1h", "30s", "rsi", "macd", "bbands", "obv", "hl2", "fast", "long", "exit", "zscore", "lag"]
    )
    | st.sampled_from(["rsi_14 < 50", "close > mean(close, 20)", "close[3]", "macd.signal@15m > 0", "position.pnl"])
)


keys = st.text(max_size=6) | st.sampled_from(["type", "rsi", "macd", "period"])


def places(document: Document, path: Path = ()) -> list[Path]:
    """Every place inside a document."""
    items = document.items() if isinstance(document, dict) else enumerate(document)
    return [
        place
        for key, value in items
        for place in [(*path, key), *(places(value, (*path, key)) if isinstance(value, dict | list) else [])]
    ]


def at(document: Document, path: Path) -> Document:
    for part in path:
        document = document[part]
    return document


@st.composite
def mutilated(draw: st.DrawFn) -> Document:
    """A good file after one to three changes: something replaced, removed, repeated, moved or called otherwise."""
    document = deepcopy(GOOD[draw(st.sampled_from(sorted(GOOD)))])
    for _ in range(draw(st.integers(1, 3))):
        every = places(document)
        if not every:
            break
        *path, last = draw(st.sampled_from(every))
        parent = at(document, tuple(path))
        match draw(st.sampled_from(["replace", "replace", "remove", "repeat", "move", "rename"])):
            case "replace":
                parent[last] = draw(leaves)
            case "remove":
                del parent[last]
            case "repeat" if isinstance(last, int):
                parent.insert(draw(st.integers(0, len(parent))), deepcopy(parent[last]))
            case "rename" if isinstance(last, str):
                parent[draw(keys)] = parent.pop(last)
            case _:
                parent[last] = deepcopy(at(document, draw(st.sampled_from(every))))
    return document


@settings(deadline=None, max_examples=300)
@given(mutilated())
def test_a_file_with_random_changes_gives_the_one_error_or_a_strategy_that_runs(document: Document) -> None:
    survives(document)


numbers = st.sampled_from(
    [
        "close",
        "rsi_14",
        "volume",
        "macd.histogram",
        "fast",
        "obv",
        "hour",
        "0",
        "1e308",
        "position.pnl",
        "sma_50@5m",
        "hl2",
    ]
)
lengths = st.sampled_from(["1", "2", "5", "50", "250", "1000"])


def _larger_number(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*/%"), inner),
        st.builds("{}({}, {})".format, st.sampled_from(["mean", "std", "highest", "change", "sum"]), inner, lengths),
        st.builds("({})[{}]".format, inner, lengths),
        st.builds("-{}".format, inner),
        st.builds("max({}, {})".format, inner, inner),
        st.builds("({})@{}".format, inner, st.sampled_from(["5m", "1h"])),
    )


amounts = st.recursive(numbers, _larger_number, max_leaves=5)
conditions = st.recursive(
    st.builds("{} {} {}".format, amounts, st.sampled_from(["<", "<=", ">", "!="]), amounts)
    | st.builds("crossover({}, {})".format, amounts, amounts)
    | st.sampled_from(["macd_crossover_bullish", "rsi_14_oversold", 'session("00:00", "12:00")', "engulfing > 0"]),
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from(["AND", "OR"]), inner)
        | st.builds("NOT ({})".format, inner)
        | st.builds("{}({}, {})".format, st.sampled_from(["any_within", "all_within"]), inner, lengths)
        | st.builds("bars_since({}) < {}".format, inner, lengths)
    ),
    max_leaves=4,
)
words = st.sampled_from(
    [
        *FUNCTIONS,
        *"()[],<>=!+-*/%@.\"'",
        "AND",
        "OR",
        "NOT",
        "rsi",
        "macd.signal",
        "close",
        "5",
        "-1",
        "1e999",
        "@1h",
        "\n",
    ]
)


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(sorted(GOOD)), conditions, amounts)
def test_an_expression_of_the_language_is_refused_or_runs(base: str, condition: str, amount: str) -> None:
    document = deepcopy(GOOD[base])
    confidence = {"method": "scaled", "value": amount, "threshold": 1, "full": 2}
    document.pop("rules", None)
    document["signals"] = [
        {"id": "in", "type": "entry", "expression": condition, "confidence": confidence},
        {"id": "out", "type": "exit", "expression": f"NOT ({condition}) OR position.bars_held > 3"},
    ]
    survives(document)


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(sorted(GOOD)), st.lists(words, max_size=25).map(" ".join) | st.text(max_size=60))
@example("macd_rsi", ")" * 1_999)
@example("macd_rsi", "rsi < 30 " * 200)
def test_any_text_as_an_expression_is_refused_or_runs(base: str, text: str) -> None:
    document = deepcopy(GOOD[base])
    document.pop("rules", None)
    document["signals"] = [{"id": "in", "type": "entry", "expression": text}]
    survives(document)


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(sorted(BROKEN)), st.data())
def test_any_bytes_changed_in_a_file_give_the_one_error_or_a_strategy(name: str, data: st.DataObject) -> None:
    content = bytearray(BROKEN[name].content)
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        config = load_strategy(bytes(content), origin="changed.json")
        compiled = compile_strategy(config)
    except StrategyFileError as error:
        assert error.problems  # noqa: PT017  # either way is right
    else:
        assert compiled.config == config
