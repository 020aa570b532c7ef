"""Functions over several bars equal their definition at every bar, and are ready where all that they look at is."""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest

from operators.expressions.compiled import CompiledExpression, CompiledNumber, compile_expression, compile_number
from operators.expressions.errors import ExpressionErrors
from operators.expressions.scope import Scope
from operators.indicators.history import Row
from operators.indicators.identity import Output, implicit


def undeclared(name: str) -> Output | None:
    indicator = implicit(name)
    return None if indicator is None else Output(indicator, indicator.outputs[0])


Run = Callable[[CompiledExpression | CompiledNumber, list[Row], list[int]], list[float | bool | None]]
Value = float | bool | None
SCOPE = Scope(implicit=undeclared, states={"up": "close > open", "turn": "crossover(close, open)"})
CLOSE, BODY, PLACE = "close", "close - open", "(close - low) / (high - low)"


def number(text: str) -> CompiledNumber:
    return compile_number(text, SCOPE, where="value")


def condition(text: str) -> CompiledExpression:
    return compile_expression(text, SCOPE, where="entry")


def over(values: Sequence[Value], bars: int, function: Callable[[list[float]], Value]) -> list[Value]:
    """A function of each window in which everything is ready."""
    found: list[Value] = []
    for end in range(1, len(values) + 1):
        window = values[end - bars : end] if end >= bars else [None]
        ready = [float(one) for one in window if one is not None]
        found.append(function(ready) if len(ready) == bars else None)
    return found


def assert_close(found: Sequence[Value], expected: Sequence[Value], *, tolerance: float) -> None:
    assert [one is None for one in found] == [one is None for one in expected]
    pairs = [(one, other) for one, other in zip(found, expected, strict=True) if one is not None and other is not None]
    assert all(math.isclose(one, other, rel_tol=tolerance, abs_tol=tolerance) for one, other in pairs)
    assert len({one for one, _ in pairs}) > 1  # it was not the same everywhere


def deviation(window: list[float]) -> float:
    mean = math.fsum(window) / len(window)
    return math.sqrt(math.fsum((one - mean) ** 2 for one in window) / len(window))


@pytest.mark.parametrize("x", [CLOSE, BODY, PLACE])
@pytest.mark.parametrize("bars", [1, 2, 14])
@pytest.mark.parametrize(
    ("function", "meaning", "tolerance"),
    [
        ("highest", max, 0.0),
        ("lowest", min, 0.0),
        ("mean", lambda window: math.fsum(window) / len(window), 1e-9),
        ("sum", math.fsum, 1e-9),
    ],
)
def test_number_over_bars(  # noqa: PLR0913, PLR0917  # pytest calls it by name
    run: Run,
    rows: list[Row],
    times: list[int],
    function: str,
    meaning: Callable[[list[float]], float],
    tolerance: float,
    x: str,
    bars: int,
) -> None:
    found = run(number(f"{function}({x}, {bars})"), rows, times)
    assert_close(found, over(run(number(x), rows, times), bars, meaning), tolerance=tolerance)


@pytest.mark.parametrize("x", [CLOSE, BODY, PLACE])
def test_deviation_is_of_the_population(run: Run, rows: list[Row], times: list[int], x: str) -> None:
    found = run(number(f"std({x}, 20)"), rows, times)
    assert_close(found, over(run(number(x), rows, times), 20, deviation), tolerance=1e-6)


@pytest.mark.parametrize("x", [CLOSE, BODY, PLACE])
@pytest.mark.parametrize("bars", [1, 2, 5])
def test_change_and_direction(run: Run, rows: list[Row], times: list[int], x: str, bars: int) -> None:
    values = run(number(x), rows, times)
    steps = over(values, bars + 1, lambda window: min(b - a for a, b in pairwise(window)))
    falls = over(values, bars + 1, lambda window: max(b - a for a, b in pairwise(window)))
    change = over(values, bars + 1, lambda window: window[-1] - window[0])
    assert_close(run(number(f"change({x}, {bars})"), rows, times), change, tolerance=0.0)
    rising = run(condition(f"rising({x}, {bars})"), rows, times)
    falling = run(condition(f"falling({x}, {bars})"), rows, times)
    assert rising == [None if step is None else step > 0 for step in steps]
    assert falling == [None if fall is None else fall < 0 for fall in falls]


@pytest.mark.parametrize("met", ["up", "turn", f"{PLACE} > 0.9", "rising(close)"])
@pytest.mark.parametrize("bars", [1, 2, 7])
def test_condition_over_bars(run: Run, rows: list[Row], times: list[int], met: str, bars: int) -> None:
    values = run(condition(met), rows, times)
    any_of = over(values, bars, any)
    all_of = over(values, bars, all)
    assert run(condition(f"any_within({met}, {bars})"), rows, times) == any_of
    assert run(condition(f"all_within({met}, {bars})"), rows, times) == all_of


def test_bars_since_counts_from_the_last_bar_on_which_it_held(run: Run, rows: list[Row], times: list[int]) -> None:
    expected: list[Value] = []
    since: float | None = None
    for held in run(condition("turn"), rows, times):
        since = 0.0 if held else None if since is None else since + 1
        expected.append(since)
    assert run(number("bars_since(turn)"), rows, times) == expected
    assert max(one for one in expected if one is not None) > 3


@pytest.mark.parametrize("bars", [0, 1, 2, 25])
@pytest.mark.parametrize("text", ["close", "rsi_5", "close - open", "max(close, 100)"])
def test_number_some_bars_back(run: Run, rows: list[Row], times: list[int], text: str, bars: int) -> None:
    values = run(number(text), rows, times)
    assert run(number(f"({text})[{bars}]"), rows, times) == ([None] * bars + values)[: len(values)]


@pytest.mark.parametrize("text", ["up", "turn", "rsi_5 > 50 AND NOT turn", "any_within(turn, 3)", "40 < rsi_5 < 60"])
def test_condition_some_bars_back(run: Run, rows: list[Row], times: list[int], text: str) -> None:
    values = run(condition(text), rows, times)
    for bars in (1, 3):
        assert run(condition(f"({text})[{bars}]"), rows, times) == ([None] * bars + values)[: len(values)]


def test_windows_of_windows(run: Run, rows: list[Row], times: list[int]) -> None:
    inner = over(run(number("close"), rows, times), 3, max)
    outer = over(inner, 4, min)
    assert run(number("lowest(highest(close, 3), 4)"), rows, times) == outer
    assert run(number("lowest(highest(close, 3)[2], 4)"), rows, times) == [None, None, *outer][: len(outer)]


def test_breakout_above_the_range_before(run: Run, rows: list[Row], times: list[int]) -> None:
    found = run(condition("close > highest(high, 20)[1]"), rows, times)
    for bar, one in enumerate(found):
        expected = rows[bar][3] > max(row[1] for row in rows[bar - 20 : bar]) if bar >= 20 else None
        assert one is expected
    assert True in found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("mean(close - open, 5) > 0", "mean((close) - (open), 5) > 0"),
        ("any_within(close > open, 5)", "any_within(open < close, 5)"),
        ("any_within(up, 5)", "any_within(close > open, 5)"),
        ("any_within(turn, 5)", "any_within(crossover(close, open), 5)"),
        ("all_within(1 < close < 2, 5)", "all_within(1 < close AND close < 2, 5)"),
        ("mean(close[2], 5) > 0", "mean((close[1])[1], 5) > 0"),
        ("close[2] > 0", "(close[1])[1] > 0"),
        ("highest(hl2, 5)@1h > 0", "highest((hl2), 5)@ 1h > 0"),
    ],
)
def test_what_means_the_same_is_computed_once(one: str, other: str) -> None:
    assert condition(one).indicators
    assert condition(one).indicators == condition(other).indicators


def test_text_in_quotation_marks_cannot_reach_a_key() -> None:
    with pytest.raises(ExpressionErrors, match="expected an IANA time zone"):
        condition('hour("UTC).hour > 1 OR {") > 1')
