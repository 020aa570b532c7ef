"""Cases at the edge of what an account can be told, through the strategy step."""

import pytest

from operators.positions.bar import Bar
from schemas.execution import ExecutionConfig
from schemas.risk import RiskConfig
from schemas.trade import Trade
from tests.dataflows.test_bad_positions import Prices, changes, run, still
from tests.operators.trading.floor import MINUTE_MS, Floor


def test_a_time_stop_comes_though_an_entry_rule_would_add() -> None:
    """Every further entry is refused, for the first took all equity; the position is left all the same."""
    replayed = run([still() for _ in range(40)], execution={"scale_in": {"max_entries": 10}}, risk={"max_bars_held": 3})
    trades = [one for one in replayed.positions if isinstance(one, Trade)]
    assert len(trades) > 5
    assert {(one.bars_held, one.exit_reason) for one in trades} == {(3, "time_stop")}


def test_an_absurd_price_ends_one_key_and_not_the_worker() -> None:
    prices: list[Prices] = [still(), still(), (100.0, 1e306, 100.0, 1e306, 1.0), still()]
    replayed = run(prices)
    [alert] = [one for one in replayed.alerts if one.kind == "quarantine"]
    assert "cannot be kept over a bar with prices from 100.0 to 1e+306" in alert.message
    assert [one.change for one in changes(replayed)] == ["opened"]


@pytest.mark.parametrize(
    "execution",
    [{"slippage": {"method": "fixed", "amount": 2.0}}, {"tick_size": 5.0}],
    ids=["slippage beyond the price", "a tick beyond the price"],
)
def test_what_a_command_leaves_is_filled_at_a_price_whatever_it_costs(execution: dict[str, object]) -> None:
    """A fill at zero would be none, and its refusal would end the worker at every start."""
    config = ExecutionConfig.model_validate({**execution, "fill": "signal_close"})
    floor = Floor(config, RiskConfig())
    floor.over(Bar(1.2, 1.2, 1.2, 1.2, 1.0, 0, MINUTE_MS), "buy")
    floor.desk.leave_now(1.2, MINUTE_MS + 1, "lifecycle.stop", None)
    [closed] = floor.desk.changes
    assert closed.change == "closed"
    assert closed.fills[0].price == pytest.approx(0.6)  # no less than half of where the market stood


def test_two_refusals_at_one_close_have_ids_of_their_own() -> None:
    replayed = run([still(), still(), still()], execution={"minimum_size": 1_000})
    ids = [one.id for one in replayed.alerts if one.kind == "refusal"]
    assert len(ids) == len(set(ids)) == len(changes(replayed))
