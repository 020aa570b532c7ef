"""What is said of a key that a file cannot have where it stands."""

from typing import Any

import pytest

from schemas.problems import StrategyFileError
from schemas.strategy_file import parse_strategy

PLAIN: dict[str, Any] = {
    "id": "plain",
    "rules": {"entry": {"condition": "close > open"}, "exit": {"condition": "open > close"}},
}


def refusal(**more: object) -> str:
    with pytest.raises(StrategyFileError) as caught:
        parse_strategy({**PLAIN, **more}, origin="test")
    [problem] = caught.value.problems
    return str(problem)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ({"max_daily_loss": 0.1}, "risk.limits.max_daily_loss"),
        ({"maxConcurrentPositions": 1}, "risk.limits.max_concurrent_positions"),
        ({"risk": {"max_concurrent_positions": 1}}, "limits.max_concurrent_positions"),
        ({"capital": 1_000}, "execution.capital"),
        ({"minimal_roi": 0.1}, "risk.take_profit"),
        ({"risk": {"stop_los": 0.1}}, "stop_loss"),
    ],
    ids=str,
)
def test_a_key_a_level_too_high_or_of_another_program_is_told_where_it_belongs(
    given: dict[str, Any], meant: str
) -> None:
    assert refusal(**given).endswith(f'(did you mean "{meant}"?)')


def test_a_key_that_several_places_have_is_told_none_of_them() -> None:
    assert refusal(period=3) == 'period: unknown key "period"'
