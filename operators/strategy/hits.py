"""Where in a run of candles a rule holds: worked for all candles at once, asked for one by one."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import repeat

import numpy as np
import numpy.typing as npt

from operators.events import Frames
from operators.strategy.broken import RuleRaised, first_absurd
from operators.strategy.compile import CompiledRule
from operators.strategy.position import COLUMNS, Stretch
from schemas.signal_config import RuleType
from schemas.strategy import PartialBars

LEAST_ROWS_FOR_ARRAYS = 64
"""Below this, one call a row is cheaper than numpy's fixed cost (measured: they meet between 8 and 24 rows)."""

FIRST_PIECE = 64
GROWTH = 4
"""Pieces of a stretch, in rows: each so much longer than the one before, for few pieces and little worked in vain."""

LEAST_ROWS_OF_PIECE = 16
"""Below this, a piece is asked row by row."""


def may_act(partial_bars: PartialBars, rule: RuleType) -> bool:
    """Whether a rule of this type may act at a bar that lacks candles.

    >>> [may_act("skip", "exit"), may_act("exits", "exit"), may_act("exits", "entry"), may_act("evaluate", "entry")]
    [False, True, False, True]
    """
    return partial_bars == "evaluate" or (partial_bars == "exits" and rule == "exit")


_Worked = tuple[Sequence[int], bool]
"""The rows at which a rule may hold, in order, and whether it is sure that it does at each of them."""


class Hits:
    """The rows of one batch at which rules hold, each rule worked at most once.

    A rule is worked for every row ahead of need, because one pass over arrays is many times cheaper than a call a row.
    That gives the rows at which it may hold; whether it does is asked only of rows that are needed. So what it raises
    at a row counts only if that row is needed, and the answer is the one that a row by row loop would give.

    A rule that reads the position has other values after each change of it. It is worked within the stretch from one
    change to the next, piece by piece, so that the end of the batch is not worked again and again.

    A row at which a rule may not act, because the bar lacks candles, is none at which it holds; it is not asked there.

    A rule that is not ready at a row because something that it reads there is infinite, or beyond ``LARGEST``, raises.
    """

    def __init__(self, frames: Frames, partial_bars: PartialBars = "skip") -> None:
        self._frames = frames
        kinds: tuple[RuleType, ...] = ("entry", "exit")
        self._barred: Mapping[RuleType, frozenset[int]] = {
            kind: frozenset() if may_act(partial_bars, kind) else frames.partial for kind in kinds
        }
        self._count = len(frames.open_times)
        self._worked: dict[str, _Worked] = {}
        self._raised: dict[tuple[str, int], Exception] = {}

    def first(self, rules: Sequence[CompiledRule], stretch: Stretch) -> tuple[int, CompiledRule] | None:
        """The first row of the stretch at which any of the rules holds, and the first such rule in their order."""
        best: tuple[int, CompiledRule] | None = None
        for rule in rules:
            row = self._next(rule, stretch, self._count if best is None else best[0])
            if row is not None:
                best = row, rule
        if best is not None:
            self._check(*best)
        return best

    def at(self, rules: Iterable[CompiledRule], stretch: Stretch) -> CompiledRule | None:
        """The first of the rules that holds at exactly the first row of the stretch."""
        for rule in rules:
            if self._next(rule, stretch, stretch.start + 1) is not None:
                self._check(stretch.start, rule)
                return rule
        return None

    def _check(self, row: int, rule: CompiledRule) -> None:
        if not self._raised:
            return
        error = self._raised.get((rule.id, row))
        if error is not None:
            raise RuleRaised(row, rule.id, error) from error

    def _next(self, rule: CompiledRule, stretch: Stretch, stop: int) -> int | None:
        """The first row of the stretch and before ``stop`` at which the rule holds, or raises."""
        if rule.reads_position:
            return self._next_in_pieces(rule, stretch, stop)
        worked = self._worked.get(rule.id)
        if worked is None:
            worked = self._worked[rule.id] = self._work(rule)
        return self._first_of(rule, worked, stretch, stop) if worked[0] else None

    def _next_in_pieces(self, rule: CompiledRule, stretch: Stretch, stop: int) -> int | None:
        first, length = stretch.start, FIRST_PIECE
        while first < stop:
            last = min(stop, first + length)
            found = self._first_of(rule, _work_piece(rule, stretch, first, last), stretch, last)
            if found is not None:
                return found
            first, length = last, length * GROWTH
        return None

    def _first_of(self, rule: CompiledRule, worked: _Worked, stretch: Stretch, stop: int) -> int | None:
        rows, sure = worked
        barred = self._barred[rule.type]
        for index in range(bisect_left(rows, stretch.start), len(rows)):
            row = rows[index]
            if row >= stop:
                return None
            if barred and row in barred:
                continue
            if sure or self._asked(rule, stretch, row):
                return row
        return None

    def _asked(self, rule: CompiledRule, stretch: Stretch, row: int) -> bool:
        values = stretch.values(rule.operands, row)
        try:
            held = rule.evaluate(*values)
        except Exception as error:  # noqa: BLE001  # the key's boundary: whatever a rule raises is this strategy's own affair
            self._raised[rule.id, row] = error
            return True
        if held is None:
            wrong = first_absurd((column, value) for (column, _), value in zip(rule.operands, values, strict=True))
            if wrong is not None:
                self._raised[rule.id, row] = wrong
                return True
        return bool(held)

    def _work(self, rule: CompiledRule) -> _Worked:
        """The rows at which a rule that does not read the position may hold."""
        frames, operands = self._frames, rule.operands
        absurd = absurd_rows(rule, frames)
        if operands and self._count >= LEAST_ROWS_FOR_ARRAYS:
            worked = _whole(rule, [frames.array(column, lag) for column, lag in operands])
            if worked is not None:
                return _with(absurd, worked)
        columns = [frames.operand(column, lag) for column, lag in operands]
        try:
            held = map(rule.evaluate, *columns) if columns else repeat(rule.evaluate(), self._count)
            return _with(absurd, ([row for row, holds in enumerate(held) if holds], True))
        except Exception:  # noqa: BLE001  # as above: then each row is asked when it is needed
            return range(self._count), False


def _work_piece(rule: CompiledRule, stretch: Stretch, first: int, last: int) -> _Worked:
    """The rows from ``first`` to before ``last`` at which a rule that reads the position may hold."""
    if last - first >= LEAST_ROWS_OF_PIECE:
        worked = _whole(rule, [stretch.array(column, lag, first, last) for column, lag in rule.operands])
        if worked is not None:
            rows, sure = worked
            absurd = [row for row in absurd_rows(rule, stretch.frames) if first <= row < last]
            return _with(absurd, ([first + row for row in rows], sure))
    return range(first, last), False


def absurd_rows(rule: CompiledRule, frames: Frames) -> Sequence[int]:
    """The rows at which a rule reads an infinite or absurd number; empty nearly always."""
    found: set[int] = set()
    for column, lag in rule.operands:
        if column not in COLUMNS and (rows := frames.absurd(column, lag)):
            found.update(rows)
    return sorted(found)


def _with(absurd: Sequence[int], worked: _Worked) -> _Worked:
    """The rows at which a rule may hold, and those at which it reads an absurd number, where it has to be asked."""
    return (sorted({*absurd, *worked[0]}), False) if absurd else worked


def _whole(rule: CompiledRule, arrays: Sequence[npt.NDArray[np.float64]]) -> _Worked | None:
    """What a rule says of whole arrays, by the quicker of its two ways; None where it has neither."""
    with np.errstate(all="ignore"), suppress(ZeroDivisionError):  # of constants: then the rule is never ready
        if rule.mask is not None:
            return rule.mask(*arrays).nonzero()[0].tolist(), False
        if rule.whole is not None:
            holds, ready = rule.whole(*arrays)
            return (holds & ready).nonzero()[0].tolist(), True
    return None
