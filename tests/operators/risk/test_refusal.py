"""Refusals as sentences."""

import pytest

from operators.risk.refusal import WORDINGS, Refusal
from schemas.portfolio import PortfolioLimits
from schemas.protection import CoolDown, LowProfitGuard, MaxDrawdownGuard, StopLossGuard
from schemas.risk import RiskLimits

SIZES = {"max_position_size", "max_leverage"}
"""What is more is cut to them, and sizing has the words for what is left of nothing."""

PROTECTIONS = (CoolDown, LowProfitGuard, MaxDrawdownGuard, StopLossGuard)


def test_every_limit_that_can_be_configured_has_words() -> None:
    methods = {one.model_json_schema()["properties"]["method"]["const"] for one in PROTECTIONS}
    configured = RiskLimits.model_fields.keys() | PortfolioLimits.model_fields.keys() | methods
    assert configured - SIZES | {"conflict", "late", "absurd"} == set(WORDINGS)


def test_who_lifts_it_is_said() -> None:
    told = str(Refusal("max_drawdown", 0.25, 0.3, lifted_by="a restart"))
    expected = "max_drawdown: expected a fall from the highest equity below 0.25 of it, got 0.3; none before a restart"
    assert told == expected


def test_as_a_record_it_is_the_same() -> None:
    refusal = Refusal("max_group_exposure", 1.0, 1.5, about="majors")
    assert refusal.reached == ("max_group_exposure", 1.0, 1.5, None, "", "majors")


@pytest.mark.parametrize(
    ("limit", "one", "two"),
    [
        ("max_concurrent_positions", "at most 1 position at once,", "at most 2 positions at once,"),
        ("cool_down", "1 bar since a trade,", "2 bars since a trade,"),
        ("cool_down_bars", "1 bar since a trade that lost,", "2 bars since a trade that lost,"),
        ("stop_loss_guard", "fewer than 1 trade that a stop", "fewer than 2 trades that a stop"),
    ],
)
def test_one_is_told_in_the_singular(limit: str, one: str, two: str) -> None:
    assert str(Refusal(limit, 1, 3)).startswith(f"{limit}: expected {one}")
    assert str(Refusal(limit, 2, 3)).startswith(f"{limit}: expected {two}")
