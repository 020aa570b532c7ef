"""The kill switch of a portfolio."""

import pytest

from operators.risk.daily_loss import DAY_MS
from operators.risk.kill_switch import Reset, Switch
from operators.risk.portfolio import Portfolio
from operators.risk.refusal import Refusal
from operators.risk.verdict import Leave, Lifted, Tripped, Verdict
from schemas.portfolio import KillSwitch
from tests.operators.risk.reports import MINUTE, answers, instant, portfolio, report

CAUSE = Refusal("max_drawdown", 0.2, 0.25, lifted_by="a reset")


def stopped(action: str) -> tuple[Portfolio, list[Verdict]]:
    """A portfolio of two that held 20 units each, of which one has lost a quarter of all."""
    one = portfolio(kill_switch={"action": action, "max_drawdown": 0.2})
    one.at(instant(report("a BTC", held=20.0), report("b BTC", held=20.0), report("c BTC")))
    return one, one.at(
        instant(
            report("a BTC", 2, held=20.0, equity=250.0),
            report("b BTC", 2, held=20.0, wants=30.0),
            report("c BTC", 2),
        )
    )


def test_frozen_it_refuses_entries_and_touches_nothing() -> None:
    _, verdicts = stopped("freeze")
    assert verdicts[0] == Tripped(2 * MINUTE, CAUSE, "freeze")
    assert answers(verdicts) == {"b BTC": "max_drawdown"}
    assert len(verdicts) == 2


def test_flattened_everybody_who_holds_something_has_to_leave_once() -> None:
    one, verdicts = stopped("flatten")
    assert verdicts[:3] == [
        Tripped(2 * MINUTE, CAUSE, "flatten"),
        Leave("a|BTC|1m", 2 * MINUTE, CAUSE),
        Leave("b|BTC|1m", 2 * MINUTE, CAUSE),
    ]
    after = one.at(instant(report("a BTC", 3, held=20.0, coming=0.0, equity=250.0), report("b BTC", 3)))
    assert after == []


def test_an_order_that_was_on_its_way_is_taken_back_too() -> None:
    one, _ = stopped("flatten")
    verdicts = one.at(instant(report("c BTC", 3, coming=4.0)))
    assert verdicts == [Leave("c|BTC|1m", 3 * MINUTE, CAUSE)]


def test_it_stays_tripped_whatever_equity_does_until_a_reset() -> None:
    one, _ = stopped("freeze")
    assert answers(one.at(instant(report("a BTC", 3, equity=9_000.0, wants=1.0)))) == {"a BTC": "max_drawdown"}
    one.reset(Reset("again", 3 * MINUTE))
    verdicts = one.at(instant(report("a BTC", 4, equity=9_000.0, wants=1.0)))
    assert verdicts[0] == Lifted(4 * MINUTE, "again")
    assert answers(verdicts) == {"a BTC": "allowed"}


def test_a_reset_takes_effect_after_its_time() -> None:
    one, _ = stopped("freeze")
    one.reset(Reset("later", 4 * MINUTE))
    assert one.at(instant(report("c BTC", 4))) == []
    assert one.at(instant(report("c BTC", 5))) == [Lifted(5 * MINUTE, "later")]


def test_what_was_lost_before_a_reset_counts_no_more() -> None:
    one, _ = stopped("freeze")
    one.reset(Reset("now"))
    assert one.drawdown == 0.25
    assert one.at(instant(report("c BTC", 3)))[0] == Lifted(3 * MINUTE, "now")
    assert (one.drawdown, one.tripped) == (0.0, None)
    verdicts = one.at(instant(report("a BTC", 4, held=20.0, equity=250.0 - 449.0)))
    assert verdicts == [], "449 of 2250 is less than a fifth"


def test_a_reset_begins_the_day_of_the_limits_anew_too() -> None:
    one = portfolio(kill_switch={"max_drawdown": 0.2}, limits={"max_daily_loss": 0.1})
    one.at(instant(report("a BTC")))
    one.at(instant(report("a BTC", 2, equity=800.0)))
    one.reset(Reset("now"))
    assert answers(one.at(instant(report("a BTC", 3, equity=730.0, wants=1.0)))) == {"a BTC": "allowed"}
    assert one.daily_loss == 0.0875, "70 of 800"


def test_a_reset_of_what_has_not_tripped_does_nothing() -> None:
    one = portfolio(kill_switch={"max_drawdown": 0.2}, limits={"max_daily_loss": 0.1})
    one.at(instant(report("a BTC")))
    one.at(instant(report("a BTC", 2, equity=850.0)))
    one.reset(Reset("early"))
    assert answers(one.at(instant(report("a BTC", 3, equity=850.0, wants=1.0)))) == {"a BTC": "max_daily_loss"}
    assert (one.drawdown, one.daily_loss) == (0.15, 0.15)
    one.at(instant(report("a BTC", 4, equity=800.0)))
    assert one.tripped is not None


def test_a_reset_that_comes_again_does_nothing() -> None:
    one, _ = stopped("freeze")
    one.reset(Reset("now"))
    one.at(instant(report("c BTC", 3)))
    one.at(instant(report("a BTC", 4, equity=-600.0)))
    assert one.tripped is not None
    one.reset(Reset("now"))
    assert one.at(instant(report("c BTC", 5))) == []
    assert one.tripped is not None


def test_a_daily_loss_trips_it_beyond_midnight() -> None:
    switch = Switch(KillSwitch(max_daily_loss=0.1), now_ms=0, equity=100.0)
    switch.marked(DAY_MS, 90.0)
    assert switch.tripped == Refusal("max_daily_loss", 0.1, 0.1, None, "a reset")
    switch.marked(3 * DAY_MS, 95.0)
    assert switch.tripped is not None


def test_a_day_that_is_over_does_not_trip_it() -> None:
    switch = Switch(KillSwitch(max_daily_loss=0.1), now_ms=0, equity=100.0)
    switch.marked(DAY_MS, 95.0)
    switch.marked(DAY_MS + 1, 90.0)
    assert switch.tripped is None, "5 of 95"


@pytest.mark.parametrize("config", [None, KillSwitch(max_drawdown=0.9)])
def test_without_a_limit_that_is_reached_it_never_trips(config: KillSwitch | None) -> None:
    switch = Switch(config, now_ms=0, equity=100.0)
    switch.marked(MINUTE, 20.0)
    assert switch.tripped is None
    assert switch.drawdown == 0.8
