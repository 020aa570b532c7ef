"""Where in a run of candles a rule holds: worked for all candles at once, asked for one by one."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import repeat

import numpy as np

from operators.events import Frames
from operators.strategy.compile import CompiledRule

LEAST_ROWS_FOR_ARRAYS = 64
"""Below this, one call a row is cheaper than numpy's fixed cost (measured: they meet between 8 and 24 rows)."""


class RuleRaised(Exception):
    """A rule raised an error at ``row``."""

    def __init__(self, row: int, rule: str, error: Exception) -> None:
        self.row = row
        super().__init__(f"rule {rule}: {type(error).__name__}: {error}"[:500])


class Hits:
    """The rows of one batch at which rules hold, each rule worked at most once.

    A rule is worked for every row ahead of need, because one pass over arrays is many times cheaper than a call a row.
    That gives the rows at which it may hold; whether it does is asked only of rows that are needed. So what it raises
    at a row counts only if that row is needed, and the answer is the one that a row by row loop would give.
    """

    def __init__(self, frames: Frames) -> None:
        self._frames = frames
        self._candidates: dict[str, list[int]] = {}
        self._sure: set[str] = set()
        self._raised: dict[tuple[str, int], Exception] = {}

    def first(self, rules: Sequence[CompiledRule], start: int) -> tuple[int, CompiledRule] | None:
        """The first row from ``start`` on at which any of the rules holds, and the first such rule in their order."""
        best: tuple[int, CompiledRule] | None = None
        for rule in rules:
            row = self._next(rule, start, len(self._frames.open_times) if best is None else best[0])
            if row is not None:
                best = row, rule
        if best is not None:
            self._check(*best)
        return best

    def at(self, rules: Iterable[CompiledRule], row: int) -> CompiledRule | None:
        """The first of the rules that holds at exactly this row."""
        for rule in rules:
            if self._next(rule, row, row + 1) is not None:
                self._check(row, rule)
                return rule
        return None

    def _check(self, row: int, rule: CompiledRule) -> None:
        error = self._raised.get((rule.id, row))
        if error is not None:
            raise RuleRaised(row, rule.id, error) from error

    def _next(self, rule: CompiledRule, start: int, stop: int) -> int | None:
        """The first row from ``start`` and before ``stop`` at which the rule holds, or raises."""
        rows = self._candidates.get(rule.id)
        if rows is None:
            rows = self._candidates[rule.id] = self._work(rule)
        for index in range(bisect_left(rows, start), len(rows)):
            row = rows[index]
            if row >= stop:
                return None
            if rule.id in self._sure or self._asked(rule, row):
                return row
        return None

    def _asked(self, rule: CompiledRule, row: int) -> bool:
        try:
            return bool(rule.evaluate(*[self._frames.value(column, lag, row) for column, lag in rule.operands]))
        except Exception as error:  # noqa: BLE001  # the key's boundary: whatever a rule raises is this strategy's own affair
            self._raised[rule.id, row] = error
            return True

    def _work(self, rule: CompiledRule) -> list[int]:
        """The rows at which the rule may hold."""
        frames, operands = self._frames, rule.operands
        count = len(frames.open_times)
        if rule.mask is not None and count >= LEAST_ROWS_FOR_ARRAYS:
            arrays = [frames.array(column, lag) for column, lag in operands]
            with np.errstate(all="ignore"), suppress(ZeroDivisionError):  # of constants: then the rule is never ready
                rows: list[int] = np.flatnonzero(rule.mask(*arrays)).tolist()
                return rows
        columns = [frames.operand(column, lag) for column, lag in operands]
        try:
            held = map(rule.evaluate, *columns) if columns else repeat(rule.evaluate(), count)
            rows = [row for row, holds in enumerate(held) if holds]
        except Exception:  # noqa: BLE001  # as above: then each row is asked when it is needed
            return list(range(count))
        self._sure.add(rule.id)
        return rows
