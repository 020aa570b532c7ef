"""Where a control record goes: case by case."""

from collections.abc import Sequence

import pytest

from operators.control.placing import Entry, Placing, Resumed, Run
from operators.control.records import ControlRecord
from schemas.lifecycle import DesiredState
from schemas.placement import Placement
from schemas.portfolio import PortfolioConfig, PortfolioEntry
from schemas.record import from_milliseconds
from schemas.watchlist import WatchlistEntry
from tests.operators.plain_engine import version

VERSION = version("a")
PORTFOLIO = PortfolioConfig(id="p", symbols=("A",))
END = 90
"""The offset of the next candle to come."""


def wanted(strategy: str = "a", *, timed: bool = False) -> DesiredState:
    since = from_milliseconds(0) if timed else None
    return DesiredState(strategy=strategy, version=1, state="running", command="c", effective_from=since)


def entry(*, timed: bool = False) -> WatchlistEntry:
    since = from_milliseconds(0) if timed else None
    return WatchlistEntry(symbol="A", asset=None, command="c", effective_from=since)


def log(*records: ControlRecord | None, first: int = 0) -> list[Entry]:
    return list(enumerate(records, start=first))


def placing(
    resume: Resumed | None = None, latest: Run | None = None, placed: Sequence[Placement] = (), oldest: int = 10
) -> Placing:
    run = 1 + max(0 if latest is None else latest.number, *(one.run for one in placed), 0)
    return Placing(0, run=run, latest=latest, placed=placed, resume=resume, oldest=oldest, parameters='{"a":1}')


def placed(first: int, end: int, candles: int, run: int = 1) -> Placement:
    return Placement(partition=0, run=run, candles=candles, first=first, end=end)


def ranges(placements: Sequence[Placement]) -> list[tuple[int, int, int]]:
    """First, end and place of each that is no start marker."""
    return [(one.first, one.end, one.candles) for one in placements if not one.is_start]


BEGAN = Run(4, 10, "{}")
CRASHED = Resumed(50, 2, 50, 4, ended=False)
ENDED = Resumed(50, 2, 50, 4, ended=True)
KNOWN = placed(0, 2, 10)


def test_a_first_run_places_all_before_the_oldest_candle_and_then_says_that_it_begins() -> None:
    first = placing()
    written = first.at_start(log(VERSION, wanted(), None, wanted("b", timed=True)), END)
    assert written == [
        Placement(partition=0, run=1, candles=10, first=0, end=4),
        Placement(partition=0, run=1, candles=10, first=0, end=0, parameters='{"a":1}'),
    ]
    assert (first.run, first.next, first.ahead) == (1, 10, 10)
    assert list(first.due(10)) == [VERSION, wanted(), wanted("b", timed=True)]
    assert list(first.due(99)) == []


def test_a_first_run_that_was_killed_before_it_said_so_is_no_run() -> None:
    again = placing(placed=[placed(0, 1, 10)])
    written = again.at_start(log(VERSION, wanted()), END)
    assert ranges(written) == [(1, 2, 10)]
    assert again.run == 2


def test_what_comes_while_candles_flow_goes_before_the_next_one() -> None:
    live = placing()
    live.at_start(log(VERSION), END)
    assert list(live.due(10)) == [VERSION]
    assert ranges(live.place(log(wanted(), first=1), 33)) == [(1, 2, 33)]
    assert live.ahead == 33
    assert list(live.due(32)) == []
    assert list(live.due(33)) == [wanted()]


def test_after_a_run_that_ended_everything_goes_before_the_next_candle() -> None:
    resumed = placing(ENDED, BEGAN, [KNOWN])
    records = log(VERSION, wanted(), wanted("b"), entry(), wanted("a", timed=True))
    written = resumed.at_start(records, END)
    assert ranges(written) == [(2, 5, 50)]
    assert resumed.worked == [VERSION, wanted()]
    assert list(resumed.due(50)) == [one for _, one in records[2:]]


@pytest.mark.parametrize(
    ("record", "place"),
    [
        (wanted("b"), END),
        (entry(), END),
        (wanted("b", timed=True), 50),
        (entry(timed=True), 50),
        (PortfolioEntry(portfolio="p", config=PORTFOLIO, effective_from=from_milliseconds(0), command="c"), 50),
        (PortfolioEntry(portfolio="p", config=None, effective_from=from_milliseconds(0), command="c"), END),
        (version("b"), 50),
        (None, 50),
    ],
    ids=[
        "command",
        "entry",
        "command with a time",
        "entry with a time",
        "portfolio with a time",
        "a portfolio's end, which is at once",
        "version",
        "unreadable",
    ],
)
@pytest.mark.parametrize(
    ("resume", "latest"),
    [
        (CRASHED, BEGAN),
        (ENDED, Run(5, 10, "{}")),
        (Resumed(50, 2, 50, 0, ended=False), None),
        (ENDED, None),
    ],
    ids=["crashed", "crashed after it resumed", "of a release before", "journal lost"],
)
@pytest.mark.parametrize("live", [False, True], ids=["at the start", "live"])
def test_after_any_other_end_what_has_no_time_goes_where_nothing_was_worked(
    record: ControlRecord | None, place: int, resume: Resumed, latest: Run | None, *, live: bool
) -> None:
    resumed = placing(resume, latest, [KNOWN])
    if live:  # while what the crash left behind is worked again
        resumed.at_start(log(VERSION, wanted()), END)
        written = resumed.place(log(record, first=2), 50)
    else:
        written = resumed.at_start(log(VERSION, wanted(), record), END)
    assert ranges(written) == [(2, 3, place)]


@pytest.mark.parametrize("first", [wanted(), wanted("b")], ids=["of its strategy", "of another"])
def test_records_of_one_strategy_keep_the_order_of_the_log(first: DesiredState) -> None:
    resumed = placing(CRASHED._replace(control=1), BEGAN, [placed(0, 1, 10)])
    written = resumed.at_start(log(VERSION, entry(timed=True), first, wanted(timed=True)), END)
    own = END if first.strategy == "a" else 50
    assert ranges(written) == [(1, 2, 50), *([(2, 4, END)] if own == END else [(2, 3, END), (3, 4, 50)])]
    later = version("a", 2)
    assert ranges(resumed.place(log(later, first=4), 60)) == [(4, 5, max(own, 60))]


def test_the_watchlist_keeps_the_order_of_the_log_whatever_the_symbol() -> None:
    resumed = placing(CRASHED, BEGAN, [placed(0, 2, 10)])
    other = WatchlistEntry(symbol="B", asset=None, command="c", effective_from=from_milliseconds(0))
    assert ranges(resumed.at_start(log(VERSION, wanted(), entry(), other), END)) == [(2, 4, END)]


def test_what_was_placed_stays_where_it_is_from_any_snapshot_and_from_none() -> None:
    journal = [KNOWN, placed(2, 3, 40), placed(3, 4, 70)]
    records = log(VERSION, wanted(), wanted("paused"), wanted("late"))
    rebuilt = placing(None, BEGAN, journal)
    assert ranges(rebuilt.at_start(records, END)) == []
    assert (rebuilt.next, rebuilt.worked) == (10, [])
    resumed = placing(Resumed(50, 4, 50, 4, ended=False), BEGAN, journal)
    assert ranges(resumed.at_start(records, END)) == []
    assert resumed.worked == [VERSION, wanted(), wanted("paused")]
    for one in (rebuilt, resumed):
        assert one.run == 5
        assert list(one.due(69))[-1:] in ([wanted("paused")], [])
        assert one.ahead == 70
        assert list(one.due(70)) == [wanted("late")]


def test_what_is_placed_at_the_next_candle_waits_unless_the_snapshot_has_it() -> None:
    """Two records before one candle: the first was handed on, the other came when the snapshot had been taken."""
    resumed = placing(Resumed(50, 3, 50, 4, ended=False), BEGAN, [KNOWN, placed(2, 3, 50), placed(3, 4, 50)])
    resumed.at_start(log(VERSION, wanted(), wanted("b"), wanted("c")), END)
    assert resumed.worked == [VERSION, wanted(), wanted("b")]
    assert list(resumed.due(50)) == [wanted("c")]


def test_of_what_two_runs_placed_the_later_counts_however_late_the_other_comes() -> None:
    both = [placed(0, 3, 60, run=2), placed(0, 2, 30, run=1), placed(2, 4, 20, run=1)]
    resumed = placing(None, BEGAN, both)
    assert ranges(resumed.at_start(log(VERSION, wanted(), wanted("b"), wanted("c")), END)) == []
    assert list(resumed.due(20)) == [wanted("c")]
    assert list(resumed.due(60)) == [VERSION, wanted(), wanted("b")]


def test_stretches_do_not_cover_what_was_placed_before() -> None:
    resumed = placing(CRASHED, BEGAN, [KNOWN, placed(3, 4, 55)])
    written = resumed.at_start(log(VERSION, wanted(), wanted("b"), wanted("c"), wanted("d")), END)
    assert ranges(written) == [(2, 3, END), (4, 5, END)]


def test_a_place_before_a_snapshot_that_knows_nothing_of_it_is_given_up() -> None:
    """A copy of the store was put back that is older than a run from the first candle, which placed all anew."""
    resumed = placing(CRASHED, BEGAN, [KNOWN, placed(2, 4, 10, run=5)])
    written = resumed.at_start(log(VERSION, wanted(), version("b"), wanted("b", timed=True)), END)
    assert ranges(written) == [(2, 4, 50)]
    assert list(resumed.due(50)) == [version("b"), wanted("b", timed=True)]


def test_where_a_life_on_other_topics_begins_all_goes_before_the_oldest_candle() -> None:
    """Nothing was worked on these: candles that are there already are not passed over for want of a time."""
    first = placing(None, Run(7, 10, "{}", since=7))
    assert ranges(first.at_start(log(VERSION, wanted(), wanted("b", timed=True)), END)) == [(0, 3, 10)]
    again = placing(None, Run(8, 10, "{}", since=7), [placed(0, 3, 10, run=8)])
    assert ranges(again.at_start(log(VERSION, wanted(), wanted("b"), wanted("c")), END)) == [(3, 4, END)]


def test_a_run_hands_on_where_the_first_one_began() -> None:
    marker = placing(CRASHED, BEGAN).at_start([], END)[-1]
    assert (marker.is_start, marker.run, marker.candles) == (True, 5, 10)


def test_what_a_release_without_a_journal_worked_is_placed_before_all_candles() -> None:
    """Where it was worked nobody knows any more; nor where that run began, so a rebuild needs all candles."""
    migrated = placing(Resumed(50, 2, 50, 0, ended=False))
    written = migrated.at_start(log(VERSION, wanted()), END)
    assert ranges(written) == [(0, 2, 0)]
    assert (written[-1].is_start, written[-1].run, written[-1].candles) == (True, 1, 0)
    assert migrated.worked == [VERSION, wanted()]
    assert list(migrated.due(END)) == []


def test_nothing_else_was_worked_once_it_is_beyond_the_end_that_there_was_after_a_crash() -> None:
    resumed = placing(CRASHED, BEGAN)
    resumed.at_start([], END)
    assert [resumed.is_all(candle) for candle in (50, 89, 90)] == [False, False, True]
    ended = placing(ENDED, BEGAN)
    ended.at_start([], END)
    assert ended.is_all(50)


def test_a_place_far_beyond_the_end_is_of_a_topic_that_was_made_anew_and_counts_no_more() -> None:
    again = placing(latest=BEGAN, placed=[placed(0, 2, END + 1_000_000)])
    written = again.at_start(log(VERSION, wanted()), END)
    assert ranges(written) == [(0, 1, 10), (1, 2, END)]
    assert list(again.due(END)) == [VERSION, wanted()]
