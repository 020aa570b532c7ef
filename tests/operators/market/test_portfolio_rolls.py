"""What the market tells of a symbol that a portfolio looks at."""

import json

from operators.events import Beat, Enrolment, Frames, Heard, PortfolioRoll, Rolled, Transition
from operators.market.portfolio_rolls import PortfolioRolls
from schemas.portfolio import PortfolioConfig, PortfolioEntry, PortfolioReset
from schemas.record import from_milliseconds
from tests.operators.plain_engine import desired, version

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


def asked(rolls: PortfolioRolls, frames: Frames, until: int) -> tuple[int | None, ...]:
    """After which times the series is to tell how it stands, of an item that goes out by itself."""
    ((_, item),) = rolls.wrapped([("a|BTC|5m", frames)], "BTC", until)
    return tuple(item.stands_after)


def five_minutes(*opens: int) -> Frames:
    """Bars of five minutes by the minutes at which they open."""
    return Frames("BTC", "5m", [one * 60_000 for one in opens], {"close": [1.0] * (len(opens) + 1)})


def test_a_series_is_asked_at_its_first_close_after_the_symbol_has_heard_in_whatever_roll_that_is() -> None:
    rolls = PortfolioRolls()
    rolls.enrol(enrolment(FIRST), 6 * 60_000)
    rolls.wrapped([("a|BTC|1m", FRAMES)], "BTC", 7 * 60_000)
    rolls = restarted(rolls)
    assert asked(rolls, five_minutes(5), 10 * 60_000) == (6 * 60_000,)
    rolls = restarted(rolls)
    assert asked(rolls, five_minutes(10), 15 * 60_000) == ()


def test_a_series_is_asked_again_where_another_configuration_begins_to_hold() -> None:
    rolls = PortfolioRolls()
    rolls.enrol(enrolment(FIRST), None)
    assert asked(rolls, five_minutes(0), 5 * 60_000) == (None,)
    later = FIRST.model_copy(update={"command": "later", "effective_from": from_milliseconds(12 * 60_000)})
    rolls.enrol(enrolment(later), 5 * 60_000)
    assert asked(rolls, five_minutes(5), 10 * 60_000) == ()
    assert asked(restarted(rolls), five_minutes(10, 15), 20 * 60_000) == (12 * 60_000,)


def test_a_series_is_asked_again_after_a_command_of_its_own() -> None:
    rolls = PortfolioRolls()
    rolls.enrol(enrolment(FIRST), 60_000)
    assert asked(rolls, five_minutes(0), 5 * 60_000) == (60_000,)
    one = version("a", timeframes=("5m",))
    rolls.wrapped([("a|BTC|5m", Transition("BTC", "5m", 0, 300_000, 1.0, desired(one), one))], "BTC", 360_000)
    assert asked(rolls, five_minutes(5), 10 * 60_000) == (60_000,)


def test_a_symbol_that_is_left_out_later_is_looked_at_until_then() -> None:
    rolls = PortfolioRolls()
    rolls.enrol(enrolment(FIRST), 60_000)
    rolls.wrapped([], "BTC", 60_000)
    others = PortfolioConfig(id="main", symbols=("ETH",))
    later = PortfolioEntry(
        portfolio="main", config=others, command="later", effective_from=from_milliseconds(3 * 60_000)
    )
    rolls.enrol(enrolment(later), 60_000)
    numbers = []
    for minute in range(1, 6):
        rolls = restarted(rolls)
        numbers += [beat.portfolio_roll.number for beat in rolls.wrapped([], "BTC", minute * 60_000)]
    assert numbers == [2, 3, 4], "the last at the third minute"


def test_a_slash_in_the_name_of_the_symbol_does_not_count() -> None:
    rolls = PortfolioRolls()
    slashed = FIRST.model_copy(update={"config": PortfolioConfig(id="main", symbols=("B/TC",))})
    rolls.enrol(enrolment(slashed), 60_000)
    assert [len(rolls.wrapped([], "BTC", minute * 60_000)) for minute in (1, 2)] == [1, 1]
