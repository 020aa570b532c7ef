"""Over an update, a rollback, a pause and a restart no signal is missed or told twice: the runs add up.

The reference is a composition of runs. Each stretch of bars between two commands is computed on its own: its version
runs from the first candle on, warm, and is given nothing but the position that the stretch before it left.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.events import Command, Frames
from operators.market.parameters import Parameters
from operators.market.step import MarketStep
from operators.strategy.catalog import Catalog
from operators.strategy.compile import compile_strategy
from operators.tally import Tally
from schemas.candle_row import CandleRow
from schemas.lifecycle import State, StrategyStatus, StrategyVersion
from schemas.signal import Signal
from tests.operators.plain_engine import (
    MINUTE,
    START,
    Feed,
    PlainEngine,
    batch,
    batched,
    command,
    desired,
    expression,
    row,
)

KEY = "swing|BTCUSDT|1m"
V1 = expression("swing", "rsi_5 < 40", "rsi_5 > 60")
V2 = expression("swing", "rsi_5 < 45 AND close > sma_30", "rsi_5 > 55", 2)
V3 = expression("swing", "rsi_5 < 50", "rsi_5 > 50 OR position.bars_held > 6", 3)
VERSIONS = {1: V1, 2: V2, 3: V3}


def walk(bars: int, seed: int = 2) -> list[CandleRow]:
    """Prices that swing."""
    chance = random.Random(seed)
    rows, close = [], 100.0
    for number in range(bars):
        close *= chance.uniform(0.99, 1.01)
        rows.append(row(number, close=close))
    return rows


@dataclass(frozen=True)
class Act:
    """A command and the bar from which it holds."""

    bar: int
    version: int
    state: str = "running"
    generation: int = 0

    @property
    def name(self) -> str:
        return f"{self.state}-{self.version}-at-{self.bar}"

    def command(self) -> Command:
        about = VERSIONS[self.version]
        wanted = desired(about, self.state, generation=self.generation, after=self.bar, name=self.name)
        return command(about, wanted)


Line = tuple[int, str, int, str, str]
"""Bar, rule, version, position before and after."""


def lines(records: Iterable[object]) -> list[Line]:
    return [
        (bar_of(one), one.rule, one.version, one.position_before, one.position_after)
        for one in records
        if isinstance(one, Signal)
    ]


def bar_of(record: Signal | StrategyStatus) -> int:
    opened = record.open_time if isinstance(record, Signal) else record.effective_bar
    assert opened is not None
    return round((opened.timestamp() * 1000 - START) / MINUTE)


def warm_frames(version: StrategyVersion, rows: Sequence[CandleRow]) -> Frames:
    """Every column that a version reads, warm from the first candle on."""
    catalog = Catalog()
    market = MarketStep(catalog, Tally(), Parameters())
    fed = market.on_batch([command(version, desired(version)), batch(*rows)])
    pieces = [one[1] for one in fed if isinstance(one, tuple) and isinstance(one[1], Frames)]
    times = [time for piece in pieces for time in piece.open_times]
    columns = {
        name: [before, *(value for piece in pieces for value in piece.columns[name][1:])]
        for name, (before, *_) in pieces[0].columns.items()
    }
    return Frames(pieces[0].symbol, pieces[0].timeframe, times, columns)


def composed(acts: Sequence[Act], rows: Sequence[CandleRow]) -> list[Line]:
    """What the stretches say, one after the other, by the rules of a position and nothing else."""
    frames = {number: warm_frames(version, rows) for number, version in VERSIONS.items()}
    compiled = {number: compile_strategy(version.config) for number, version in VERSIONS.items()}
    found: list[Line] = []
    entered: int | None = None
    before: Act | None = None
    for number, act in enumerate(acts):
        ends = acts[number + 1].bar if number + 1 < len(acts) else len(rows)
        restarted = before is not None and act.generation != before.generation
        if before is not None and entered is not None and (restarted or act.state == "stopped"):
            rule = "lifecycle.stop" if act.state == "stopped" else "lifecycle.restart"
            found.append((act.bar, rule, before.version, "long", "flat"))
            entered = None
        if act.state == "running":
            strategy = compiled[act.version]
            for bar in range(act.bar, ends):
                watched = strategy.entries if entered is None else strategy.exits["long"]
                for one in watched:
                    values = [
                        float(evaluated_between(entered, bar, acts))
                        if column == "position.bars_held"
                        else frames[act.version].value(column, lag, bar)
                        for column, lag in one.operands
                    ]
                    if one.evaluate(*values):
                        long = one.type == "entry"
                        found.append((bar, one.id, act.version, *(("flat", "long") if long else ("long", "flat"))))
                        entered = bar if long else None
                        break
        before = act
    return found


def evaluated_between(entered: int | None, bar: int, acts: Sequence[Act]) -> int:
    """Candles after the entry, up to this one, at which the strategy was evaluated."""
    if entered is None:
        return 0
    state = {act.bar: act.state for act in acts}
    count, running = 0, True
    for number in range(bar + 1):
        running = state[number] == "running" if number in state else running
        count += running and number > entered
    return count


PLAN = (
    Act(40, 1),
    Act(90, 2),
    Act(130, 2, "paused"),
    Act(150, 2),
    Act(180, 1),
    Act(220, 1, generation=1),
    Act(260, 3, generation=1),
    Act(300, 3, "stopped", generation=1),
    Act(310, 3, generation=1),
)
ROWS = walk(360)


def told(acts: Sequence[Act], sizes: Sequence[int], restarts: Iterable[int] = ()) -> list[object]:
    engine = PlainEngine(compile_strategy, history_bars=512)
    events: list[Feed] = [act.command() for act in acts]
    for number, one in enumerate(batched([*events, *ROWS], sizes)):
        engine.feed(*one)
        if number in restarts:
            engine.restart()
    return list(engine.out[KEY])


def test_the_plan_has_signals_of_every_version_and_is_cut_while_a_position_is_open() -> None:
    expected = composed(PLAN, ROWS)
    assert {line[2] for line in expected} == {1, 2, 3}
    assert {"lifecycle.restart", "lifecycle.stop"} <= {line[1] for line in expected}
    assert len(expected) > 20


@pytest.mark.parametrize(
    ("sizes", "restarts"),
    [([1], ()), ([400], ()), ([7, 1, 30], range(0, 60, 3)), ([1], range(0, 360, 11))],
    ids=["one by one", "whole", "interrupted", "one by one, interrupted"],
)
def test_the_runs_add_up_over_update_rollback_pause_restart_and_stop(sizes: Sequence[int], restarts: range) -> None:
    records = told(PLAN, sizes, restarts)
    assert lines(records) == composed(PLAN, ROWS)
    ids = [one.id for one in records if isinstance(one, Signal)]
    assert len(set(ids)) == len(ids)


def test_each_acknowledgement_names_the_first_bar_of_its_version() -> None:
    answers = [one for one in told(PLAN, [13]) if isinstance(one, StrategyStatus)]
    assert [(bar_of(one), one.version, one.state.value, one.command) for one in answers] == [
        (act.bar, act.version, act.state, act.name) for act in PLAN
    ]


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_sequence_of_commands_adds_up(data: st.DataObject) -> None:
    bars = sorted(data.draw(st.sets(st.integers(0, 340), min_size=1, max_size=8)))
    acts: list[Act] = []
    generation = 0
    for bar in bars:
        state = data.draw(st.sampled_from(["running", "running", "paused", "stopped"]))
        generation += data.draw(st.integers(0, 3)) == 3
        act = Act(bar, data.draw(st.sampled_from([1, 2, 3])), state, generation)
        if state == "stopped" and (not acts or acts[-1].state == "stopped"):
            continue  # nothing runs, nothing to stop
        acts.append(act)
    sizes = data.draw(st.lists(st.integers(1, 80), min_size=1, max_size=6))
    restarts = data.draw(st.sets(st.integers(0, 40), max_size=5))
    assert lines(told(acts, sizes, restarts)) == composed(acts, ROWS)


LATE = expression("swing", "rsi_5 < 40 AND close > sma_200", "rsi_5 > 60", 2)


def test_what_both_versions_read_stays_warm_and_answers_at_the_first_bar() -> None:
    sold = expression("swing", "close > 0", "rsi_5 > 0")
    same = expression("swing", "close > 0", "rsi_5 > 0 AND rsi_5 < 200", 2)
    engine = PlainEngine(compile_strategy, history_bars=64)
    events: list[Feed] = [command(sold, desired(sold, name="go")), *ROWS[:300]]
    events += [command(same, desired(same, name="up")), *ROWS[300:]]
    for one in batched(events, [50]):
        engine.feed(*one)
    answer = next(one for one in engine.out[KEY] if isinstance(one, StrategyStatus) and one.command == "up")
    assert (answer.state, bar_of(answer), answer.reason) == (State.RUNNING, 300, None)
    assert 300 in {line[0] for line in lines(engine.out[KEY]) if line[2] == 2}


def test_a_late_indicator_is_awaited_and_the_answer_says_for_how_long() -> None:
    engine = PlainEngine(compile_strategy, history_bars=64)
    events: list[Feed] = [command(V1, desired(V1, name="go")), *ROWS[:150]]
    events += [command(LATE, desired(LATE, name="up")), *ROWS[150:]]
    for one in batched(events, [50]):
        engine.feed(*one)
    answer = next(one for one in engine.out[KEY] if isinstance(one, StrategyStatus) and one.command == "up")
    assert answer.reason is not None
    assert answer.reason.startswith("evaluated ")
    assert "candles later" in answer.reason
