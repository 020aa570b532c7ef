"""Strategy files compile and run, and no file, however mutilated, ends in anything but the one error."""

import json
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from operators.strategy.compile import compile_strategy
from schemas.lifecycle import StrategyVersion
from schemas.problems import StrategyFileError
from schemas.strategy_file import load_strategy
from tests.operators.plain_engine import PlainEngine, batch, command, desired, row
from tests.operators.strategy.said_records import spoken_records
from tests.schemas.seed_documents import FLAT, LISTED


@pytest.mark.parametrize("text", [FLAT, LISTED], ids=["flat", "listed"])
def test_seed_document_compiles_and_trades(text: str) -> None:
    config = load_strategy(text.encode(), origin="seed").model_copy(update={"timeframes": ("*",)})
    about = StrategyVersion(strategy=config.id, version=1, config=config)
    # Up, far up, then down and up again: every mean is crossed and RSI goes from one end to the other.
    closes = [100.0 + 0.5 * n for n in range(80)]
    for step in (-0.4, 0.9, -0.6, 0.7, -0.9, 0.5):
        closes += [closes[-1] + step * (n + 1) * (1.1 if n % 5 else -2) for n in range(25)]
    engine = PlainEngine(compile_strategy, history_bars=512)
    low = min(closes)
    rows = [row(number, close=close - min(0.0, low) + 10) for number, close in enumerate(closes)]
    engine.feed(command(about, desired(about)), batch(*rows))
    (status, *signals) = spoken_records(engine.out[f"{config.id}|BTCUSDT|1m"])
    assert status.model_dump()["state"] == "running"
    assert engine.tally.evaluations == len(closes)
    if text is FLAT:
        assert [signal.model_dump()["position_after"] for signal in signals][:2] == ["long", "flat"]


def test_flat_seed_document_asks_for_two_indicators() -> None:
    compiled = compile_strategy(load_strategy(FLAT.encode(), origin="seed"))
    assert [one.key for one in compiled.indicators] == [
        "macd(close,fast_period=12,slow_period=26,signal_period=9)",
        "rsi(close,period=14)",
    ]


def test_listed_seed_document_finds_the_mean_that_it_did_not_declare() -> None:
    compiled = compile_strategy(load_strategy(LISTED.encode(), origin="seed"))
    assert [one.key for one in compiled.indicators] == [
        "rsi(close,period=14)",
        "ema(close,period=20)",
        "ema(close,period=50)",
    ]


def test_misspelt_indicator_is_named_from_a_file() -> None:
    config = load_strategy(FLAT.replace('"rsi"', '"rsii"').encode(), origin="seed")
    with pytest.raises(StrategyFileError, match=r'unknown indicator "rsii" \(did you mean "rsi"\?\)'):
        compile_strategy(config, origin="seed.json")


leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(10**400, 10**401)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["*", "1m", "rsi", "macd", "entry", "exit", "close > 1", "rsi_14", "(" * 60, "é", "\x00", "a.b"])
)
documents = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def paths(document: object, path: tuple[int | str, ...] = ()) -> list[tuple[int | str, ...]]:
    """Every place in a document."""
    found = [path]
    if isinstance(document, dict):
        for key, value in document.items():
            found += paths(value, (*path, key))
    elif isinstance(document, list):
        for index, value in enumerate(document):
            found += paths(value, (*path, index))
    return found


def changed(document: object, path: tuple[int | str, ...], change: Callable[[object], object]) -> object:
    """A copy with another value at one place."""
    if not path:
        return change(document)
    if isinstance(document, dict):
        return {key: changed(value, path[1:], change) if key == path[0] else value for key, value in document.items()}
    if isinstance(document, list):
        return [changed(value, path[1:], change) if index == path[0] else value for index, value in enumerate(document)]
    return document


@st.composite
def mutants(draw: st.DrawFn) -> bytes:
    """A seed document with one to three parts replaced, removed, renamed or wrapped."""
    document: object = json.loads(draw(st.sampled_from([FLAT, LISTED])))
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(paths(document)))
        match draw(st.sampled_from(["replace", "rename", "wrap", "add"])):
            case "replace":
                value = draw(documents)
                document = changed(document, path, lambda _old, value=value: value)  # type: ignore[misc]  # bound now
            case "wrap":
                document = changed(document, path, lambda old: [old])
            case "rename":
                name = draw(st.text(max_size=6) | st.sampled_from(["type", "id", "params", "signals", "rules"]))
                document = changed(document, path, lambda old, name=name: renamed(old, name))  # type: ignore[misc]  # as above
            case _:
                name, value = draw(st.text(max_size=6) | st.sampled_from(["type", "name", "period"])), draw(documents)
                document = changed(
                    document,
                    path,
                    lambda old, name=name, value=value: {**old, name: value} if isinstance(old, dict) else old,  # type: ignore[misc]  # as above
                )
    content = json.dumps(document).encode()
    cut = draw(st.integers(0, 30))
    return content[: len(content) * cut // 3] if cut < 3 else content


def renamed(document: object, name: str) -> object:
    if not isinstance(document, dict) or not document:
        return document
    first, *_ = document
    return {name if key == first else key: value for key, value in document.items()}


@settings(max_examples=500, deadline=None)
@given(content=mutants() | st.binary(max_size=200))
@example(content=b'{"id":"a","rules":{"entry":{"condition":"rsi_999999 < 3"}}}')
@example(content=b'{"id":"a","indicators":{"rsi":{"period":1e999}},"rules":{"entry":{"condition":"rsi < 3"}}}')
@example(content=b'{"id":"a","indicators":{"rsi":{"period":"\\u0000"}},"rules":{"entry":{"condition":"rsi < 3"}}}')
def test_only_the_one_error_escapes(content: bytes) -> None:
    refusal = None
    try:
        compiled = compile_strategy(load_strategy(content, origin="mutant.json"))
    except StrategyFileError as error:
        refusal = error
    if refusal is None:
        assert compiled.entries
        return
    assert refusal.problems
    assert str(refusal).encode()  # it can be shown
    assert len(str(refusal)) < 20_000
