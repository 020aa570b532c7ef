"""Suggestions of the nearest name."""

import pytest

from schemas.names import did_you_mean, nearest

KINDS = ["sma", "ema", "rsi", "macd", "bbands", "stoch"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("rsii", "rsi"), ("RSI", "rsi"), ("mcad", "macd"), ("bband", "bbands"), ("stohc", "stoch"), ("rsi", "rsi")],
)
def test_a_slip_of_the_finger_finds_its_name(typed: str, meant: str) -> None:
    assert nearest(typed, KINDS) == meant


@pytest.mark.parametrize("typed", ["", "volume", "x", "\N{SNOWMAN}" * 5])
def test_what_is_like_nothing_gets_no_suggestion(typed: str) -> None:
    assert nearest(typed, KINDS) is None
    assert did_you_mean(typed, KINDS) == ""


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("performance.sharp_ratio", "performance.sharpe_ratio"),
        ("performance.sharpe", "performance.sharpe_ratio"),
        ("Performance.Bar", "performance.bars"),
        ("perfomance.bars", "performance.bars"),
        ("performance.volume", None),
        ("performance.", None),
    ],
)
def test_a_place_in_common_makes_no_names_alike(typed: str, meant: str | None) -> None:
    assert nearest(typed, ["performance.bars", "performance.sharpe_ratio", "trades.trades"]) == meant


@pytest.mark.parametrize(("typed", "meant"), [("linear", "linear_regression_slope"), ("li", None), ("line", None)])
def test_the_beginning_of_a_long_name_finds_it(typed: str, meant: str | None) -> None:
    assert nearest(typed, ["rsi", "linear_regression_slope"]) == meant


def test_what_is_close_in_the_same_place_is_nearer_than_anything_elsewhere() -> None:
    known = ["ours-1.candles", "ours-2.candles", "ours-2.signals"]
    assert nearest("ours-2.candels", known) == "ours-2.candles"
    assert nearest("ours-2.candels", known[:1]) == "ours-1.candles"


def test_nothing_known_gives_no_suggestion() -> None:
    assert nearest("rsi", []) is None


def test_of_equally_close_names_the_first_is_suggested() -> None:
    assert nearest("xma", ["sma", "ema"]) == "sma"
    assert nearest("xma", ["ema", "sma"]) == "ema"


def test_the_known_name_keeps_its_own_case() -> None:
    assert did_you_mean("btcusd", ["BTCUSDT"]) == ' (did you mean "BTCUSDT"?)'


def test_a_name_of_a_million_characters_is_not_compared() -> None:
    assert nearest("rsi" * 333_333, KINDS) is None
