"""Names are resolved in a scope, or refused with what is known there."""

import pytest

from operators.expressions.compiled import CompiledExpression, compile_expression
from operators.expressions.errors import ExpressionError
from operators.expressions.limits import MAX_DEPTH, MAX_NODES
from operators.expressions.nodes import And, Column, Comparison, Cross, Number, State
from operators.expressions.scope import CANDLE_FIELDS, Scope


def implicit(name: str) -> str | None:
    if name == "rsi_0":
        raise ValueError("the period of RSI is at least 2, got 0")
    return f"{name.upper()}()" if name.startswith("rsi_") else None


SCOPE = Scope(
    columns={
        "rsi": "RSI(14)",
        "ema_20": "EMA(20)",
        "macd.macd": "MACD:0",
        "macd.signal": "MACD:1",
        "macd.hist": "MACD:2",
    },
    states={
        "macd_crossover_bullish": "crossover(macd.macd, macd.signal)",
        "hot": "rsi > 70",
        "hot_cross": "hot AND macd_crossover_bullish",
        "number": "rsi + 1",
        "broken": "rsi >",
        "unknown_inside": "close > 1 AND rsii > 1",
        "me": "NOT me",
        "egg": "rsi > 1 AND hen",
        "hen": "hot OR egg",
    },
    implicit=implicit,
)


def compiled(text: str, scope: Scope = SCOPE) -> CompiledExpression:
    return compile_expression(text, scope, where="entry")


def refusal(text: str, scope: Scope = SCOPE) -> str:
    with pytest.raises(ExpressionError) as caught:
        compiled(text, scope)
    return str(caught.value)


@pytest.mark.parametrize("name", CANDLE_FIELDS)
def test_candle_fields_need_no_scope(name: str) -> None:
    assert compiled(f"{name} > 0", Scope()).inputs == ((name, 0),)


@pytest.mark.parametrize(("name", "column"), [("rsi", "RSI(14)"), ("macd.signal", "MACD:1"), ("rsi_9", "RSI_9()")])
def test_name_becomes_its_column_and_keeps_how_it_was_written(name: str, column: str) -> None:
    rule = compiled(f"{name} > 0")
    assert rule.tree == Comparison(Column(name, column, at=0), ">", Number(0.0, at=0), at=0)
    assert str(rule.tree) == f"{name} > 0"


def test_state_keeps_its_name_and_holds_its_meaning() -> None:
    rule = compiled("hot_cross")
    macd, signal = Column("macd.macd", "MACD:0", at=0), Column("macd.signal", "MACD:1", at=0)
    hot = State("hot", Comparison(Column("rsi", "RSI(14)", at=0), ">", Number(70.0, at=0), at=0), at=0)
    bullish = State("macd_crossover_bullish", Cross("crossover", macd, signal, at=0), at=0)
    assert rule.tree == State("hot_cross", And((hot, bullish), at=0), at=0)
    assert str(rule.tree) == "hot_cross"
    assert dict(rule.names) == {"rsi": "RSI(14)", "macd.macd": "MACD:0", "macd.signal": "MACD:1"}


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("rsii < 70", 1, 'unknown name "rsii" (did you mean "rsi"?)'),
        ("hot AND closee > 1", 9, 'unknown name "closee" (did you mean "close"?)'),
        ("macd_crossover_bulish", 1, 'unknown name "macd_crossover_bulish" (did you mean "macd_crossover_bullish"?)'),
        ("macd > 0", 1, '"macd" has several outputs: write macd.macd, macd.signal or macd.hist'),
        (
            "macd.hst > 0",
            1,
            'unknown output "macd.hst" (did you mean "macd.hist"?): write macd.macd, macd.signal or macd.hist',
        ),
        ("rsi.value > 0", 1, '"rsi" has one output only: write rsi'),
        ("close.last > 0", 1, '"close" has one output only: write close'),
        ("rsi_0 > 1", 1, '"rsi_0" cannot be used: the period of RSI is at least 2, got 0'),
        ("rsi", 1, "expected a condition, got a number: write rsi > 0"),
        ("rsi + 1", 1, "expected a condition, got a number: write rsi + 1 > 0"),
        ("hot AND close", 9, "expected a condition, got a number: write close > 0"),
        ("NOT rsi_9", 5, "expected a condition, got a number: write rsi_9 > 0"),
        ("rsi < hot", 7, "expected a number, got the condition hot"),
        ("crossover(hot, 1)", 11, "expected a number, got the condition hot"),
    ],
)
def test_refusal_points_at_the_name(text: str, place: int, reason: str) -> None:
    assert refusal(text) == f"entry, character {place}: {reason}\n    {text}\n    {' ' * (place - 1)}^"


def test_unknown_name_with_nothing_near_lists_what_is_known() -> None:
    assert 'unknown name "zzz"; known names: open, high, low, close, volume\n' in refusal("zzz > 1", Scope())
    assert "known names: rsi, ema_20, macd.macd" in refusal("zzz > 1")
    assert ", ...\n" in refusal("zzz > 1")


@pytest.mark.parametrize(
    ("state", "place", "reason", "text"),
    [
        ("broken", 6, 'expected a name, a number or "(", got the end', "rsi >"),
        ("unknown_inside", 15, 'unknown name "rsii" (did you mean "rsi"?)', "close > 1 AND rsii > 1"),
        ("number", 1, "expected a condition, got a number: write rsi + 1 > 0", "rsi + 1"),
        ("me", 5, '"me" cannot contain itself: me -> me', "NOT me"),
    ],
)
def test_error_inside_a_state_shows_the_state(state: str, place: int, reason: str, text: str) -> None:
    caret = " " * (place - 1) + "^"
    assert (
        refusal(f"close > 1 OR {state}")
        == f'entry, state "{state}", character {place}: {reason}\n    {text}\n    {caret}'
    )


@pytest.mark.parametrize(
    ("start", "last", "cycle"), [("hen", "egg", "hen -> egg -> hen"), ("egg", "hen", "egg -> hen -> egg")]
)
def test_states_that_contain_each_other_are_refused(start: str, last: str, cycle: str) -> None:
    message = refusal(f"rsi > 1 AND {start}")
    assert message.startswith(f'entry, state "{last}", character ')
    assert f'"{start}" cannot contain itself: {cycle}\n' in message


def test_state_may_occur_twice_side_by_side() -> None:
    rule = compiled("hot OR NOT hot")
    assert rule.inputs == (("RSI(14)", 0),)
    assert rule.evaluate(80.0) is True


def test_states_that_multiply_are_refused_before_they_grow() -> None:
    states = {"s0": "close > 1"} | {f"s{n}": f"s{n - 1} AND NOT s{n - 1}" for n in range(1, 13)}
    assert f"has more than {MAX_NODES} parts, named states written out" in refusal("s12", Scope(states=states))


def test_chain_of_states_is_bounded_in_depth() -> None:
    states = {"s0": "close > 1"} | {f"s{n}": f"s{n - 1}" for n in range(1, 5_000)}
    reached = MAX_DEPTH - 3  # state s0, its comparison and the operands of that are below it
    assert compiled(f"s{reached}", Scope(states=states)).evaluate(2.0) is True
    assert f"nests deeper than {MAX_DEPTH} levels" in refusal("s4999", Scope(states=states))


def test_scope_refuses_a_name_with_two_meanings() -> None:
    with pytest.raises(ValueError, match=r'^"rsi" names both a number and a condition: rename one of them$'):
        Scope(columns={"rsi": "RSI(14)"}, states={"rsi": "close > 1"})
    with pytest.raises(ValueError, match=r'^"close" is a candle field and cannot name something else'):
        Scope(states={"close": "open > 1"})
    assert Scope(columns={"close": "close"}).column("close") == "close"
