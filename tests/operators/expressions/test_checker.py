"""Names are resolved in a scope, kinds do not mix, bounds are kept; or everything that is wrong is told."""

import pytest

from operators.expressions.compiled import CompiledExpression, compile_expression, compile_number
from operators.expressions.errors import ExpressionErrors
from operators.expressions.limits import MAX_DEPTH, MAX_INDICATORS, MAX_NODES
from operators.expressions.nodes import (
    And,
    Arithmetic,
    Chain,
    Column,
    Comparison,
    Condition,
    Cross,
    Not,
    Number,
    Numeric,
    Or,
    State,
)
from operators.expressions.scope import Scope
from operators.indicators.identity import Output, implicit


def undeclared(name: str) -> Output | None:
    if name == "rsi_0":
        raise ValueError("the period of RSI is at least 2, got 0")
    indicator = implicit(name)
    return None if indicator is None else Output(indicator, indicator.outputs[0])


def undeclared_state(name: str) -> tuple[str, str] | None:
    return {"rsi_7_low": ("rsi_7", "rsi_7 < 30"), "rsi_low": ("rsi", "rsi < 30")}.get(name)


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
    implicit=undeclared,
    implicit_state=undeclared_state,
    models={"lstm": ("confidence", "direction"), "one": ("score",)},
)
A, B, C = (Column(name, name, at=0) for name in ("open", "high", "low"))
ONE, TWO, THREE = Number(1.0, at=0), Number(2.0, at=0), Number(3.0, at=0)


def compiled(text: str, scope: Scope = SCOPE) -> CompiledExpression:
    return compile_expression(text, scope, where="entry")


def refusal(text: str, scope: Scope = SCOPE) -> str:
    with pytest.raises(ExpressionErrors) as caught:
        compiled(text, scope)
    return str(caught.value)


def reasons(text: str) -> list[tuple[int, str]]:
    with pytest.raises(ExpressionErrors) as caught:
        compiled(text)
    return [(error.at + 1, error.reason) for error in caught.value.errors]


@pytest.mark.parametrize(("name", "column"), [("rsi", "RSI(14)"), ("macd.signal", "MACD:1")])
def test_name_becomes_its_column_and_keeps_how_it_was_written(name: str, column: str) -> None:
    rule = compiled(f"{name} > 0")
    assert rule.tree == Comparison(Column(name, column, at=0), ">", Number(0.0, at=0), at=0)
    assert str(rule.tree) == f"{name} > 0"


def test_implicit_name_brings_its_indicator() -> None:
    rule = compiled("rsi_9 > 0 AND rsi_9 < 90 AND ema_20 > 1")
    assert rule.inputs == (("rsi(close,period=9).rsi", 0), ("EMA(20)", 0))
    assert [indicator.key for indicator in rule.indicators] == ["rsi(close,period=9)"]


def test_state_keeps_its_name_and_holds_its_meaning() -> None:
    rule = compiled("hot_cross")
    macd, signal = Column("macd.macd", "MACD:0", at=0), Column("macd.signal", "MACD:1", at=0)
    hot = State("hot", Comparison(Column("rsi", "RSI(14)", at=0), ">", Number(70.0, at=0), at=0), at=0)
    bullish = State("macd_crossover_bullish", Cross("crossover", macd, signal, at=0), at=0)
    assert rule.tree == State("hot_cross", And((hot, bullish), at=0), at=0)
    assert str(rule.tree) == "hot_cross"
    assert dict(rule.names) == {
        "rsi": ("RSI(14)", 0),
        "macd.macd": ("MACD:0", 0),
        "macd.signal": ("MACD:1", 0),
        "macd.macd[1]": ("MACD:0", 1),
        "macd.signal[1]": ("MACD:1", 1),
    }


def test_state_that_nobody_declared_is_read_with_implicit_names() -> None:
    assert compiled("rsi_7_low").inputs == (("rsi(close,period=7).rsi", 0),)


def test_declared_name_has_only_the_states_it_was_given() -> None:
    assert 'unknown name "rsi_low"' in refusal("rsi_low")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("(open > 1 AND high > 1) AND low > 1", And(tuple(Comparison(x, ">", ONE, at=0) for x in (A, B, C)), at=0)),
        ("open > 1 OR (high > 1 OR low > 1)", Or(tuple(Comparison(x, ">", ONE, at=0) for x in (A, B, C)), at=0)),
        ("NOT open > 1", Not(Comparison(A, ">", ONE, at=0), at=0)),
        ("open < high < low", Chain((Comparison(A, "<", B, at=0), Comparison(B, "<", C, at=0)), at=0)),
        (
            "between(high, open, low)",
            Chain((Comparison(A, "<=", B, at=0), Comparison(B, "<=", C, at=0)), between=True, at=0),
        ),
    ],
)
def test_conditions_of_one_kind_are_one_node(text: str, tree: Condition) -> None:
    assert compiled(text).tree == tree


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("(1 - 2) + 3", Arithmetic(ONE, (("-", TWO), ("+", THREE)), at=0)),
        ("1 - (2 - 3)", Arithmetic(ONE, (("-", Arithmetic(TWO, (("-", THREE),), at=0)),), at=0)),
        ("(1 % 2) * 3", Arithmetic(ONE, (("%", TWO), ("*", THREE)), at=0)),
        ("(1 - 2) * 3", Arithmetic(Arithmetic(ONE, (("-", TWO),), at=0), (("*", THREE),), at=0)),
    ],
)
def test_arithmetic_goes_from_left_to_right(text: str, tree: Numeric) -> None:
    assert compile_number(text, SCOPE, where="value").tree == tree


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
        ("lstm > 0", 1, '"lstm" has several outputs: write lstm.confidence or lstm.direction'),
        ("rsi_0 > 1", 1, '"rsi_0" cannot be used: the period of RSI is at least 2, got 0'),
        ("highest > 1", 1, '"highest" is a function: write highest(x, n)'),
        ("true", 1, 'unknown name "true": a condition is true or false by itself, write it or NOT before it'),
        ("rsi > 1e999", 7, "expected a number below 1.8e308, got one that is too large for a float"),
        ("rsi", 1, "expected a condition, got a number: write rsi > 0"),
        ("rsi + 1", 1, "expected a condition, got a number: write rsi + 1 > 0"),
        ("hot AND close", 9, "expected a condition, got a number: write close > 0"),
        ("NOT rsi_9", 5, "expected a condition, got a number: write rsi_9 > 0"),
        ("hot AND 5", 9, "expected a condition, got a number: write 5 > 0"),
        ("NOT -rsi", 5, "expected a condition, got a number: write -rsi > 0"),
        ("rsi < hot", 7, "expected a number, got the condition hot"),
        ("crossover(hot, 1)", 11, "expected a number, got the condition hot"),
        ("(rsi > 1) + 1 > 0", 2, "expected a number, got the condition rsi > 1"),
        ("-(hot OR hot_cross) > 0", 3, "expected a number, got the condition hot OR hot_cross"),
        ("(rsi > 1) == (rsi > 2)", 2, "expected a number, got the condition rsi > 1"),
        ("30 < rsi > 20", 10, "comparisons chain in one direction only, as in 30 < rsi < 70: join others with AND"),
        ("1 != rsi != 2", 10, "comparisons chain in one direction only, as in 30 < rsi < 70: join others with AND"),
        ("crosover(rsi, 1)", 1, 'unknown function "crosover" (did you mean "crossover"?)'),
        ("crossover(rsi)", 1, "crossover(a, b) expected 2 arguments, got 1"),
        ("crossunder()", 1, "crossunder(a, b) expected 2 arguments, got 0"),
        ("change(rsi, 1, 2) > 0", 1, "change(x, n = 1) expected 1 to 2 arguments, got 3"),
        ("max(rsi) > 0", 1, "max(a, b, ...) expected 2 arguments or more, got 1"),
        ("abs() > 0", 1, "abs(x) expected 1 argument, got 0"),
        ("highest(hot, 3) > 0", 9, "expected a number, got the condition hot"),
        ("any_within(rsi, 3)", 12, "expected a condition, got a number: write rsi > 0"),
        ("mean(rsi, 0) > 0", 11, "mean(x, n) expected for n a whole number of bars from 1 to 1,000, got 0"),
        ("mean(rsi, 1001) > 0", 11, "mean(x, n) expected for n a whole number of bars from 1 to 1,000, got 1001"),
        ("std(rsi, 1) > 0", 10, "std(x, n) expected for n a whole number of bars from 2 to 1,000, got 1"),
        ("sum(rsi, 2.5) > 0", 10, "sum(x, n) expected for n a whole number of bars from 1 to 1,000, got 2.5"),
        (
            "sum(rsi, close) > 0",
            10,
            "sum(x, n) expected for n a whole number of bars from 1 to 1,000, got no plain number",
        ),
        ("mean(5, 3) > 0", 1, "mean: expected something that changes from bar to bar, got 5"),
        ("rsi[-1] > 0", 5, "a rule cannot look ahead: expected a whole number of bars from 0 to 1,000, as in close[1]"),
        ("rsi[1.5] > 0", 5, "expected a whole number of bars from 0 to 1,000, as in close[1], got 1.5"),
        ("rsi[1001] > 0", 5, "expected a whole number of bars from 0 to 1,000, as in close[1], got 1001"),
        (
            "rsi[rsi] > 0",
            5,
            "expected a whole number of bars from 0 to 1,000, as in close[1], got something that has to be worked out",
        ),
        ("5[1] > 0", 1, "expected something that changes from bar to bar before [1], got 5"),
        ("close@ > 0", 6, 'expected a timeframe such as 1m, 5m, 1h, 4h, 1d or 1w, got ""'),
        ("close@7x > 0", 6, 'expected a timeframe such as 1m, 5m, 1h, 4h, 1d or 1w, got "7x"'),
        ("5@1h > 0", 1, "expected something computed of candles before @1h, got 5"),
        ("lstm.confidence@1h > 0", 1, "expected something computed of candles before @1h, got lstm.confidence"),
        ("lstm.confidence[2] > 0", 1, "lstm.confidence is known for at most 1 back in all, got 2"),
        (
            "mean(lstm.confidence, 3) > 0",
            1,
            "mean: looks over several bars, and lstm.confidence is known for this one only",
        ),
        ("position.pnl[1] > 0", 1, "position.pnl is known for this bar only"),
        ("position.pnl@1h > 0", 1, "expected something computed of candles before @1h, got position.pnl"),
        ("close[600][401] > 0", 1, "close is known for at most 1,000 back in all, got 1,001"),
        (
            "crossover(lstm.confidence[1], 0)",
            1,
            "crossover looks one bar back, and lstm.confidence[1] is known no further back",
        ),
        (
            "crossover(lstm.confidence, 0)[1]",
            1,
            "lstm.confidence is read 2 bars back, and known 1 back only",
        ),
        (
            "crossover(position.pnl, 0)",
            1,
            "crossover looks one bar back, and position.pnl is known no further back",
        ),
        (
            "highest(position.pnl, 3) > 0",
            1,
            "highest: looks over several bars, and position.pnl is known for this one only",
        ),
        ("position.size > 0", 1, 'unknown output "position.size" (did you mean "position.side"?): write'),
        ("position.side", 1, 'expected a number or a condition, got a side: write position.side == "long"'),
        (
            "position.side > 0",
            17,
            'expected position.side compared with "long", "short" or "flat", and with nothing else',
        ),
        ('position.side < "long"', 15, "expected == or != with a side, got <"),
        ('position.side == "lng"', 18, 'expected "long", "short" or "flat", got "lng" (did you mean "long"?)'),
        ('rsi > "5"', 1, 'expected position.side compared with "long", "short" or "flat", and with nothing else'),
        ('hot AND "x"', 9, 'expected a number or a condition, got the text "x"'),
        (
            "hour(utc) > 1",
            6,
            'hour(zone = "UTC") expected for zone a text in quotation marks, such as "America/New_York"',
        ),
        (
            'hour("Europe/Lodnon") > 1',
            1,
            'hour: expected an IANA time zone such as Europe/London, found "Europe/Lodnon" (did you mean "Europe/Lon',
        ),
        (
            'session("9h", "16:00")',
            1,
            'session: expected a time of day from 00:00 to 24:00, such as 09:30, found "9h"',
        ),
    ],
)
def test_refusal_says_place_and_reason(text: str, place: int, reason: str) -> None:
    at, said = reasons(text)[0]
    assert at == place
    assert said.startswith(reason)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("rsii > 3 AND clos < 5 OR foo(bar) > 2", [1, 14, 26, 30]),
        ("highest(hihg, 0) > rsi[-1] AND crossover(rsi)", [9, 15, 24, 32]),
        ("rsii > AND clos < 5", [1, 8, 12]),
        ("(rsii > 1 AND close AND 5) OR hot + 1 > 2", [2, 15, 25, 31]),
        ("broken AND rsii > 1", [6, 12]),
        ("(rsi > 1) == (rsi > 2)", [2, 15]),
        ("f(rsii b, clos)", [1, 3, 8, 11]),
        ("close > 1 ] AND rsii", [11, 17]),
    ],
)
def test_everything_that_is_wrong_is_told_at_once(text: str, places: list[int]) -> None:
    assert sorted(place for place, _ in reasons(text)) == sorted(places)


@pytest.mark.parametrize(
    "text", ["hot AND (close > ) + 1 > 2", "NOT (close ? 3)", "highest(close close, 3) > 1", "rsii[1]@1h > 2"]
)
def test_what_holds_an_error_says_no_more_about_it(text: str) -> None:
    assert len(reasons(text)) == 1


def test_unknown_name_with_nothing_near_lists_what_is_known() -> None:
    assert 'unknown name "zzz"; known names: open, high, low, close, volume, hl2' in refusal("zzz > 1", Scope())
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
def test_error_inside_a_state_shows_the_state_once(state: str, place: int, reason: str, text: str) -> None:
    caret = " " * (place - 1) + "^"
    assert (
        refusal(f"close > 1 OR {state} OR NOT {state}")
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


def test_indicators_of_one_expression_are_bounded() -> None:
    most = " OR ".join(f"rsi_{n} < 30" for n in range(2, MAX_INDICATORS + 2))
    assert len(compiled(most).indicators) == MAX_INDICATORS
    assert f"asks for more than {MAX_INDICATORS} indicators and windows" in refusal(f"{most} OR ema_9 > 1")


def test_deep_operand_of_the_wrong_kind_is_not_printed() -> None:
    deep = "(" * 20 + "rsi" + "+1)*2" * 20
    assert "expected a condition, got a number: write x > 0" in refusal(f"NOT ({deep})")
    assert "expected a number, got the condition here" in refusal(f"({deep} > 1) + 1 > 0")


def test_side_is_compared_either_way_round() -> None:
    one, other = compiled('position.side == "short"'), compiled('"short" == position.side')
    assert one.tree == other.tree
    assert one.inputs == (("position.side", 0),)
    assert one.reads_position
    assert [one.evaluate(side) for side in (1.0, 0.0, -1.0)] == [False, False, True]


def test_models_are_read_and_named() -> None:
    rule = compiled("lstm.confidence > 0.8 AND one > 0.5 AND lstm.direction > 0 AND crossover(one.score, 0)")
    assert [column for column, _ in rule.inputs] == [
        "model:lstm.confidence", "model:one.score", "model:lstm.direction", "model:one.score",
    ]  # fmt: skip
    assert rule.reads_models == ("lstm", "one")
    assert not compiled("hot").reads_models
    assert not rule.reads_position


def test_weekdays_are_numbers_by_name() -> None:
    rule = compiled("weekday <= fri AND weekday != mon")
    assert str(rule.tree) == "weekday <= fri AND weekday != mon"
    assert [rule.evaluate(float(day)) for day in range(7)] == [False, True, True, True, True, False, False]


@pytest.mark.parametrize(("text", "written"), [("sma(close, 50) > 1", "sma_20"), ("macd(close) > 1", "macd")])
def test_an_indicator_called_like_a_function_is_told_how_it_is_written(text: str, written: str) -> None:
    with pytest.raises(ExpressionErrors, match=f"it is an indicator, so write {written}, or declare it"):
        compile_expression(text, Scope(), where="rule")
