"""The guide's page of metrics: each example is worked out again, by its formula and by an account."""

import doctest
import math
import re
from pathlib import Path

import pytest

from operators.performance.annual import bars_a_year
from operators.performance.performance import Performance
from operators.positions.trade import Trade
from schemas.metrics import CurveFigures, TradeFigures

PAGE = (Path(__file__).parents[3] / "ui" / "guide" / "metrics.md").read_text(encoding="utf-8")
WEEK = 7 * 86_400_000

EXAMPLE = re.compile(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \| `([^`]+)` = (-?[\d.]+) \|$", re.MULTILINE)
EXAMPLES = {name: (formula, shown) for name, _, _, formula, shown in EXAMPLE.findall(PAGE)}


def rows(first: str) -> list[list[str]]:
    """The cells of the page's table that begins with this column."""
    table = re.search(rf"^\| {first} \|.*\n\|[ |-]+\|\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    assert table is not None
    return [[cell.strip().replace(",", "") for cell in line.strip("|").split("|")] for line in table[1].splitlines()]


@pytest.fixture(scope="module")
def figures() -> dict[str, float | None]:
    """Of the account that the page tells of."""
    (_, capital, *_), *bars = rows("week")
    account = Performance(capital=float(capital), bars_a_year=bars_a_year("1w"), opened_at=0)
    for week, equity, held, traded, fees in bars:
        if held == "yes":
            account.bar(int(week) * WEEK, float(equity), exposed=True, traded=float(traded), fees=float(fees))
        else:
            account.flat(1, int(week) * WEEK)
    for _, gross, fees, value, adverse, far in rows("trade"):
        account.closed(told(float(gross), float(fees), float(value), float(adverse), float(far)))
    return {**account.figures()._asdict(), **account.trade_figures()._asdict()}


def told(gross: float, fees: float, value: float, adverse: float, far: float) -> Trade:
    return Trade("long", 0, 1, 1.0, value, value + gross, gross, fees, 1, 1, 1, "in", "out", adverse, far)


def half_a_digit(shown: str) -> float:
    """By how much a number may differ from how it is shown: whole numbers are exact, the rest is rounded."""
    return 0.5000001 * 10.0 ** -len(shown.partition(".")[2]) if "." in shown else 1e-9


def test_every_metric_is_on_the_page_once() -> None:
    assert sorted(found[0] for found in EXAMPLE.findall(PAGE)) == sorted(CurveFigures._fields + TradeFigures._fields)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_account_comes_to_what_the_page_shows(name: str, figures: dict[str, float | None]) -> None:
    shown, value = EXAMPLES[name][1], figures[name]
    assert value is not None
    assert math.isclose(value, float(shown), rel_tol=0, abs_tol=half_a_digit(shown)), value


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_formula_in_numbers_comes_to_what_the_page_shows(name: str) -> None:
    formula, shown = EXAMPLES[name]
    tolerance = max(half_a_digit(shown), 2e-4 * abs(float(shown)))  # the numbers in it may be shown ones, and rounded
    source = f">>> abs(({formula}) - ({shown})) <= {tolerance!r}\nTrue\n"
    example = doctest.DocTestParser().get_doctest(source, {"sqrt": math.sqrt}, name, "metrics.md", 0)
    told: list[str] = []
    assert doctest.DocTestRunner().run(example, out=told.append).failed == 0, told
