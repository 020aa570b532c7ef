"""What a portfolio did at an instant or on a day, by its records: in order, with how it stood and what was around."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dataflows.errors import CandelabraError
from dataflows.explain.instant import Instant, instant_of
from dataflows.explain.portfolio import PortfolioExplained, explain_replayed_portfolio, explained_portfolio
from schemas.metrics import EquityPoint
from schemas.portfolio_event import PortfolioEvent, portfolio_event_id
from schemas.position import Fill, LimitReached
from schemas.record import Record, to_milliseconds

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)
FALL = LimitReached("max_drawdown", allowed=0.2, actual=0.25, lifted_by="a reset")


def event(hours: int, kind: str, number: int = 0, **more: object) -> PortfolioEvent:
    time = NOON + timedelta(hours=hours)
    given: dict[str, object] = {"reason": "so it is", "equity": 1_000.0, **more}
    if kind in {"followed", "refused", "leaving"}:
        given |= {"strategy": "dip", "symbol": "BTC", "timeframe": "1h"}
    if kind == "followed":
        given["fills"] = (Fill(to_milliseconds(time), "buy", 1.0, 100.0, 0.0, "entry"),)
    return PortfolioEvent.model_validate(
        {
            "id": portfolio_event_id("main", time, number),
            "portfolio": "main",
            "close_time": time,
            "number": number,
            "event": kind,
            **given,
        }
    )


def point(hours: int, equity: float) -> EquityPoint:
    return EquityPoint(
        close_time=NOON + timedelta(hours=hours), portfolio="main", equity=equity, cash=equity, drawdown=0.0
    )


HISTORY: list[Record] = [
    event(-5, "configured", command="first"),
    event(-2, "followed"),
    event(0, "tripped", limit=FALL),
    event(0, "leaving", 1, limit=FALL),
    event(0, "followed", 2),
    event(2, "refused", limit=FALL),
    event(3, "refused", limit=FALL),
    event(5, "reset", command="second"),
    event(6, "removed", command="third"),
    *(point(hours, 1_000.0 + hours) for hours in (-2, 0, 4)),
]


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


def test_machines_get_the_records_as_they_are() -> None:
    document = at("2025-06-01T14:00").document()
    assert (document["portfolio"], document["at"]) == ("main", "2025-06-01T14:00:00+00:00")
    [refused] = document["events"]
    assert refused == event(2, "refused", limit=FALL).model_dump(mode="json")
    assert (document["switch"]["event"], document["configured"]["command"]) == ("tripped", "first")


def written(folder: Path) -> Path:
    events = [one for one in HISTORY if isinstance(one, PortfolioEvent)]
    points = [one for one in HISTORY if isinstance(one, EquityPoint)]
    own = '{"record": "an execution of a strategy"}\n'
    for name, records in (("executions", events), ("equity", points)):
        text = own + "".join(f"{one.model_dump_json()}\n" for one in records)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    return folder


def test_a_replays_folder_is_read_past_what_strategies_wrote(tmp_path: Path) -> None:
    instant = instant_of("2025-06-01T12:00")
    found = explain_replayed_portfolio(written(tmp_path), "main", instant)
    assert found.events == at("2025-06-01T12:00").events
    assert found.point == at("2025-06-01T12:00").point


def test_what_is_not_there_is_one_message(tmp_path: Path) -> None:
    instant = instant_of("2025-06-01")
    with pytest.raises(CandelabraError, match=r"executions.jsonl: cannot be read: .*candelabra replay --out FOLDER"):
        explain_replayed_portfolio(tmp_path, "main", instant)
    with pytest.raises(
        CandelabraError, match=r"nothing of a portfolio 'mian' \(did you mean \"main\"\?\); there are main"
    ):
        explain_replayed_portfolio(written(tmp_path), "mian", instant)
    (tmp_path / "equity.jsonl").write_text('{"portfolio":"main","equity":"much"}\n', encoding="utf-8")
    with pytest.raises(CandelabraError, match=r"equity.jsonl: line 1: expected a record of 'equity'"):
        explain_replayed_portfolio(tmp_path, "main", instant)
