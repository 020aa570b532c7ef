"""Text to tree: what binds how, what is refused and with which words, and bounds that no text gets past."""

import pytest

from operators.expressions.errors import MAX_FAULTS, ExpressionErrors
from operators.expressions.limits import MAX_DEPTH, MAX_LENGTH, MAX_NODES
from operators.expressions.parser import parse, read
from operators.expressions.syntax import (
    Back,
    Broken,
    Called,
    Compared,
    Elsewhere,
    Inverse,
    Joined,
    Literally,
    Minus,
    Named,
    Quoted,
    Steps,
    Syntax,
    walk,
)

A, B, C = Named("a", at=0), Named("b", at=0), Named("c", at=0)
ONE, TWO, THREE = Literally("1", at=0), Literally("2", at=0), Literally("3", at=0)
BROKEN = Broken(at=0)


def joined(word: str, *operands: Syntax) -> Joined:
    return Joined("AND" if word == "AND" else "OR", operands, at=0)


def less(*operands: Syntax) -> Compared:
    return Compared(operands, tuple("<" for _ in operands[1:]), at=0, signs_at=())


def elsewhere(operand: Syntax, timeframe: str) -> Elsewhere:
    return Elsewhere(operand, timeframe, at=0, sign_at=0)


def refusal(text: str) -> str:
    with pytest.raises(ExpressionErrors) as caught:
        parse(text, where="entry")
    return str(caught.value)


def faults(text: str) -> list[tuple[int, str]]:
    return [(fault.at + 1, fault.reason) for fault in read(text)[1]]


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a OR b AND c", joined("OR", A, joined("AND", B, C))),
        ("(a OR b) AND c", joined("AND", joined("OR", A, B), C)),
        ("NOT a AND b", joined("AND", Inverse(A, at=0), B)),
        ("NOT a < 1", Inverse(less(A, ONE), at=0)),
        ("1 + 2 * 3", Steps(ONE, (("+", Steps(TWO, (("*", THREE),), at=0)),), at=0)),
        ("(1 + 2) * 3", Steps(Steps(ONE, (("+", TWO),), at=0), (("*", THREE),), at=0)),
        ("1 - 2 - 3", Steps(ONE, (("-", TWO), ("-", THREE)), at=0)),
        ("1 - (2 - 3)", Steps(ONE, (("-", Steps(TWO, (("-", THREE),), at=0)),), at=0)),
        ("1 / 2 % 3", Steps(ONE, (("/", TWO), ("%", THREE)), at=0)),
        ("-a * 2", Steps(Minus(A, at=0), (("*", TWO),), at=0)),
        ("1 - -2", Steps(ONE, (("-", Minus(TWO, at=0)),), at=0)),
        ("a + 1 < b", less(Steps(A, (("+", ONE),), at=0), B)),
        ("1 < a < 2", less(ONE, A, TWO)),
        ("crossover(a - b, 1)", Called("crossover", (Steps(A, (("-", B),), at=0), ONE), at=0)),
        ("f() or c", joined("OR", Called("f", (), at=0), C)),
        ("a[1]", Back(A, ONE, at=0)),
        ("-a[1]", Minus(Back(A, ONE, at=0), at=0)),
        ("a@1h[2]", Back(elsewhere(A, "1h"), TWO, at=0)),
        ("a[2]@1h", elsewhere(Back(A, TWO, at=0), "1h")),
        ("(a < b)@4h", elsewhere(less(A, B), "4h")),
        ("f(a)@ 1d", elsewhere(Called("f", (A,), at=0), "1d")),
        ("a * b@1h", Steps(A, (("*", elsewhere(B, "1h")),), at=0)),
        ("""f("x y", '"')""", Called("f", (Quoted("x y", at=0), Quoted('"', at=0)), at=0)),
    ],
)
def test_operators_bind_as_in_school(text: str, tree: Syntax) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize(
    "text", ["a AND NOT b", "a and not b", "a And noT b", "a && !b", "a&&!b", "\n a\tAND\r\nNOT b "]
)
def test_keywords_have_signs_and_any_case(text: str) -> None:
    assert parse(text) == joined("AND", A, Inverse(B, at=0))


@pytest.mark.parametrize("sign", ["<", "<=", ">", ">=", "==", "!="])
def test_every_comparison_is_read_with_and_without_spaces(sign: str) -> None:
    tree = parse(f"a{sign}b")
    assert isinstance(tree, Compared)
    assert (tree.operands, tree.signs) == ((A, B), (sign,))
    assert parse(f"a {sign} b") == tree


@pytest.mark.parametrize("digits", ["0", "70", "1.01", ".5", "1e5", "2.5E-3", "007"])
def test_numbers_are_read_as_written(digits: str) -> None:
    assert parse(digits) == Literally(digits, at=0)


@pytest.mark.parametrize("name", ["android", "order", "nothing", "_x", "AND_1", "rsi_14", "macd.signal", "or_.not_"])
def test_names_may_begin_like_keywords(name: str) -> None:
    assert parse(f"{name} < 1") == less(Named(name, at=0), ONE)


def test_nodes_know_where_they_stand() -> None:
    tree = parse("a > 1 AND  NOT b@1h[2]")
    assert isinstance(tree, Joined)
    assert [operand.at for operand in tree.operands] == [0, 11]
    moved = [(node.at, node.sign_at) for node, _ in walk(tree) if isinstance(node, Elsewhere)]
    assert moved == [(15, 16)]


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("", 1, 'expected a name, a number or "(", got the end'),
        ("   ", 1, 'expected a name, a number or "(", got the end'),
        ("rsi <  ", 6, 'expected a name, a number or "(", got the end'),
        ("rsi < AND b", 7, 'expected a name, a number or "(", got "AND"'),
        ("AND b", 1, 'expected a name, a number or "(", got "AND"'),
        ("a b", 3, 'expected an operator or the end, got "b"'),
        ("2x > 1", 2, 'expected an operator or the end, got "x"'),
        ("(a", 3, 'expected an operator or ")", got the end'),
        ("a > 1)", 6, 'expected an operator or the end, got ")"'),
        ("a[1", 4, 'expected an operator or "]", got the end'),
        ("a[]", 3, 'expected a name, a number or "(", got "]"'),
        ("@1h", 1, 'expected a name, a number or "(", got "@1h"'),
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
        ('f("09:30)', 3, 'unexpected """: a text ends on its line with the same mark'),
        ("a ? b", 3, 'unexpected "?": there is no conditional value'),
        ("a\xa0> 1", 2, "unexpected U+00A0"),
    ],
)
def test_refusal_says_place_expectation_and_what_came(text: str, place: int, reason: str) -> None:
    shown = "".join(character if character.isprintable() else " " for character in text)
    assert refusal(text) == f"entry, character {place}: {reason}\n    {shown}\n    {' ' * (place - 1)}^"


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("a < AND b >", [5, 12]),
        ("a = 3 AND b < 5 5 OR (c > 3", [3, 17, 28]),
        ("f(a b, c d) AND e <", [5, 10, 20]),
        ("f(,) AND )", [3, 4, 10]),
        ("a ? (b ? c) AND d ?", [3, 19]),  # what is between parentheses after an error is not read
        ("(a < ) AND (b < )", [6, 17]),
        ("a[ AND b[", [4, 10]),
        ("(((", [4]),
        ("AND > 5", [1, 5]),
        ("a ) b AND c ]", [3, 13]),
    ],
)
def test_every_error_of_a_text_is_told_in_its_order(text: str, places: list[int]) -> None:
    assert [place for place, _ in faults(text)] == places


def test_what_is_right_beside_an_error_is_kept() -> None:
    tree, _ = read("a < AND f(b b, c) AND (a < b")
    assert tree == joined("AND", less(A, BROKEN), Called("f", (Broken(B, at=0), C), at=0), less(A, B))


def test_errors_are_told_up_to_a_bound() -> None:
    assert len(faults("a < AND " * 100)) == MAX_FAULTS
    assert len(refusal("a < AND " * 100)) < MAX_FAULTS * 200


def test_caret_stands_in_the_offending_line_of_several() -> None:
    assert refusal("a > 1\nAND\tb >\n  ] c") == (
        'entry, line 3, character 3: expected a name, a number or "(", got "]"\n      ] c\n      ^'
    )


def test_long_text_is_shown_in_a_window_around_the_caret() -> None:
    text = "a > 1 AND " * 50 + "a ? 1" + " AND a > 1" * 50
    first, line, caret = refusal(text).split("\n")
    assert first == 'entry, character 503: unexpected "?": there is no conditional value'
    assert line == f"    ...{text[502 - 36 : 502 + 36]}..."
    assert line[caret.index("^")] == "?"


def test_error_keeps_its_parts_apart() -> None:
    with pytest.raises(ExpressionErrors) as caught:
        parse("rsi <", where="")
    (error,) = caught.value.errors
    assert (error.where, error.text, error.at) == ("", "rsi <", 5)
    assert error.reason == 'expected a name, a number or "(", got the end'
    assert str(caught.value) == str(error)
    assert str(error).startswith("character 6: expected")


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
        ("a[", "1", "]"),
        ("NOT ", "a", ""),
        ("!", "a", ""),
        ("-", "a", ""),
        ("", "a", "[1]"),
        ("", "a", "@1h"),
        ("1+2*(", "a", ")"),
        ("crossover(", "1,1", ")"),
    ],
)
def test_nesting_beyond_the_bound_is_refused(opening: str, inner: str, closing: str) -> None:
    beyond = MAX_DEPTH + 1
    text = opening * beyond + inner + closing * beyond
    assert f"nests deeper than {MAX_DEPTH} levels: name a part of it, or split the rule" in refusal(text)


@pytest.mark.parametrize(("opening", "inner", "closing"), [("(", "a > 1", ")"), ("NOT ", "a", ""), ("-", "a", "")])
def test_nesting_within_the_bound_is_read(opening: str, inner: str, closing: str) -> None:
    within = MAX_DEPTH - 1
    tree = parse(opening * within + inner + closing * within)
    assert Named("a", at=0) in [node for node, _ in walk(tree)]


def test_tree_of_too_many_parts_is_refused() -> None:
    terms = MAX_NODES - 1  # and the sum itself
    assert len([*walk(parse("+".join(["a"] * terms)))]) == MAX_NODES
    assert f"has more than {MAX_NODES} parts" in refusal("+".join(["a"] * (terms + 1)))
