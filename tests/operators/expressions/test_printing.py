"""How a checked tree is written: tidy, read again as the same tree, and the same for all that compute the same."""

import pytest

from operators.expressions.compiled import compile_expression
from operators.expressions.scope import Scope
from operators.indicators.identity import Output, resolve

RSI = Output(resolve("rsi", {}, where="rsi"), "rsi")
SCOPE = Scope(
    columns={"rsi": RSI, "fast": RSI, "x": "X", "y": "Y"},
    states={"dip": "rsi < 30", "quiet": "dip AND x > 1", "either": "dip OR x > 1"},
)


@pytest.mark.parametrize(
    ("text", "tidy"),
    [
        ("((x))<(1)", "x < 1"),
        ("(x<1)&&((y<1)||(x<2))", "x < 1 AND (y < 1 OR x < 2)"),
        ("!(x<1)", "NOT x < 1"),
        ("!(dip&&quiet)", "NOT (dip AND quiet)"),
        ("x*(y*x)-(1-2)>3.50", "x * (y * x) - (1 - 2) > 3.5"),
        ("-(x+y)>-(-(1))", "-(x + y) > --1"),
        ("crossover(x,(y))", "crossover(x, y)"),
        ("x>100000000000000000000", "x > 1e+20"),
        ("1<x   <=2", "1 < x <= 2"),
        ("between( x,1,2 )", "between(x, 1, 2)"),
        ("max(x,(y), 3)>abs( -x )", "max(x, y, 3) > abs(-x)"),
        ("x[ 01 ]>x[0]", "x[1] > x"),
        ("(x+y)[1]>0", "x[1] + y[1] > 0"),
        ("(dip)[1]", "dip[1]"),
        ("rsi@ 1h > 30", "rsi@1h > 30"),
        ("dip@1h", "dip@1h"),
        ("hour('UTC')>8", "hour > 8"),
        ("session('9:30','16:00','UTC','mon-sun')", 'session("9:30", "16:00")'),
        ("'long'!=position.side", 'position.side != "long"'),
        ("weekday==mon", "weekday == mon"),
    ],
)
def test_text_is_tidy_and_read_again_as_the_same_tree(text: str, tidy: str) -> None:
    tree = compile_expression(text, SCOPE, where="").tree
    assert str(tree) == tidy
    assert str(compile_expression(tidy, SCOPE, where="").tree) == tidy


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("rsi < 30", "fast < 30.0"),
        ("rsi < 30", "30 > rsi"),
        ("rsi <= 30", "30 >= rsi"),
        ("dip", "rsi < 30"),
        ("quiet AND y > 1", "rsi < 30 AND x > 1 AND y > 1"),
        ("NOT either", "NOT (rsi < 30 OR x > 1)"),
        ("either OR y > 1", "rsi < 30 OR (x > 1 OR y > 1)"),
        ("1 < x < 2", "1 < x AND x < 2"),
        ("between(x, 1, 2)", "1 <= x <= 2"),
        ("1 < x < 2 AND y > 1", "x > 1 AND x < 2 AND y > 1"),
        ("dip[1]", "rsi[1] < 30"),
        ("dip@1h", "rsi@1h < 30"),
        ("(x + y)[1] > 0", "x[1] + y[1] > 0"),
        ("x[0] > 1", "x > 1"),
        ("(1 - x) - y > 0", "1 - x - y > 0"),
        ("crossover(rsi, 30)[1]", "crossover(rsi[1], 30)"),
        ('position.side == "long"', '"long" == position.side'),
        ("hour > 8", 'hour("UTC") > 8'),
        ('session("9:30", "16:00", "UTC", "fri-mon")', 'session("09:30", "16:00", "UTC", "fri,sat,sun,mon")'),
    ],
)
def test_what_means_the_same_has_one_canonical_text(one: str, other: str) -> None:
    assert compile_expression(one, SCOPE, where="").canonical == compile_expression(other, SCOPE, where="").canonical


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("rsi < 30", "rsi <= 30"),
        ("x - (y - 1) > 0", "x - y - 1 > 0"),
        ("-(x + y) > 0", "-x + y > 0"),
        ("NOT x > 1 AND y > 1", "NOT (x > 1 AND y > 1)"),
        ("(x > 1 OR y > 1) AND dip", "x > 1 OR y > 1 AND dip"),
        ("NOT quiet", "NOT rsi < 30 AND x > 1"),
        ("NOT 1 < x < 2", "NOT 1 < x AND x < 2"),
        ("rsi[1] < 30", "rsi < 30"),
        ("rsi@1h < 30", "rsi@4h < 30"),
        ("dip@1h[1]", "dip[1]@1h"),
        ('hour("Asia/Tokyo") > 8', "hour > 8"),
    ],
)
def test_what_means_another_thing_has_another(one: str, other: str) -> None:
    assert compile_expression(one, SCOPE, where="").canonical != compile_expression(other, SCOPE, where="").canonical
