"""A symbol worked up to an instant among commands: what was in force at the bar, and nothing that came later."""

from typing import Any

import pytest

from dataflows.explain.bar import AtBar
from dataflows.explain.instant import Instant
from dataflows.explain.run import SymbolRun, shown_state
from dataflows.graph import Parameters
from operators.events import CandleBatch, Command
from schemas.lifecycle import State
from schemas.signal import Signal
from tests.dataflows.deployment import MINUTE, START, minute, swing, version, walk, wanted

ROWS = walk(300, symbols=("AAA",))
SECOND = version(swing("swing", low=40), 2)


def command(state: str, bar: int, number: int = 1, **more: Any) -> Command:  # noqa: ANN401  # any field
    """What is wanted from a bar on."""
    since = {} if not bar else {"effective_from": minute(bar)}
    desired = wanted("swing", state, f"{state}{bar}", version=number, **since, **more)
    return Command("AAA", desired, SECOND if number == 2 else version(swing("swing")))


COMMANDS = [
    command("running", 0),
    command("paused", 80),
    command("running", 100, 2),
    command("stopped", 150, 2),
    command("running", 200, 2),
]


def at(bar: int, *, batch_rows: int = 300) -> AtBar:
    """What there is to say of the bar that opens with this minute."""
    run = SymbolRun("swing", None, Instant(START + (bar + 1) * MINUTE), Parameters())
    run.take(COMMANDS)
    for first in range(0, len(ROWS), batch_rows):
        rows = ROWS[first : first + batch_rows]
        run.take([CandleBatch("AAA", "test", 0, rows, range(len(rows)), [None] * len(rows))])
    return run.at_bar("the test")


@pytest.mark.parametrize(
    ("bar", "state", "number"),
    [
        (0, State.RUNNING, 1),
        (79, State.RUNNING, 1),
        (80, State.PAUSED, 1),
        (99, State.PAUSED, 1),
        (100, State.RUNNING, 2),
        (149, State.RUNNING, 2),
        (150, State.STOPPED, 2),
        (199, State.STOPPED, 2),
        (200, State.RUNNING, 2),
        (299, State.RUNNING, 2),
    ],
)
def test_what_was_in_force_is_told_and_not_what_came_later(bar: int, state: State, number: int) -> None:
    found = at(bar)
    assert (found.bar.open_time, found.bar.close) == (START + bar * MINUTE, ROWS[bar][6])
    assert (shown_state(found), found.before.version) == (state, number)
    assert bool(found.asked) == (state is State.RUNNING)


def test_what_a_command_closes_is_told_at_the_bar_that_it_takes_effect_with() -> None:
    def closed(bar: int) -> list[Signal]:
        return [one for one in at(bar).signals if one.rule == "lifecycle.stop"]

    held = at(149).after.standing.position
    assert bool(closed(150)) == (held != "flat")
    assert closed(149) == []


@pytest.mark.parametrize("batch_rows", [1, 7, 64])
def test_however_candles_are_cut_into_batches(batch_rows: int) -> None:
    for bar in (20, 79, 80, 101, 150, 260):
        whole, cut = at(bar), at(bar, batch_rows=batch_rows)
        assert (cut.bar, cut.asked, cut.before.standing) == (whole.bar, whole.asked, whole.before.standing)
        assert [one.model_dump_json() for one in cut.signals] == [one.model_dump_json() for one in whole.signals]


def test_commands_to_others_are_passed_over() -> None:
    run = SymbolRun("swing", None, Instant(START + 50 * MINUTE), Parameters())
    other = Command("AAA", wanted("other"), version(swing("other")))
    run.take([other, *COMMANDS, CandleBatch("AAA", "test", 0, ROWS, range(300), [None] * 300)])
    assert list(run.series) == ["1m"]
    assert run.finished
