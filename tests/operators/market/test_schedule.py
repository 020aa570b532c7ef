"""From which candle a command holds, and which of several that wait."""

import pytest

from operators.events import Command, Frames, Rolled, Transition
from operators.market.parameters import Parameters
from operators.market.step import MarketStep
from operators.strategy.catalog import Catalog
from operators.tally import Tally
from schemas.lifecycle import StrategyStatus, StrategyVersion
from tests.operators.plain_engine import Feed, PlainEngine, batch, batched, command, desired, row, scripted, version

V1 = version()
V2 = version(number=2)
ONLY_5M = version(number=3, timeframes=("5m",))
TWO = version(number=4, timeframes=("1m", "5m"))


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
    events: list[Feed] = [to(TWO, name="go", after=7), *(row(n) for n in range(12))]
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
    events: list[Feed] = [to(TWO, name="go"), row(0), to(ONLY_5M, name="move"), row(1), row(2)]
    assert acknowledged(*events) == [("go", "running", "00:00"), ("move", "stopped", "00:01")]
    assert acknowledged(*events, key="both|BTCUSDT|5m") == [("go", "running", "00:00"), ("move", "running", "00:00")]


def test_command_is_acknowledged_at_once_on_every_timeframe_with_the_bar_that_is_forming() -> None:
    long = version(number=5, timeframes=("1m", "1h", "1d", "1w"))
    events: list[Feed] = [*(row(n) for n in range(70)), to(long, name="go"), row(70)]
    assert acknowledged(*events) == [("go", "running", "01:10")]
    assert acknowledged(*events, key="both|BTCUSDT|1h") == [("go", "running", "01:00")]
    assert acknowledged(*events, key="both|BTCUSDT|1d") == [("go", "running", "00:00")]
    engine = PlainEngine()
    for one in batched(events, [7]):
        engine.feed(*one)
    (status,) = (one for one in engine.out["both|BTCUSDT|1w"] if isinstance(one, StrategyStatus))
    assert status.effective_bar is not None
    assert f"{status.effective_bar:%a %d %H:%M}" == "Mon 28 00:00"


@pytest.mark.parametrize("size", [1, 100])
@pytest.mark.parametrize(
    ("after", "order"),
    [
        (4, ["go", "on", "00:00", "00:05", "00:10"]),
        (5, ["go", "00:00", "on", "00:05", "00:10"]),
        (10, ["go", "00:00", "00:05", "on", "00:10"]),
    ],
    ids=["before the bar closes", "as it closes", "as the next one closes"],
)
def test_bar_that_closes_in_a_gap_belongs_to_the_command_that_held_when_it_closed(
    after: int, order: list[str], size: int
) -> None:
    # Nothing comes from minute 3 to 8: that the bar of 00:00 closed, at 00:05, is known at 00:09.
    second = version(number=6, timeframes=("5m",))
    events: list[Feed] = [to(ONLY_5M, name="go"), to(second, name="on", after=after)]
    events += [row(n) for n in (*range(3), 8, 9, *range(13, 16))]
    step = MarketStep(Catalog(scripted), Tally(), Parameters(history_bars=64, gap_tolerance_bars=1_000))
    found: list[str] = []
    for one in batched(events, [size]):
        for item in step.on_batch(one):
            if isinstance(item, tuple) and isinstance(item[1], Transition):
                found.append(str(item[1].desired.command))
            elif isinstance(item, tuple) and isinstance(item[1], Frames):
                found += [f"{item[1].time(number):%H:%M}" for number in range(len(item[1].open_times))]
    assert found == order


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


def test_transition_carries_the_price_and_the_close_of_the_base_candle() -> None:
    step = MarketStep(Catalog(scripted), Tally(), Parameters(history_bars=64))
    hourly = version(timeframes=("1h", "1m"))
    step.on_batch([batch(*(row(n) for n in range(7)))])
    out = step.on_batch([to(hourly, name="go"), batch(row(7, close=107.0))])
    events = [item[1].event for item in out if isinstance(item, tuple) and isinstance(item[1], Rolled)]
    transitions = [one for one in events if isinstance(one, Transition)]
    assert [(one.timeframe, one.open_time, one.close_time, one.price) for one in transitions] == [
        ("1m", row(7)[2], row(8)[2], 107.0),
        ("1h", row(0)[2], row(8)[2], 107.0),
    ]
