"""What a portfolio did at an instant or on a day, by its records: in order, with how it stood and what was around."""

from dataflows.explain.instant import Instant, instant_of
from dataflows.explain.portfolio import PortfolioExplained, explained_portfolio
from tests.dataflows.explain.portfolio_history import FALL, HISTORY, event, point


def at(time: str) -> PortfolioExplained:
    return explained_portfolio("main", instant_of(time), HISTORY, source="the test")


def test_an_instant_has_its_own_events_and_those_of_the_closes_around_it() -> None:
    found = at("2025-06-01T12:00")
    assert [one.event for one in found.events] == ["tripped", "leaving", "followed"]
    assert [one.close_time.hour for one in (*found.before, *found.after)] == [10, 14]
    assert found.summary == "It was stopped by its kill switch, left 1 position, and followed 1 order."


def test_a_day_has_those_that_closed_within_it() -> None:
    found = at("2025-06-01")
    assert len(found.events) == 9
    assert (found.before, found.after) == ((), ())
    assert explained_portfolio("main", Instant(0, is_day=True), HISTORY, source="the test").events == ()


def test_how_it_stood_is_what_the_last_records_up_to_then_say() -> None:
    quiet = at("2025-06-01T13:30")
    assert (quiet.events, quiet.summary) == ((), "It did nothing: its kill switch had tripped.")
    assert quiet.switch is not None
    assert quiet.switch.limit == FALL
    assert quiet.configured is not None
    assert quiet.configured.command == "first"
    assert quiet.point is not None
    assert quiet.point.equity == 1_000.0
    lifted = at("2025-06-01T17:30")
    assert (lifted.switch is None, lifted.summary) == (False, "It did nothing, for its strategies did nothing.")
    assert at("2025-06-01T06:00").summary == "It was not there."
    assert at("2025-06-01T19:00").summary == "It was not there."


def test_after_its_last_record_nothing_is_known_unless_it_was_removed() -> None:
    running = [one for one in HISTORY if one != event(6, "removed", command="third")] + [point(7, 1_007.0)]
    unknown = explained_portfolio("main", instant_of("2025-06-01T19:01"), running, source="the test")
    assert (unknown.is_known, unknown.events) == (False, ())
    nothing = "Nothing is known of it after 2025-06-01 19:00 UTC, its last record"
    assert unknown.summary == f"{nothing}: it held nothing, and tells of nothing until something happens."
    assert [one.event for one in unknown.before] == ["reset"]
    document = unknown.document()
    assert (document["is_known"], document["known_until"]) == (False, "2025-06-01T19:00:00+00:00")
    of_the_next_day = explained_portfolio("main", instant_of("2025-06-02"), running, source="the test")
    assert of_the_next_day.summary == unknown.summary
    holding = [*running[:-1], point(7, 1_007.0).model_copy(update={"positions": 1})]
    held = explained_portfolio("main", instant_of("2025-06-02"), holding, source="the test")
    assert held.summary == f"{nothing}."
    known = explained_portfolio("main", instant_of("2025-06-01T19:00"), running, source="the test")
    assert (known.is_known, known.summary) == (True, "It did nothing, for its strategies did nothing.")
    assert explained_portfolio("main", instant_of("2025-06-01"), running, source="the test").is_known
    assert (at("2025-06-03").is_known, at("2025-06-03").summary) == (True, "It was not there.")


def test_machines_get_the_records_as_they_are() -> None:
    document = at("2025-06-01T14:00").document()
    assert (document["portfolio"], document["at"]) == ("main", "2025-06-01T14:00:00+00:00")
    [refused] = document["events"]
    assert refused == event(2, "refused", limit=FALL).model_dump(mode="json")
    assert (document["switch"]["event"], document["configured"]["command"]) == ("tripped", "first")


def test_a_removal_ends_how_it_stood() -> None:
    tripped = [event(-5, "configured"), event(-3, "tripped", limit=FALL), point(-3, 800.0)]
    removed = [*tripped, event(-1, "removed"), point(-1, 790.0)]
    gone = explained_portfolio("main", instant_of("2025-06-01T12:00"), removed, source="the test")
    assert (gone.switch, gone.point, gone.summary) == (None, None, "It was not there.")
    assert gone.configured is not None
    assert gone.configured.event == "removed"
    anew = [*removed, event(1, "configured", command="again")]
    more = [*anew, point(2, 1_000.0)]
    armed = explained_portfolio("main", instant_of("2025-06-01T13:30"), more, source="the test")
    assert (armed.switch, armed.point) == (None, None)
    assert armed.summary == "It did nothing, for its strategies did nothing."
    earned = [*anew, point(1, 1_000.0), event(2, "tripped", limit=FALL), event(3, "reset")]
    stopped = explained_portfolio("main", instant_of("2025-06-01T14:30"), earned, source="the test")
    assert stopped.point == point(1, 1_000.0)
    assert stopped.summary == "It did nothing: its kill switch had tripped."
    assert explained_portfolio("main", instant_of("2025-06-01T09:30"), earned, source="the test").point == tripped[-1]
