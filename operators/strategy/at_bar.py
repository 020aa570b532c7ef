"""What a strategy's rules were asked at one bar: the rules as they are, with somebody who listens."""

from collections.abc import Callable
from copy import copy
from dataclasses import replace
from typing import NamedTuple

from operators.events import Frames, Lost
from operators.strategy.compile import CompiledRule, CompiledStrategy


class Asked(NamedTuple):
    """One question to a rule: the values of its operands, in order, and what it said.

    ``holds`` is None where it was not ready. ``error`` is what it raised, in words; empty where it raised nothing.
    """

    rule: str
    values: tuple[float, ...]
    holds: bool | None
    error: str = ""


def overheard(strategy: CompiledStrategy, note: Callable[[Asked], None]) -> CompiledStrategy:
    """The same strategy with rules that tell ``note`` of every question, one bar at a time; their answers are the same.

    What is heard is what the strategy itself sees, the position included, for it is the one that asks. To be used for
    frames of one bar: of a run of bars a rule may be worked for more of them than it is needed at.
    """

    def listening(rule: CompiledRule) -> CompiledRule:
        def evaluate(*values: float) -> bool | None:
            try:
                holds = rule.evaluate(*values)
            except Exception as error:  # whatever a rule raises is told, and goes on to the strategy's own boundary
                note(Asked(rule.id, values, None, f"{type(error).__name__}: {error}"))
                raise
            note(Asked(rule.id, values, holds))
            return holds

        return replace(rule, evaluate=evaluate, whole=None, mask=None)

    return replace(
        strategy,
        entries=tuple(map(listening, strategy.entries)),
        exits={side: tuple(map(listening, rules)) for side, rules in strategy.exits.items()},
    )


def only(frames: Frames, row: int) -> Frames:
    """One row of frames as frames of their own, which look back on the row before it as all do."""
    one = copy(frames.before(row + 1))  # a copy cuts its operands anew
    one.open_times = one.open_times[row:]
    one.columns = {name: values[row:] for name, values in one.columns.items()}
    if one.close_times is not None:
        one.close_times = one.close_times[row:]
    one.partial = frozenset({0} if row in frames.partial else ())
    lost = frames.failed or {}
    one.failed = {name: Lost(0, why) for name, (since, why) in lost.items() if since <= row} or None
    return one
