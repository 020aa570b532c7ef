"""Text to tree: what binds how, what is refused and with which words, and bounds that no text gets past."""

import pytest

from operators.expressions.errors import ExpressionError
from operators.expressions.limits import MAX_DEPTH, MAX_LENGTH, MAX_NODES
from operators.expressions.nodes import And, Arithmetic, Comparison, Cross, Name, Negate, Node, Not, Number, Or
from operators.expressions.parser import parse

A, B, C = Name("a", at=0), Name("b", at=0), Name("c", at=0)
ONE, TWO, THREE = Number(1.0, at=0), Number(2.0, at=0), Number(3.0, at=0)


def refusal(text: str) -> str:
    with pytest.raises(ExpressionError) as caught:
        parse(text, where="entry")
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a OR b AND c", Or((A, And((B, C), at=0)), at=0)),
        ("(a OR b) AND c", And((Or((A, B), at=0), C), at=0)),
        ("NOT a AND b", And((Not(A, at=0), B), at=0)),
        ("NOT a < 1", Not(Comparison(A, "<", ONE, at=0), at=0)),
        ("1 + 2 * 3", Arithmetic(ONE, (("+", Arithmetic(TWO, (("*", THREE),), at=0)),), at=0)),
        ("(1 + 2) * 3", Arithmetic(Arithmetic(ONE, (("+", TWO),), at=0), (("*", THREE),), at=0)),
        ("1 - 2 - 3", Arithmetic(ONE, (("-", TWO), ("-", THREE)), at=0)),
        ("1 - (2 - 3)", Arithmetic(ONE, (("-", Arithmetic(TWO, (("-", THREE),), at=0)),), at=0)),
        ("1 / 2 * 3", Arithmetic(ONE, (("/", TWO), ("*", THREE)), at=0)),
        ("-a * 2", Arithmetic(Negate(A, at=0), (("*", TWO),), at=0)),
        ("1 - -2", Arithmetic(ONE, (("-", Negate(TWO, at=0)),), at=0)),
        ("a + 1 < b", Comparison(Arithmetic(A, (("+", ONE),), at=0), "<", B, at=0)),
        ("crossover(a - b, 1)", Cross("crossover", Arithmetic(A, (("-", B),), at=0), ONE, at=0)),
        ("crossunder(a, b) or c", Or((Cross("crossunder", A, B, at=0), C), at=0)),
    ],
)
def test_operators_bind_as_in_school(text: str, tree: Node) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize(
    "text", ["a AND NOT b", "a and not b", "a And noT b", "a && !b", "a&&!b", "\n a\tAND\r\nNOT b "]
)
def test_keywords_have_signs_and_any_case(text: str) -> None:
    assert parse(text) == And((A, Not(B, at=0)), at=0)


@pytest.mark.parametrize("sign", ["<", "<=", ">", ">=", "==", "!="])
def test_every_comparison_is_read_with_and_without_spaces(sign: str) -> None:
    assert str(parse(f"a{sign}b")) == str(parse(f"a {sign} b")) == f"a {sign} b"


@pytest.mark.parametrize(
    ("text", "value"),
    [("0", 0.0), ("70", 70.0), ("1.01", 1.01), (".5", 0.5), ("1e5", 1e5), ("2.5E-3", 0.0025), ("007", 7.0)],
)
def test_numbers_are_read_as_floats(text: str, value: float) -> None:
    assert parse(text) == Number(value, at=0)


@pytest.mark.parametrize("name", ["android", "order", "nothing", "_x", "AND_1", "rsi_14", "macd.signal", "or_.not_"])
def test_names_may_begin_like_keywords(name: str) -> None:
    assert parse(f"{name} > 1") == Comparison(Name(name, at=0), ">", ONE, at=0)


def test_chains_of_one_kind_are_one_node() -> None:
    assert parse("(a AND b) AND c") == parse("a AND (b AND c)") == And((A, B, C), at=0)
    assert parse("(a OR b) OR (c)") == Or((A, B, C), at=0)
    assert parse("(1 - 2) + 3") == parse("1 - 2 + 3")


def test_nodes_know_where_they_stand() -> None:
    tree = parse("a > 1 AND  NOT b")
    assert isinstance(tree, And)
    assert [operand.at for operand in tree.operands] == [0, 11]


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("((a))<(1)", "a < 1"),
        ("(a<1)&&((b<1)||(c<1))", "a < 1 AND (b < 1 OR c < 1)"),
        ("!(a<1)", "NOT a < 1"),
        ("!(a&&b)", "NOT (a AND b)"),
        ("a*(b*c)-(1-2)>3.50", "a * (b * c) - (1 - 2) > 3.5"),
        ("-(a+b)>-(-(1))", "-(a + b) > --1"),
        ("CrossOver".lower() + "(a,(b))", "crossover(a, b)"),
        ("a>100000000000000000000", "a > 1e+20"),
    ],
)
def test_canonical_text_has_no_more_parentheses_than_needed(text: str, canonical: str) -> None:
    assert str(parse(text)) == canonical


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("", 1, 'expected a name, a number or "(", got the end'),
        ("   ", 1, 'expected a name, a number or "(", got the end'),
        ("rsi <  ", 6, 'expected a name, a number or "(", got the end'),
        ("rsi < AND", 7, 'expected a name, a number or "(", got "AND"'),
        ("AND > 5", 1, 'expected a name, a number or "(", got "AND"'),
        ("a b", 3, 'expected an operator or the end, got "b"'),
        ("2x > 1", 2, 'expected an operator or the end, got "x"'),
        ("(a", 3, 'expected an operator or ")", got the end'),
        ("a > 1)", 6, 'expected an operator or the end, got ")"'),
        ("crossover(a", 12, 'expected an operator or "," or ")", got the end'),
        ("+a > 1", 1, 'expected a name, a number or "(", got "+"'),
        ("a = 3", 3, 'unexpected "=": write == to compare'),
        ("a => 3", 3, 'unexpected "=": write >='),
        ("a =< 3", 3, 'unexpected "=": write <='),
        ("a <> 3", 4, 'expected a name, a number or "(", got ">": write != for not equal'),
        ("a & b", 3, 'unexpected "&": write AND'),
        ("a | b", 3, 'unexpected "|": write OR'),
        ("a ** 2 > 1", 4, 'expected a name, a number or "(", got "*": there is no power'),
        ("macd.", 5, 'unexpected ".": an output follows its indicator without a space, as in macd.signal'),
        ("a @ b", 3, 'unexpected "@"'),
        ("a\xa0> 1", 2, "unexpected U+00A0"),
        ("a > 1e999", 5, "expected a number below 1.8e308, got one that is too large for a float"),
        ("30 < rsi < 70", 10, 'comparisons do not chain: write "30 < rsi AND rsi < 70"'),
        ("rsi AND 5", 9, "expected a condition, got a number: write 5 > 0"),
        ("rsi + 1 OR b", 1, "expected a condition, got a number: write rsi + 1 > 0"),
        ("NOT -rsi", 5, "expected a condition, got a number: write -rsi > 0"),
        ("(a > b) + 1", 2, "expected a number, got the condition a > b"),
        ("-(a OR b)", 3, "expected a number, got the condition a OR b"),
        ("(a > 1) == (b > 1)", 2, "expected a number, got the condition a > 1"),
        ("crossover(a > 1, b)", 11, "expected a number, got the condition a > 1"),
        ("crosover(a, b)", 1, 'unknown function "crosover" (did you mean "crossover"?)'),
        ("eval(a)", 1, 'unknown function "eval"; the functions are crossover and crossunder'),
        ("a.b(c)", 1, 'unknown function "a.b"; the functions are crossover and crossunder'),
        ("crossover(a)", 1, "crossover expected 2 arguments, such as crossover(close, 100), got 1"),
        ("crossunder()", 1, "crossunder expected 2 arguments, such as crossunder(close, 100), got 0"),
    ],
)
def test_refusal_says_place_expectation_and_what_came(text: str, place: int, reason: str) -> None:
    shown = "".join(character if character.isprintable() else " " for character in text)
    assert refusal(text) == f"entry, character {place}: {reason}\n    {shown}\n    {' ' * (place - 1)}^"


def test_caret_stands_in_the_offending_line_of_several() -> None:
    assert refusal("a > 1\nAND\tb >\n  ] c") == 'entry, line 3, character 3: unexpected "]"\n      ] c\n      ^'


def test_long_text_is_shown_in_a_window_around_the_caret() -> None:
    text = "a > 1 AND " * 50 + "a ? 1" + " AND a > 1" * 50
    first, line, caret = refusal(text).split("\n")
    assert first == 'entry, character 503: unexpected "?"'
    assert line == f"    ...{text[502 - 36 : 502 + 36]}..."
    assert line[caret.index("^")] == "?"


def test_error_keeps_its_parts_apart() -> None:
    with pytest.raises(ExpressionError) as caught:
        parse("rsi <", where="")
    assert (caught.value.where, caught.value.at) == ("", 5)
    assert caught.value.reason == 'expected a name, a number or "(", got the end'
    assert str(caught.value).startswith("character 6: expected")


def test_text_of_a_million_characters_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("operators.expressions.parser._LARK")
    message = refusal("a OR " * 200_000)
    assert message.startswith("entry, character 2,001: expected at most 2,000 characters, got 1,000,000\n")
    assert len(message) < 300


def test_longest_text_is_read() -> None:
    assert parse("a".ljust(MAX_LENGTH)) == A


@pytest.mark.parametrize(
    ("opening", "inner", "closing"),
    [
        ("(", "a > 1", ")"),
        ("NOT ", "a", ""),
        ("!", "a", ""),
        ("-", "a", ""),
        ("1+2*(", "a", ")"),
        ("crossover(", "1,1", ")"),
    ],
)
def test_nesting_beyond_the_bound_is_refused(opening: str, inner: str, closing: str) -> None:
    beyond = MAX_DEPTH + 1
    text = opening * beyond + inner + closing * beyond
    assert f"nests deeper than {MAX_DEPTH} levels: name a part of it, or split the rule" in refusal(text)


@pytest.mark.parametrize(("opening", "inner", "closing"), [("(", "a > 1", ")"), ("NOT ", "a", ""), ("-", "a", "")])
def test_nesting_within_the_bound_is_read_and_printed(opening: str, inner: str, closing: str) -> None:
    within = MAX_DEPTH - 1
    tree = parse(opening * within + inner + closing * within)
    assert parse(str(tree)) == tree


def test_deep_operand_of_the_wrong_kind_is_not_printed() -> None:
    assert "expected a number, got the condition here" in refusal(f"({'!' * 1_900}a) + 1")
    assert "expected a condition, got a number: write x > 0" in refusal(f"NOT {'-' * 1_900}a")


def test_tree_of_too_many_parts_is_refused() -> None:
    terms = MAX_NODES - 1  # and the sum itself
    assert str(parse("+".join(["a"] * terms))) == " + ".join(["a"] * terms)
    assert f"has more than {MAX_NODES} parts" in refusal("+".join(["a"] * (terms + 1)))
