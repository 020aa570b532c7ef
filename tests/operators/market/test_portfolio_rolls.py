"""What the market tells of a symbol that a portfolio looks at."""

import json

from operators.events import Beat, Enrolment, Frames, Heard, PortfolioRoll, Rolled
from operators.market.portfolio_rolls import PortfolioRolls
from schemas.portfolio import PortfolioConfig, PortfolioEntry, PortfolioReset

FIRST = PortfolioEntry(portfolio="main", config=PortfolioConfig(id="main", symbols=("BTC",)), command="first")
GONE = PortfolioEntry(portfolio="main", config=None, command="gone")
FRAMES = Frames("BTC", "1m", [0], {"close": [1.0, 2.0]})


def enrolment(record: PortfolioEntry | PortfolioReset) -> Enrolment:
    return Enrolment("BTC", record, ("BTC",))


def heard(record: PortfolioEntry | PortfolioReset, from_ms: int | None) -> Heard:
    return Heard(record, from_ms, ("BTC",))


def restarted(rolls: PortfolioRolls) -> PortfolioRolls:
    kept = json.loads(json.dumps(rolls.snapshot()))
    again = PortfolioRolls(kept)
    assert again.snapshot() == kept
    return again


def test_nothing_is_wrapped_where_nobody_looks() -> None:
    out = [("a|BTC|1m", FRAMES)]
    assert PortfolioRolls().wrapped(out, "BTC", 60_000) == [("a|BTC|1m", FRAMES)]


def test_all_that_goes_out_at_once_is_one_roll_and_keeps_the_others() -> None:
    rolls = PortfolioRolls()
    rolls.enrol(enrolment(FIRST), 60_000)
    weighed = Rolled(FRAMES, None, None)
    out = rolls.wrapped([("a|BTC|1m", FRAMES), ("b|BTC|1m", FRAMES), ("c|BTC|1m", weighed)], "BTC", 120_000)
    roll = PortfolioRoll(1, 120_000, 3, (heard(FIRST, 60_000),))
    assert [(key, one.event, one.portfolio_roll) for key, one in out] == [
        (key, FRAMES, roll) for key in ("a|BTC|1m", "b|BTC|1m", "c|BTC|1m")
    ]
    assert out[0][1] is out[1][1], "strategies in step are sent the very same"


def test_candles_of_which_no_strategy_is_told_are_told_by_a_beat() -> None:
    rolls = PortfolioRolls()
    rolls.enrol(enrolment(FIRST), None)
    assert rolls.wrapped([], "BTC", None) == [], "before its first candle nothing is complete"
    rolls = restarted(rolls)
    assert rolls.wrapped([], "BTC", 60_000) == [Beat("BTC", PortfolioRoll(1, 60_000, 0, (heard(FIRST, None),)))]
    assert rolls.wrapped([], "BTC", 60_000) == [], "nothing has closed since"
    assert restarted(rolls).wrapped([], "BTC", 120_000) == [Beat("BTC", PortfolioRoll(2, 120_000, 0))]


def test_the_chain_ends_with_the_removal_and_goes_on_where_it_ended() -> None:
    rolls = PortfolioRolls()
    rolls.enrol(enrolment(FIRST), 60_000)
    rolls.wrapped([], "BTC", 60_000)
    rolls.enrol(enrolment(GONE), 60_000)
    assert rolls.wrapped([], "BTC", 60_000) == [Beat("BTC", PortfolioRoll(2, 60_000, 0, (heard(GONE, 60_000),)))]
    assert rolls.wrapped([], "BTC", 120_000) == []
    rolls = restarted(rolls)
    rolls.enrol(enrolment(FIRST), 180_000)
    (beat,) = rolls.wrapped([], "BTC", 240_000)
    assert beat.portfolio_roll.number == 3
