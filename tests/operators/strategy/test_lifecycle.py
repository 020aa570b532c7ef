"""What each command does to a running instance, and what it answers."""

import pytest

from operators.events import Command
from schemas.lifecycle import StrategyStatus
from schemas.signal import Signal
from schemas.signal_config import SignalConfig
from tests.operators.plain_engine import (
    BUY,
    LEAVE,
    RAISES,
    SELL,
    Feed,
    PlainEngine,
    batched,
    command,
    desired,
    row,
    version,
)
from tests.operators.strategy.said_records import spoken

V1 = version()
V2 = version(
    number=2,
    rules=(
        SignalConfig(id="buy", type="entry", side="long", expression="bit 5"),
        SignalConfig(id="leave", type="exit", side="long", expression="bit 6"),
    ),
)
BUY_2, LEAVE_2 = 32, 64

KEY = "both|BTCUSDT|1m"


def told(*events: Feed) -> list[str]:
    """What the instance emitted, in words: the same whole or one by one, uninterrupted or restored each time."""
    found = []
    for size, interrupted in ((len(events), False), (1, False), (1, True)):
        engine = PlainEngine()
        for one in batched(events, [size]):
            engine.feed(*one)
            if interrupted:
                engine.restart()
        found.append([words(record) for record in engine.out[KEY] if isinstance(record, Signal | StrategyStatus)])
    assert found[0] == found[1] == found[2]
    return found[0]


def words(record: Signal | StrategyStatus) -> str:
    if isinstance(record, StrategyStatus):
        return f"{record.effective_bar:%H:%M} {record.state.value} v{record.version} by {record.command}"
    return f"{record.open_time:%H:%M} {record.rule} {record.position_before}>{record.position_after} v{record.version}"


def to(state: str = "running", name: str = "go", *, number: int = 1, generation: int = 0) -> Command:
    about = {1: V1, 2: V2}[number]
    return command(about, desired(about, state, name=name, generation=generation))


def test_nothing_is_evaluated_before_the_start() -> None:
    assert told(row(0, volume=BUY), row(1, volume=BUY), to(), row(2), row(3, volume=BUY)) == [
        "00:02 running v1 by go",
        "00:03 buy flat>long v1",
    ]


def test_first_candle_of_a_command_is_evaluated_under_it() -> None:
    assert told(to(), row(0, volume=BUY)) == ["00:00 running v1 by go", "00:00 buy flat>long v1"]


def test_pause_keeps_the_position_and_evaluates_nothing() -> None:
    events: list[Feed] = [to(), row(0, volume=BUY), to("paused", "rest"), row(1, volume=LEAVE), row(2, volume=LEAVE)]
    assert told(*events, to("running", "on"), row(3), row(4, volume=LEAVE)) == [
        "00:00 running v1 by go",
        "00:00 buy flat>long v1",
        "00:01 paused v1 by rest",
        "00:03 running v1 by on",
        "00:04 leave long>flat v1",
    ]


def test_stop_closes_the_position_at_the_close_of_its_first_candle() -> None:
    engine = PlainEngine()
    engine.feed(*batched([to(), row(0, volume=SELL), to("stopped", "end"), row(1, close=93.5)], [4])[0])
    closing, stopped = spoken(engine.out[KEY])[-2:]
    assert isinstance(closing, Signal)
    assert isinstance(stopped, StrategyStatus)
    assert (closing.rule, closing.type, closing.side, closing.price) == ("lifecycle.stop", "exit", "short", 93.5)
    assert (closing.position_before, closing.position_after, closing.confidence) == ("short", "flat", 1.0)
    assert (closing.condition, closing.values) == ("command end", {})
    assert closing.close_time.isoformat() == "2025-05-01T00:02:00+00:00"
    assert words(stopped) == "00:01 stopped v1 by end"


def test_stop_without_a_position_only_answers() -> None:
    assert told(to(), row(0), to("stopped", "end"), row(1, volume=BUY), row(2, volume=BUY)) == [
        "00:00 running v1 by go",
        "00:01 stopped v1 by end",
    ]


def test_start_after_a_stop_begins_flat() -> None:
    events: list[Feed] = [
        to(),
        row(0, volume=BUY),
        to("stopped", "end"),
        row(1),
        to("running", "again"),
        row(2, volume=LEAVE),
    ]
    assert told(*events, row(3, volume=BUY)) == [
        "00:00 running v1 by go",
        "00:00 buy flat>long v1",
        "00:01 lifecycle.stop long>flat v1",
        "00:01 stopped v1 by end",
        "00:02 running v1 by again",
        "00:03 buy flat>long v1",
    ]


def test_restart_closes_the_position_and_begins_flat_at_the_same_candle() -> None:
    events: list[Feed] = [to(), row(0, volume=BUY), to(name="anew", generation=1), row(1, volume=BUY)]
    assert told(*events) == [
        "00:00 running v1 by go",
        "00:00 buy flat>long v1",
        "00:01 lifecycle.restart long>flat v1",
        "00:01 running v1 by anew",
        "00:01 buy flat>long v1",
    ]


def test_update_keeps_the_position_and_uses_the_new_rules_from_its_candle_on() -> None:
    events: list[Feed] = [
        to(),
        row(0, volume=BUY),
        to(name="new", number=2),
        row(1, volume=LEAVE),
        row(2, volume=LEAVE_2),
    ]
    assert told(*events, row(3, volume=BUY), row(4, volume=BUY_2)) == [
        "00:00 running v1 by go",
        "00:00 buy flat>long v1",
        "00:01 running v2 by new",
        "00:02 leave long>flat v2",
        "00:04 buy flat>long v2",
    ]


def test_update_and_restart_in_one_command_closes_under_the_old_version() -> None:
    events: list[Feed] = [to(), row(0, volume=BUY), to(name="both", number=2, generation=1), row(1, volume=BUY_2)]
    assert told(*events)[2:] == [
        "00:01 lifecycle.restart long>flat v1",
        "00:01 running v2 by both",
        "00:01 buy flat>long v2",
    ]


def test_pause_of_a_position_and_then_a_stop_closes_it() -> None:
    events: list[Feed] = [to(), row(0, volume=BUY), to("paused", "rest"), row(1), to("stopped", "end"), row(2)]
    assert told(*events)[2:] == [
        "00:01 paused v1 by rest",
        "00:02 lifecycle.stop long>flat v1",
        "00:02 stopped v1 by end",
    ]


@pytest.mark.parametrize(
    ("remedy", "state"),
    [
        (to(name="cure", generation=1), "running v1"),
        (to(name="cure", number=2), "running v2"),
        (to("paused", "cure"), "quarantined v1"),
        (to("running", "cure"), "quarantined v1"),
    ],
    ids=["restart", "update", "pause", "start"],
)
def test_only_a_restart_or_another_version_ends_a_quarantine(remedy: Command, state: str) -> None:
    events: list[Feed] = [to(), row(0, volume=BUY << RAISES), remedy, row(1)]
    assert told(*events)[-1] == f"00:01 {state} by cure"


def test_stop_closes_a_position_that_was_open_when_the_strategy_was_quarantined() -> None:
    events: list[Feed] = [to(), row(0, volume=BUY), row(1, volume=LEAVE << RAISES), row(2, volume=LEAVE)]
    assert told(*events, to("stopped", "end"), row(3)) == [
        "00:00 running v1 by go",
        "00:00 buy flat>long v1",
        "00:01 quarantined v1 by go",
        "00:03 lifecycle.stop long>flat v1",
        "00:03 stopped v1 by end",
    ]


def test_state_of_a_stopped_instance_is_forgotten() -> None:
    engine = PlainEngine()
    engine.feed(*batched([to(), row(0, volume=BUY), to("stopped", "end"), row(1)], [4])[0])
    assert engine.instances == set()
