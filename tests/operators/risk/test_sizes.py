"""How large a position may be, and how many."""

from math import inf

import pytest

from operators.risk.sizes import largest_value, may_open
from schemas.risk import RiskLimits


@pytest.mark.parametrize(
    ("size", "leverage", "largest"), [(0.5, 3.0, 500.0), (None, 3.0, 3_000.0), (0.5, None, 500.0), (None, None, inf)]
)
def test_the_narrower_limit_counts(size: float | None, leverage: float | None, largest: float) -> None:
    assert largest_value(RiskLimits(max_position_size=size, max_leverage=leverage), 1_000.0) == largest


@pytest.mark.parametrize("equity", [0.0, -5.0])
def test_without_equity_nothing_may_be_held_where_there_is_a_limit(equity: float) -> None:
    assert largest_value(RiskLimits(max_leverage=1_000.0), equity) == 0.0
    assert largest_value(RiskLimits(), equity) == inf


@pytest.mark.parametrize(("positions", "refused"), [(0, False), (1, False), (2, True), (7, True)])
def test_so_many_positions_may_be_open(positions: int, *, refused: bool) -> None:
    assert (may_open(2, positions) is not None) == refused
