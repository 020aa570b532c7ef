"""Portfolios: limits, groups, conflicts and the kill switch, and what of them contradicts itself."""

import json

import pytest
from hypothesis import given, settings
from pydantic import ValidationError

from schemas.portfolio import PortfolioConfig, PortfolioEntry, PortfolioReset
from schemas.portfolio_file import MAX_PORTFOLIO_BYTES, load_portfolio, parse_portfolio
from schemas.problems import PortfolioFileError
from tests.schemas.portfolio_configs import portfolios

MAJORS = {"groups": {"majors": ["BTC*", "ETH*"]}}


def problems(document: object) -> list[str]:
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    with pytest.raises(PortfolioFileError) as caught:
        load_portfolio(content, origin="main.json")
    return [str(problem) for problem in caught.value.problems]


def test_the_defaults_limit_nothing_and_net_conflicts() -> None:
    config = load_portfolio(b'{"id": "main"}', origin="main.json")
    assert config == PortfolioConfig(id="main")
    assert (config.conflict, config.kill_switch, config.strategies) == ("net", None, ())
    assert config.limits.model_dump(exclude_defaults=True) == {}


WRONG: dict[str, tuple[object, list[str]]] = {
    "not an object": ([], ["expected a JSON object, got a list"]),
    "no id": ({}, ["id: expected a value, got nothing: it is required"]),
    "id with a colon": (
        {"id": "a:b"},
        [
            (
                "id: expected an id such as breakout_up: up to 64 letters, digits, _, . and -, a letter or digit "
                'first, got "a:b"'
            )
        ],
    ),
    "unknown key": ({"id": "m", "groops": {}}, ['groops: unknown key "groops" (did you mean "groups"?)']),
    "all and more at risk": (
        {"id": "m", "limits": {"maxHeat": 2}},
        ["limits.maxHeat: expected a number of at most 1, got 2; 0.02 is 2 %"],
    ),
    "limit of the kill switch": (
        {"id": "m", "limits": {"max_drawdown": 0.2}},
        ['limits.max_drawdown: unknown key "max_drawdown" (did you mean "kill_switch.max_drawdown"?)'],
    ),
    "exposure of nothing": (
        {"id": "m", "limits": {"max_gross_exposure": 0}},
        ["limits.max_gross_exposure: expected a number greater than 0, got 0"],
    ),
    "limit of no group": (
        {"id": "m", **MAJORS, "limits": {"max_group_exposure": {"major": 1}}},
        [
            (
                "limits.max_group_exposure.major: expected the name of a group (majors), got 'major' "
                '(did you mean "majors"?)'
            )
        ],
    ),
    "group of nothing": (
        {"id": "m", "groups": {"majors": []}},
        ["groups.majors: expected at least one symbol in a group, got none"],
    ),
    "symbol twice": (
        {"id": "m", "groups": {"majors": ["BTC/USDT", "BTCUSDT"]}},
        ["groups.majors.1: expected each of majors once, got 'BTCUSDT' again (the same as 'BTC/USDT')"],
    ),
    "priority of none": (
        {"id": "m", "conflict": "priority"},
        ["priorities: expected at least one strategy where conflicts go by priority, got none"],
    ),
    "priority of another's": (
        {"id": "m", "strategies": ["macd"], "priorities": ["mcad"]},
        ["priorities.0: expected one of its strategies, got 'mcad' (did you mean \"macd\"?)"],
    ),
    "strategy twice": (
        {"id": "m", "strategies": ["macd", "macd"]},
        ["strategies.1: expected each of strategies once, got 'macd' again"],
    ),
    "switch that never trips": (
        {"id": "m", "killSwitch": {"action": "flatten"}},
        ["killSwitch: expected max_daily_loss or max_drawdown, at which it trips, got neither"],
    ),
    "switch of another action": (
        {"id": "m", "kill_switch": {"action": "flat", "max_drawdown": 0.2}},
        ['kill_switch.action: expected "flatten" or "freeze", got "flat" (did you mean "flatten"?)'],
    ),
    "number beyond any": (
        {"id": "m", "limits": {"max_heat": 2**70}},
        ["limits.max_heat: expected a whole number of at most 63 bits, got one of 71"],
    ),
    "not JSON": (b"{", ["expected JSON, got an error: Expecting property name enclosed in double quotes"]),
}


@pytest.mark.parametrize(("document", "expected"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_with_its_place(document: object, expected: list[str]) -> None:
    found = problems(document)
    assert [text[: len(start)] for text, start in zip(found, expected, strict=True)] == expected


def test_a_file_is_bounded() -> None:
    assert problems(b" " * (MAX_PORTFOLIO_BYTES + 1)) == ["expected at most 1,048,576 bytes, got 1,048,577"]


@settings(deadline=None)
@given(portfolios())
def test_a_normal_form_gives_itself(config: PortfolioConfig) -> None:
    assert parse_portfolio(config.model_dump(mode="json"), origin="normal") == config
    assert PortfolioConfig.model_validate_json(config.canonical_json()) == config


def test_an_entry_speaks_of_one_portfolio() -> None:
    with pytest.raises(ValidationError, match="expected a config of 'main', got one of 'other'"):
        PortfolioEntry(portfolio="main", config=PortfolioConfig(id="other"), command="c")


def test_a_reset_does_not_displace_the_configuration_on_a_compacted_topic() -> None:
    entry = PortfolioEntry(portfolio="main", config=None, command="c-1")
    reset = PortfolioReset(portfolio="main", command="c-2")
    assert (entry.key, reset.key) == ("portfolio:main", "portfolio:main|reset")
