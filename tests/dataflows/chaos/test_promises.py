"""Acknowledgements that contradict the commands, one another or the signals are found, and nothing else is."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pytest

from dataflows.chaos.promises import Kept, broken
from schemas.lifecycle import DesiredState, State, StrategyStatus
from schemas.record import from_milliseconds
from schemas.signal import Signal

MINUTE = 60_000
START = 1_735_689_600_000  # 2025-01-01T00:00:00Z
KEY = "swing|AAA|5m"


def at(minute: float) -> datetime:
    return from_milliseconds(START + round(minute * MINUTE))


def sent(command: str, since: float | None = None, state: str = "running") -> DesiredState:
    document = {"strategy": "swing", "version": 1, "state": state, "command": command}
    return DesiredState.model_validate({**document, "effective_from": None if since is None else at(since)})


def answer(command: str) -> StrategyStatus:
    return StrategyStatus(strategy="swing", state=State.ACCEPTED, version=1, command=command)


def acknowledged(command: str, minute: int, state: State = State.RUNNING, version: int = 1) -> StrategyStatus:
    return StrategyStatus(
        strategy="swing",
        symbol="AAA",
        timeframe="5m",
        state=state,
        version=version,
        effective_bar=at(minute),
        command=command,
    )


def signal(minute: int, version: int = 1, rule: str = "entry_long") -> Signal:
    return Signal(
        id="0" * 32,
        strategy="swing",
        version=version,
        symbol="AAA",
        timeframe="5m",
        open_time=at(minute),
        close_time=at(minute + 5),
        rule=rule,
        type="entry",
        side="long",
        confidence=1.0,
        price=1.0,
        position_before="flat",
        position_after="long",
        condition="close > 0",
        values={},
    )


def kept(control: Sequence[DesiredState], statuses: Sequence[StrategyStatus], signals: Sequence[Signal] = ()) -> Kept:
    rows = [("AAA", "1m", START + minute * MINUTE, 1.0, 1.0, 1.0, 1.0, 1.0, True) for minute in range(60)]
    answers = [answer(one.command) for one in control]
    return Kept(control, {"swing": answers, KEY: list(statuses)}, {KEY: list(signals)}, {"AAA": rows}, "ZZZ")


GOOD = kept(
    [sent("one"), sent("two", 12.5, "paused"), sent("three")],
    [acknowledged("one", 0), acknowledged("two", 10, State.PAUSED), acknowledged("three", 30)],
    [signal(5), signal(30), signal(10, rule="lifecycle.stop"), signal(15, rule="position.stop_loss")],
)


def test_what_was_kept_is_not_complained_of() -> None:
    assert broken(GOOD) == []


def test_the_symbol_whose_entry_changes_is_not_looked_at() -> None:
    twice = kept([sent("one")], [acknowledged("one", 0), acknowledged("one", 5)])
    assert broken(twice)
    assert broken(replace(twice, changing="AAA", control=[sent("one", state="stopped")])) == []


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (
            kept([sent("one")], [acknowledged("one", 0), acknowledged("one", 5)]),
            "swing|AAA|5m: one is acknowledged 2 times, for 2025-01-01 00:00:00+00:00 and 2025-01-01 00:05:00+00:00",
        ),
        (
            kept([sent("one"), sent("two")], [acknowledged("two", 0), acknowledged("one", 5)]),
            "swing|AAA|5m: one takes effect after two, and was sent before it",
        ),
        (
            kept([sent("one"), sent("two")], [acknowledged("one", 10), acknowledged("two", 5)]),
            "swing|AAA|5m: two takes effect at 2025-01-01 00:05:00+00:00, before one",
        ),
        (
            kept([sent("one", 12.5)], [acknowledged("one", 15)]),
            "swing|AAA|5m: one was to hold from 2025-01-01 00:12:30+00:00, and is acknowledged for 2025-01-01 00:15:00",
        ),
        (
            kept([sent("one")], [acknowledged("one", 5)], [signal(0)]),
            "swing|AAA|5m: a signal at 2025-01-01 00:00:00+00:00, before anything was acknowledged",
        ),
        (
            kept([sent("one")], [acknowledged("one", 5)], [signal(10, version=2)]),
            "swing|AAA|5m: a signal of version 2 at 2025-01-01 00:10:00+00:00, though one is acknowledged: version 1",
        ),
        (
            kept([sent("one", state="paused")], [acknowledged("one", 5, State.PAUSED)], [signal(10)]),
            "though one is acknowledged: version 1 paused from 2025-01-01 00:05:00+00:00",
        ),
        (
            kept(
                [sent("one", state="stopped")], [acknowledged("one", 5, State.STOPPED)], [signal(10, rule="position.x")]
            ),
            "though one is acknowledged: version 1 stopped from 2025-01-01 00:05:00+00:00",
        ),
        (kept([sent("one")], []), "swing: one was accepted, and no series acknowledges it"),
    ],
)
def test_what_was_not_kept_is_said(wrong: Kept, text: str) -> None:
    (said,) = broken(wrong)
    assert text in said


def test_an_answer_that_is_missing_or_too_many_is_said() -> None:
    without = {**GOOD.statuses, "swing": [answer("one"), answer("two"), answer("two"), answer("three")]}
    assert broken(replace(GOOD, statuses=without)) == ["swing: two has 1 answers more than it was sent"]
    without["swing"] = [answer("one"), answer("three")]
    assert broken(replace(GOOD, statuses=without)) == ["swing: two was sent and 1 answers are missing"]


def test_a_bar_that_began_before_a_gap_and_closes_after_the_time_is_the_one_that_it_holds_from() -> None:
    """The minutes from 12 on are missing up to 21: the bar of 10 has two candles, and closes at 15."""
    control, statuses = [sent("one"), sent("two", 12.5, "paused")], [acknowledged("one", 0)]
    whole = kept(control, [*statuses, acknowledged("two", 10, State.PAUSED)])
    rows = [row for row in whole.rows["AAA"] if not START + 12 * MINUTE <= row[2] < START + 21 * MINUTE]
    assert broken(replace(whole, rows={"AAA": rows})) == []
    late = kept(control, [*statuses, acknowledged("two", 20, State.PAUSED)])
    assert "two was to hold from" in " ".join(broken(replace(late, rows={"AAA": rows})))
