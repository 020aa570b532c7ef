"""A file of one kind that is given as another is told to be that, in the place of all its unknown keys."""

from collections.abc import Callable
from typing import Any

import pytest

from schemas.alert_rule_file import parse_alert_rules
from schemas.portfolio_file import parse_portfolio
from schemas.problems import DocumentError
from schemas.strategy_file import parse_strategy
from schemas.watchlist_file import parse_watchlist

Parse = Callable[..., object]

READ_AS: dict[str, Parse] = {
    "strategy": parse_strategy,
    "portfolio": parse_portfolio,
    "watchlist": parse_watchlist,
    "file of alert rules": parse_alert_rules,
}
RULE = {"id": "deep", "type": "metric", "figure": "performance.drawdown", "above": 0.1}
SWITCH = {"max_drawdown": 0.1}
ENTRY = {"type": "entry", "condition": "close > 1"}
GIVEN: list[tuple[str, Any, str]] = [
    ("strategy", {"id": "a", "indicators": {}, "rules": {"entry": ENTRY}}, '("indicators", "rules")'),
    ("strategy", {"id": "a", "rules": [ENTRY]}, '("rules")'),
    ("strategy", {"id": "a", "signals": [ENTRY]}, '("signals")'),
    (
        "portfolio",
        {"id": "a", "strategies": ["b"], "killSwitch": {"max_drawdown": 0.1}},
        '("strategies", "killSwitch")',
    ),
    ("watchlist", ["AAPL", "IBM"], "(a list of symbols)"),
    ("watchlist", [{"symbol": "AAPL"}], "(a list of symbols)"),
    ("watchlist", {"assets": ["AAPL"]}, '("assets")'),
    ("file of alert rules", {"rules": [RULE]}, '("rules")'),
    ("file of alert rules", [RULE], "(a list of rules with a type)"),
]
VERBS = {"strategy": "strategy", "portfolio": "portfolio", "watchlist": "watchlist", "file of alert rules": "alerts"}


@pytest.mark.parametrize("expected", READ_AS)
@pytest.mark.parametrize(("kind", "document", "telling"), GIVEN)
def test_each_kind_given_as_any_other_is_one_problem(kind: str, document: object, telling: str, expected: str) -> None:
    if kind == expected:
        assert READ_AS[kind](document, origin="a.json")
        return
    with pytest.raises(DocumentError) as caught:
        READ_AS[expected](document, origin="a.json")
    [problem] = caught.value.problems
    assert problem.message.startswith(f"expected a {expected}, got what looks like a {kind} {telling}: ")
    assert f"`candelabra {VERBS[kind]} validate`" in problem.message


@pytest.mark.parametrize(
    ("expected", "document"),
    [
        ("strategy", {"id": "a", "rules": {"entry": ENTRY}, "limits": {"max_heat": 0.1}}),
        ("portfolio", {"id": "a", "limits": {}, "rules": []}),
        ("portfolio", {"id": "a", "assets": [], "signals": []}),
        ("strategy", {"id": "a"}),
        ("strategy", [{"id": "a", "symbol": "AAPL", "rules": {"entry": ENTRY}}]),
        ("watchlist", [1]),
        ("watchlist", []),
        ("file of alert rules", {"rules": [{"type": "metricc"}]}),
    ],
    ids=str,
)
def test_what_may_be_meant_as_it_is_given_keeps_its_own_problems(expected: str, document: object) -> None:
    with pytest.raises(DocumentError) as caught:
        READ_AS[expected](document, origin="a.json")
    assert "looks like" not in str(caught.value)
