"""What may change while a position is open: each case by hand, then any sequence of commands against a reference."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.events import Command
from schemas.binding import binds_symbol
from schemas.lifecycle import StrategyStatus, StrategyVersion
from schemas.signal import Signal
from schemas.signal_config import SignalConfig
from tests.operators.plain_engine import Feed, PlainEngine, batched, command, desired, row, version
from tests.operators.strategy.said_records import spoken

BUY, SELL, LEAVE, COVER, SWITCH = 1.0, 2.0, 3.0, 4.0, 5.0
KEY = "both|BTCUSDT|1m"


def rules(**texts: str) -> tuple[SignalConfig, ...]:
    """Rules named by what they do: ``buy`` and ``sell`` enter, ``leave`` and ``cover`` exit."""
    kinds = {
        "buy": ("entry", "long"),
        "sell": ("entry", "short"),
        "leave": ("exit", "long"),
        "cover": ("exit", "short"),
    }
    return tuple(
        SignalConfig.model_validate({"id": name, "type": kinds[name][0], "side": kinds[name][1], "expression": text})
        for name, text in texts.items()
    )


BOTH = version(number=1, rules=rules(buy="volume == 1", sell="volume == 2", leave="volume == 3", cover="volume == 4"))
SWITCHED = version(number=2, rules=rules(buy="volume == 2", leave="volume == 5 OR position.bars_held >= 4"))
NO_EXIT = version(number=3, rules=rules(buy="volume == 1", sell="volume == 2"))
ELSEWHERE = version(number=4, symbols=("ETHUSDT",), rules=rules(buy="volume == 1", leave="volume == 3"))
VERSIONS = {one.version: one for one in (BOTH, SWITCHED, NO_EXIT, ELSEWHERE)}


def to(number: int, state: str = "running", *, name: str = "go", generation: int = 0) -> Command:
    return command(VERSIONS[number], desired(VERSIONS[number], state, name=name, generation=generation))


def words(record: object) -> str:
    if isinstance(record, StrategyStatus):
        why = f": {record.reason}" if record.reason else ""
        return f"{record.effective_bar:%H:%M} {record.state.value} v{record.version} by {record.command}{why}"
    assert isinstance(record, Signal)
    return f"{record.open_time:%H:%M} {record.rule} {record.position_before}>{record.position_after} v{record.version}"


def told(events: Sequence[Feed], sizes: Sequence[int] = (1,), restarts: Sequence[int] = ()) -> list[str]:
    """What the instance said, in words, with the engine killed and restored after some batches."""
    engine = PlainEngine()
    for number, one in enumerate(batched(events, sizes)):
        engine.feed(*one)
        if number in restarts:
            engine.restart()
    ids = [one.id for one in engine.out[KEY] if isinstance(one, Signal)]
    assert len(set(ids)) == len(ids)
    return [words(record) for record in spoken(engine.out[KEY])]


def minutes(*volumes: float, first: int = 0) -> list[Feed]:
    return [row(number, volume=volume) for number, volume in enumerate(volumes, first)]


OPENED = ["00:00 running v1 by go", "00:01 buy flat>long v1"]


def test_update_and_rollback_keep_the_position_and_are_answered_with_their_first_bar() -> None:
    events = [to(1), *minutes(0, BUY), to(2, name="new"), *minutes(LEAVE, 0, first=2)]
    events += [to(1, name="back"), *minutes(SWITCH, LEAVE, first=4)]
    assert told(events) == [
        *OPENED,
        "00:02 running v2 by new",
        "00:04 running v1 by back",
        "00:05 leave long>flat v1",
    ]


def test_first_bar_of_a_new_version_is_managed_by_its_exits_and_by_no_others() -> None:
    assert told([to(1), *minutes(0, BUY), to(2, name="new"), *minutes(SWITCH, first=2)]) == [
        *OPENED,
        "00:02 running v2 by new",
        "00:02 leave long>flat v2",
    ]


def test_candles_held_count_on_across_an_update() -> None:
    assert told([to(1), *minutes(0, BUY, 0, 0), to(2, name="new"), *minutes(0, 0, 0, first=4)]) == [
        *OPENED,
        "00:04 running v2 by new",
        "00:05 leave long>flat v2",
    ]


def test_candles_of_a_pause_are_not_held() -> None:
    events = [to(2), *minutes(SELL, 0, 0), to(2, "paused", name="rest"), *minutes(0, 0, 0, first=3)]
    assert told([*events, to(2, name="on"), *minutes(0, 0, first=6)]) == [
        "00:00 running v2 by go",
        "00:00 buy flat>long v2",
        "00:03 paused v2 by rest",
        "00:06 running v2 by on",
        "00:07 leave long>flat v2",
    ]


@pytest.mark.parametrize("state", ["running", "paused"])
def test_version_without_a_way_out_closes_the_position_and_says_so(state: str) -> None:
    assert told([to(1), *minutes(0, BUY), to(3, state, name="new"), *minutes(0, first=2)]) == [
        *OPENED,
        "00:02 lifecycle.update long>flat v1",
        f"00:02 {state} v3 by new: closed the long position: version 3 has no exit rule for it",
    ]


def test_version_without_an_exit_for_the_other_side_alone_keeps_the_position() -> None:
    assert told([to(1), *minutes(0, SELL), to(2, name="new"), *minutes(0, first=2)])[2:] == [
        "00:02 lifecycle.update short>flat v1",
        "00:02 running v2 by new: closed the short position: version 2 has no exit rule for it",
    ]
    assert told([to(1), *minutes(0, BUY), to(2, name="new"), *minutes(0, first=2)])[2:] == ["00:02 running v2 by new"]


def test_new_version_may_enter_at_the_candle_at_which_it_closed() -> None:
    assert told([to(1), *minutes(0, BUY), to(3, name="new"), *minutes(SELL, first=2)])[2:] == [
        "00:02 lifecycle.update long>flat v1",
        "00:02 running v3 by new: closed the long position: version 3 has no exit rule for it",
        "00:02 sell flat>short v3",
    ]


def test_position_that_a_version_opens_without_a_way_out_is_its_own_affair() -> None:
    events = [to(3), *minutes(BUY, 0), to(3, "paused", name="rest"), *minutes(0, first=2), to(3, name="on")]
    assert told([*events, *minutes(LEAVE, first=3)]) == [
        "00:00 running v3 by go",
        "00:00 buy flat>long v3",
        "00:02 paused v3 by rest",
        "00:03 running v3 by on",
    ]


def test_version_that_leaves_the_series_closes_the_position_as_a_stop_does() -> None:
    assert told([to(1), *minutes(0, BUY), to(4, name="away"), *minutes(BUY, BUY, first=2)]) == [
        *OPENED,
        "00:02 lifecycle.stop long>flat v1",
        "00:02 stopped v4 by away: version 4 does not run on BTCUSDT 1m",
    ]


def test_closing_signal_explains_itself() -> None:
    engine = PlainEngine()
    engine.feed(*batched([to(1), *minutes(0, BUY), to(3, name="new"), row(2, close=93.5)], [9])[0])
    closing = spoken(engine.out[KEY])[2]
    assert isinstance(closing, Signal)
    assert (closing.rule, closing.type, closing.side, closing.price) == ("lifecycle.update", "exit", "long", 93.5)
    assert (closing.condition, closing.conditions, closing.version) == ("command new", (), 1)
    assert (closing.confidence, closing.confidence_method, closing.confidence_terms) == (1.0, "fixed", {"value": 1.0})


@dataclass
class Reference:
    """The written rule as a program: one candle at a time, nothing remembered but what is listed here."""

    version: int = 0
    state: str = ""
    generation: int = 0
    side: str = "flat"
    held: int = 0
    waiting: Command | None = None

    def command(self, new: Command) -> None:
        leaving = new.desired.state == "stopped" or new.version is ELSEWHERE
        if self.state or self.waiting or not leaving:
            self.waiting = new

    def candle(self, number: int, volume: float) -> list[str]:
        said: list[str] = []
        bar = f"00:{number:02}"
        if self.waiting is not None:
            said += self.change(bar, self.waiting)
            self.waiting = None
        if self.state != "running":
            return said
        self.held += self.side != "flat"
        before = self.side
        if before != "flat":
            name = self.exit(volume)
            if name is None:
                return said
            said.append(f"{bar} {name} {before}>flat v{self.version}")
            self.side, self.held = "flat", 0
        entered = self.entry(volume)
        if entered is not None and entered[1] != before:
            self.side = entered[1]
            said.append(f"{bar} {entered[0]} flat>{self.side} v{self.version}")
        return said

    def change(self, bar: str, new: Command) -> list[str]:
        wanted = new.desired
        about = new.version
        exits = {rule.side for rule in about.config.signals if rule.type == "exit"}
        state, why, cause = wanted.state, "", ""
        if about is ELSEWHERE:
            why = ": version 4 does not run on BTCUSDT 1m"
            state = "stopped"
        if state == "stopped" and not self.state:
            return []  # it never was here: the start that it follows was still waiting
        if state == "stopped":
            cause = "stop"
        elif self.state and wanted.generation != self.generation:
            cause = "restart"
        elif self.state and about.version != self.version and self.side not in {"flat", *exits}:
            cause = "update"
            why = f": closed the {self.side} position: version {about.version} has no exit rule for it"
        said = []
        if cause and self.side != "flat":
            said.append(f"{bar} lifecycle.{cause} {self.side}>flat v{self.version}")
            self.side, self.held = "flat", 0
        said.append(f"{bar} {state} v{about.version} by {wanted.command}{why}")
        self.state = "" if state == "stopped" else state
        self.version, self.generation = about.version, wanted.generation
        return said

    def exit(self, volume: float) -> str | None:
        if self.version == 1:
            return {("long", LEAVE): "leave", ("short", COVER): "cover"}.get((self.side, volume))
        return "leave" if self.version == 2 and (volume == SWITCH or self.held >= 4) else None

    def entry(self, volume: float) -> tuple[str, str] | None:
        if self.version == 2:
            return ("buy", "long") if volume == SELL else None
        return {BUY: ("buy", "long"), SELL: ("sell", "short")}.get(volume)


@st.composite
def histories(draw: st.DrawFn) -> list[Feed]:
    """Up to an hour of candles, with commands of every kind between them, on a series that exists already."""
    events: list[Feed] = [row(0)]
    number = 1
    for step in range(draw(st.integers(3, 59))):
        if draw(st.integers(0, 3)) == 0:
            about = draw(st.sampled_from([1, 1, 2, 2, 3, 4]))
            state = draw(st.sampled_from(["running", "running", "running", "paused", "stopped"]))
            events.append(to(about, state, name=f"c{step}", generation=draw(st.sampled_from([0, 0, 0, 1]))))
        else:
            events.append(row(number, volume=float(draw(st.sampled_from([0, 0, 1, 1, 2, 2, 3, 4, 5])))))
            number += 1
    return events


def expected(events: Sequence[Feed]) -> list[str]:
    reference, said, number = Reference(), [], 0
    for event in events:
        if isinstance(event, Command):
            reference.command(event)
        elif isinstance(event, tuple):
            said += reference.candle(number, event[7])
            number += 1
    return said


@settings(max_examples=300, deadline=None)
@given(events=histories(), sizes=st.lists(st.integers(1, 30), min_size=1), restarts=st.sets(st.integers(0, 60)))
def test_no_signal_is_missed_or_repeated_through_any_lifecycle(
    events: list[Feed], sizes: list[int], restarts: set[int]
) -> None:
    assert told(events, sizes, sorted(restarts)) == expected(events)


MARKS = (
    "lifecycle.stop",
    "lifecycle.restart",
    "lifecycle.update",
    "paused v1",
    "running v2",
    "stopped v4",
    "cover",
    "v3",
)


def test_the_generator_of_the_property_above_reaches_every_kind_of_change() -> None:
    seen: set[str] = set()

    @settings(max_examples=200, deadline=None, database=None, derandomize=True)
    @given(events=histories())
    def look(events: list[Feed]) -> None:
        text = "\n".join(expected(events))
        seen.update(mark for mark in MARKS if mark in text)

    look()
    assert seen == set(MARKS)


@settings(max_examples=100, deadline=None)
@given(events=histories())
def test_every_signal_is_a_change_and_begins_where_the_last_one_ended(events: list[Feed]) -> None:
    engine = PlainEngine()
    for one in batched(events, [7]):
        engine.feed(*one)
    signals = [one for one in engine.out[KEY] if isinstance(one, Signal)]
    position = "flat"
    for signal in signals:
        assert signal.position_before == position != signal.position_after
        position = signal.position_after


def test_holding_says_nothing() -> None:
    engine = PlainEngine()
    for one in batched([to(1), *minutes(BUY, *[BUY] * 30, *[0.0] * 25)], [5]):
        engine.feed(*one)
    assert [words(record) for record in spoken(engine.out[KEY])] == ["00:00 running v1 by go", "00:00 buy flat>long v1"]
    assert engine.tally.evaluations == 56


def test_versions_of_this_file_are_as_the_reference_takes_them() -> None:
    def about(one: StrategyVersion) -> set[tuple[str, str]]:
        return {(rule.type, rule.side) for rule in one.config.signals}

    assert about(NO_EXIT) == {("entry", "long"), ("entry", "short")}
    assert about(SWITCHED) == {("entry", "long"), ("exit", "long")}
    assert not binds_symbol(ELSEWHERE.config, "BTCUSDT", listed=True, exists=True)
