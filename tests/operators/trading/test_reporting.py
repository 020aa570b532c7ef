"""What portfolios are told of a series at a command."""

import pytest

from operators.positions.bar import Bar
from operators.trading.reporting import Reporter
from schemas.execution import ExecutionConfig
from schemas.risk import FixedAmount, FractionDistance, RiskConfig
from tests.operators.trading.floor import MINUTE_MS, Floor

BAR = Bar(100.0, 101.0, 99.0, 100.0, 10.0, MINUTE_MS, 2 * MINUTE_MS)


@pytest.mark.parametrize("side", ["buy", "sell"])
def test_an_entry_that_a_command_leaves_waiting_is_still_to_come(side: str) -> None:
    stop = FractionDistance(fraction=0.1)
    floor = Floor(
        ExecutionConfig(), RiskConfig(sizing=FixedAmount(method="fixed_amount", amount=500.0), stop_loss=stop)
    )
    floor.over(BAR, "buy" if side == "buy" else "sell")
    reporter = Reporter("a|BTC|1m", MINUTE_MS, floor.desk, floor.desk.account.capital)
    reporter.commanded(floor.desk, BAR.close_time, 100.0, (), ends=False)
    reporter.commanded(floor.desk, BAR.close_time, 100.0, (), ends=True)
    waits, ends = reporter.found
    signed = 5.0 if side == "buy" else -5.0
    assert (waits.quantity, waits.coming, waits.entry) == (0.0, signed, None)
    assert waits.stop == pytest.approx(100.0 - 2.0 * signed)
    assert (ends.quantity, ends.coming, ends.next_ms) == (0.0, 0.0, None)
