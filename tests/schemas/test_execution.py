"""Terms of execution: what may be said, in which shapes, and what cannot be carried out."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from schemas.execution import ExecutionConfig, ProportionalFees, ProportionalSlippage, ScaleIn, ScaleOut
from schemas.protection import CoolDown, StopLossGuard
from schemas.risk import AtrDistance, FractionDistance
from schemas.strategy import StrategyConfig
from schemas.strategy_file import load_strategy, parse_strategy
from tests.schemas.refusals import problems

RULES = {"entry": {"condition": "close > 1"}}


def load(**sections: Any) -> StrategyConfig:  # noqa: ANN401  # any JSON
    return load_strategy(json.dumps({"id": "a", "rules": RULES, **sections}).encode(), origin="a.json")


def told(**sections: Any) -> list[str]:  # noqa: ANN401  # any JSON
    return problems({"id": "a", "rules": RULES, **sections})


def test_the_defaults_cost_nothing_and_fill_at_the_next_open() -> None:
    terms = load().execution
    assert terms == ExecutionConfig()
    assert (terms.fill, terms.capital, terms.leverage, terms.maintenance_margin) == ("next_open", 10_000, 1, 0.005)
    assert (terms.spread, terms.slippage, terms.fees, terms.contract_size) == (0, None, None, 1)


def test_numbers_stand_for_shares_of_the_price_and_of_what_is_traded() -> None:
    terms = load(execution={"fees": 0.001, "slippage": 0.0005, "scaleOut": [{"at": 0.02, "fraction": 0.5}]}).execution
    assert terms.fees == ProportionalFees(method="proportional", maker=0.001, taker=0.001)
    assert terms.slippage == ProportionalSlippage(method="proportional", fraction=0.0005)
    assert terms.scale_out == (ScaleOut(at=FractionDistance(fraction=0.02), fraction=0.5),)


def test_keys_may_be_spelt_in_either_case_at_any_depth() -> None:
    terms = load(execution={"tickSize": 0.5, "scaleIn": {"maxEntries": 3}, "maintenanceMargin": 0.01}).execution
    assert (terms.tick_size, terms.scale_in, terms.maintenance_margin) == (0.5, ScaleIn(max_entries=3), 0.01)


def test_a_number_is_a_distance_for_break_even_and_an_object_needs_no_method() -> None:
    risk = load(risk={"breakEven": 0.01}).risk
    assert risk is not None
    assert risk.break_even == FractionDistance(fraction=0.01)
    parts = load(execution={"scale_out": [{"at": {"multiple": 1}, "fraction": 1}]}).execution.scale_out
    assert parts[0].at == AtrDistance(method="atr", multiple=1)


def test_protections_are_listed_by_method() -> None:
    guard = {"method": "stop_loss_guard", "lookbackBars": 48, "trades": 3, "stop_bars": 12}
    risk = load(risk={"protections": [{"method": "cool_down", "bars": 5}, guard]}).risk
    assert risk is not None
    assert risk.protections == (
        CoolDown(method="cool_down", bars=5),
        StopLossGuard(method="stop_loss_guard", lookback_bars=48, trades=3, stop_bars=12),
    )


def test_terms_are_part_of_the_normal_form_and_of_the_fingerprint() -> None:
    one, other = load(), load(execution={"fees": 0.001})
    assert one.fingerprint() != other.fingerprint()
    assert parse_strategy(other.model_dump(mode="json"), origin="normal") == other


@pytest.mark.parametrize("leverage", [1, 2.5, 1_000])
def test_leverage_goes_up_to_a_thousand(leverage: float) -> None:
    assert load(execution={"leverage": leverage}).execution.leverage == leverage


def test_a_fee_above_the_notional_is_somebodys_terms() -> None:
    assert load(execution={"fees": {"method": "per_unit", "amount": 1, "minimum": 50_000}}).execution.fees is not None


@pytest.mark.parametrize("fractions", [(1.0,), (0.6, 0.4), (0.35, 0.35, 0.3), (0.05,) * 20])
def test_all_of_a_position_may_be_left_in_parts(fractions: tuple[float, ...]) -> None:
    parts = [{"at": 0.01 * (1 + at), "fraction": fraction} for at, fraction in enumerate(fractions)]
    assert len(load(execution={"scale_out": parts}).execution.scale_out) == len(fractions)


PARTS = [{"at": 0.01, "fraction": 0.6}, {"at": 0.02, "fraction": 0.5}]
WRONG: dict[str, tuple[dict[str, Any], list[str]]] = {
    "no capital": ({"capital": 0}, ["execution.capital: expected a number greater than 0, got 0"]),
    "leverage beyond any": ({"leverage": 1_001}, ["execution.leverage: expected a number of at most 1000, got 1001"]),
    "leverage below one": ({"leverage": 0.5}, ["execution.leverage: expected a number of at least 1, got 0.5"]),
    "tick of nothing": ({"tickSize": 0}, ["execution.tickSize: expected a number greater than 0, got 0"]),
    "spread that pays": ({"spread": -0.1}, ["execution.spread: expected a number of at least 0, got -0.1"]),
    "fees that pay": ({"fees": -0.1}, ["execution.fees: expected a number of at least 0, got -0.1"]),
    "fees of a text": ({"fees": "low"}, ['execution.fees: expected an object, got "low"']),
    "slippage of all": ({"slippage": 2}, ["execution.slippage: expected a number of at most 1, got 2; 0.02 is 2 %"]),
    "all margin": ({"maintenance_margin": 1}, ["execution.maintenance_margin: expected a number less than 1, got 1"]),
    "one entry more than none": (
        {"scale_in": {"max_entries": 1}},
        ["execution.scale_in.max_entries: expected a number of at least 2, got 1"],
    ),
    "more than all": (
        {"scale_out": PARTS},
        ["execution.scale_out: expected fractions that add up to at most 1, all of it, got 1.1"],
    ),
    "part on the wrong side": (
        {"scaleOut": [{"at": -0.01, "fraction": 0.5}]},
        ["execution.scaleOut.0.at: expected a number greater than 0, got -0.01"],
    ),
    "smallest above largest": (
        {"minimum_size": 2, "maximum_size": 1},
        ["execution.maximum_size: expected at least the minimum_size (2), got 1"],
    ),
    "lot above the largest": (
        {"lot_size": 2, "maximum_size": 1},
        ["execution.maximum_size: expected at least the lot_size (2), got 1"],
    ),
    "fill of another kind": (
        {"fill": "next_opne"},
        ['execution.fill: expected "next_open" or "signal_close", got "next_opne" (did you mean "next_open"?)'],
    ),
    "slippage of another kind": (
        {"slippage": {"method": "fixd", "amount": 1}},
        [
            (
                'execution.slippage.method: expected one of "fixed", "proportional", "volatility", got "fixd" '
                '(did you mean "fixed"?)'
            )
        ],
    ),
    "unknown key": (
        {"leverge": 2},
        ['execution.leverge: unknown key "leverge" (did you mean "leverage"?)'],
    ),
}


@pytest.mark.parametrize(("execution", "expected"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_with_its_place(execution: dict[str, Any], expected: list[str]) -> None:
    assert told(execution=execution) == expected


@pytest.mark.parametrize("execution", [5, [], "cheap"])
def test_terms_are_an_object(execution: object) -> None:
    assert told(execution=execution) == [f"execution: expected an object, got {json.dumps(execution)}"]


def test_a_protection_of_another_kind_is_named() -> None:
    assert told(risk={"protections": [{"method": "cooldown", "bars": 5}]}) == [
        (
            'risk.protections.0.method: expected one of "cool_down", "stop_loss_guard", "max_drawdown_guard", '
            '"low_profit_guard", got "cooldown" (did you mean "cool_down"?)'
        )
    ]


@pytest.mark.parametrize(
    ("target", "at", "got"),
    [
        (0.02, 0.02, "(0.02), where all is left, got 0.02"),
        ({"multiple": 2}, {"multiple": 3}, "(2 ATR of 14 bars), where all is left, got 3 ATR of 14 bars"),
    ],
)
def test_a_part_is_left_before_the_whole(target: object, at: object, got: str) -> None:
    found = told(risk={"take_profit": target}, execution={"scale_out": [{"at": at, "fraction": 0.5}]})
    assert found == [f"execution.scale_out.0.at: expected a distance of less than the take_profit {got}"]


def test_only_the_market_can_tell_distances_of_two_kinds_apart() -> None:
    parts = [{"at": {"multiple": 1}, "fraction": 0.5}, {"at": {"multiple": 9, "period": 7}, "fraction": 0.5}]
    assert load(risk={"take_profit": 0.0001}, execution={"scale_out": parts}).execution.scale_out
    assert load(risk={"take_profit": {"multiple": 2}}, execution={"scale_out": parts}).execution.scale_out


@pytest.mark.parametrize("capital", [float("nan"), float("inf"), 1e16, "10000"])
def test_capital_is_an_amount(capital: object) -> None:
    with pytest.raises(ValidationError, match="capital"):
        ExecutionConfig.model_validate({"capital": capital})
