"""From which candle a command holds, and which of several that wait."""

import pytest

from operators.events import Command
from schemas.lifecycle import StrategyStatus, StrategyVersion
from tests.operators.plain_engine import Feed, PlainEngine, batched, command, desired, row, version

V1 = version()
V2 = version(number=2)
ONLY_5M = version(number=3, timeframes=("5m",))


def acknowledged(*events: Feed, key: str = "both|BTCUSDT|1m") -> list[tuple[str, str, str]]:
    """Command, state and time of the effective bar of every acknowledgement, the same for two ways of batching."""
    found = []
    for size in (1, len(events)):
        engine = PlainEngine(gap_tolerance_bars=1_000)
        for one in batched(events, [size]):
            engine.feed(*one)
        statuses = [one for one in engine.out[key] if isinstance(one, StrategyStatus)]
        found.append([(str(s.command), s.state.value, f"{s.effective_bar:%H:%M}") for s in statuses])
    assert found[0] == found[1]
    return found[0]


def to(
    about: StrategyVersion, state: str = "running", *, name: str, after: int | None = None, generation: int = 0
) -> Command:
    return command(about, desired(about, state, name=name, after=after, generation=generation))


def test_command_without_a_time_holds_from_the_next_candle() -> None:
    assert acknowledged(row(0), row(1), to(V1, name="go"), row(2), row(3)) == [("go", "running", "00:02")]


@pytest.mark.parametrize(
    ("after", "bar"),
    [(-100, "00:03"), (3, "00:03"), (4, "00:04"), (5, "00:05")],
    ids=["long past", "at the last close", "at the next close", "one candle on"],
)
def test_command_holds_from_the_first_candle_that_closes_after_its_time(after: int, bar: str) -> None:
    candles = [row(number) for number in range(3, 8)]
    assert acknowledged(row(0), row(1), row(2), to(V1, name="go", after=after), *candles) == [("go", "running", bar)]


def test_time_between_two_closes_counts_from_the_later_one_on_every_timeframe() -> None:
    events: list[Feed] = [
        to(V1, name="go", after=7),
        *(row(n) for n in range(12)),
        *(row(n, timeframe="5m") for n in range(3)),
    ]
    assert acknowledged(*events) == [("go", "running", "00:07")]
    assert acknowledged(*events, key="both|BTCUSDT|5m") == [("go", "running", "00:05")]


def test_candle_missing_at_the_time_of_a_command_leaves_it_to_the_next_one_there_is() -> None:
    assert acknowledged(to(V1, name="go", after=3), row(0), row(9)) == [("go", "running", "00:09")]


def test_commands_that_wait_take_effect_in_the_order_of_their_times() -> None:
    events: list[Feed] = [to(V1, name="go"), to(V1, "paused", name="rest", after=2), to(V1, name="on", after=4)]
    assert acknowledged(*events, *(row(n) for n in range(6))) == [
        ("go", "running", "00:00"),
        ("rest", "paused", "00:02"),
        ("on", "running", "00:04"),
    ]


def test_newer_command_supersedes_those_due_at_its_time_or_later() -> None:
    events: list[Feed] = [
        to(V1, name="go"),
        to(V1, "paused", name="rest", after=2),
        to(V1, "stopped", name="end", after=4),
    ]
    superseding = to(V2, name="new", after=2)
    assert acknowledged(*events, superseding, *(row(n) for n in range(8))) == [
        ("go", "running", "00:00"),
        ("new", "running", "00:02"),
    ]


def test_newer_command_without_a_time_supersedes_all_that_wait() -> None:
    events: list[Feed] = [to(V1, name="go", after=1), to(V1, "paused", name="rest", after=2), to(V1, name="now")]
    assert acknowledged(*events, *(row(n) for n in range(8))) == [("now", "running", "00:00")]


@pytest.mark.parametrize("again", [0, 2], ids=["while it waits", "while it is in force"])
def test_command_that_comes_again_is_acknowledged_once(again: int) -> None:
    candles = [row(n) for n in range(4)]
    go = to(V1, name="go", after=2)
    assert acknowledged(go, *candles[:again], go, *candles[again:]) == [("go", "running", "00:02")]


def test_repeat_of_a_waiting_command_does_not_undo_the_ones_after_it() -> None:
    go, rest = to(V1, name="go", after=1), to(V1, "paused", name="rest", after=3)
    expected = [("go", "running", "00:01"), ("rest", "paused", "00:03")]
    assert acknowledged(go, rest, go, *(row(n) for n in range(5))) == expected
    # Nor for a timeframe that is first seen afterwards.
    events: list[Feed] = [go, rest, go, *(row(n, timeframe="5m") for n in range(3))]
    key = "both|BTCUSDT|5m"
    assert acknowledged(*events, key=key) == [("go", "running", "00:00"), ("rest", "paused", "00:00")]


def test_other_command_under_a_used_name_is_not_lost() -> None:
    events: list[Feed] = [to(V1, name="same"), row(0), to(V1, "paused", name="same"), row(1)]
    assert acknowledged(*events) == [("same", "running", "00:00"), ("same", "paused", "00:01")]


def test_stop_of_what_never_ran_here_is_nothing() -> None:
    assert acknowledged(to(V1, "stopped", name="end"), row(0), row(1)) == []


def test_version_that_leaves_a_series_stops_it_there_and_runs_elsewhere() -> None:
    events: list[Feed] = [to(V1, name="go"), row(0), row(0, timeframe="5m"), to(ONLY_5M, name="move")]
    events += [row(1), row(1, timeframe="5m")]
    assert acknowledged(*events) == [("go", "running", "00:00"), ("move", "stopped", "00:01")]
    assert acknowledged(*events, key="both|BTCUSDT|5m") == [("go", "running", "00:00"), ("move", "running", "00:05")]


def test_timeframe_first_seen_later_hears_the_commands_that_count() -> None:
    events: list[Feed] = [to(V1, name="go"), row(0), row(1), row(0, timeframe="5m")]
    assert acknowledged(*events, key="both|BTCUSDT|5m") == [("go", "running", "00:00")]


def test_start_after_a_stop_runs_again() -> None:
    events: list[Feed] = [
        to(V1, name="go"),
        row(0),
        to(V1, "stopped", name="end"),
        row(1),
        to(V1, name="again"),
        row(2),
    ]
    states = [("go", "running", "00:00"), ("end", "stopped", "00:01"), ("again", "running", "00:02")]
    assert acknowledged(*events) == states
