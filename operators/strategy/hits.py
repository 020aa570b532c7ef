"""Where in a run of candles a rule holds: worked for all candles at once, asked for one by one."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from itertools import repeat

from operators.events import Frames
from operators.strategy.compile import CompiledRule


class RuleRaised(Exception):
    """A rule raised an error at ``row``."""

    def __init__(self, row: int, rule: str, error: Exception) -> None:
        self.row = row
        super().__init__(f"rule {rule}: {type(error).__name__}: {error}"[:500])


class Hits:
    """The rows of one batch at which rules hold, each rule worked at most once.

    A rule is worked for every row ahead of need, because one C-level loop is several times cheaper than a call a row.
    What it raises at a row counts only if that row is asked for, so the answer is the one that a row by row loop would
    give.
    """

    def __init__(self, frames: Frames) -> None:
        self._frames = frames
        self._rows: dict[str, list[int]] = {}
        self._raised: dict[tuple[str, int], Exception] = {}

    def first(self, rules: Sequence[CompiledRule], start: int) -> tuple[int, CompiledRule] | None:
        """The first row from ``start`` on at which any of the rules holds, and the first such rule in their order."""
        best: tuple[int, CompiledRule] | None = None
        for rule in rules:
            rows = self._rows_of(rule)
            index = bisect_left(rows, start)
            if index < len(rows) and (best is None or rows[index] < best[0]):
                best = rows[index], rule
        if best is not None:
            self._check(*best)
        return best

    def at(self, rules: Iterable[CompiledRule], row: int) -> CompiledRule | None:
        """The first of the rules that holds at exactly this row."""
        for rule in rules:
            rows = self._rows_of(rule)
            index = bisect_left(rows, row)
            if index < len(rows) and rows[index] == row:
                self._check(row, rule)
                return rule
        return None

    def _check(self, row: int, rule: CompiledRule) -> None:
        error = self._raised.get((rule.id, row))
        if error is not None:
            raise RuleRaised(row, rule.id, error) from error

    def _rows_of(self, rule: CompiledRule) -> list[int]:
        rows = self._rows.get(rule.id)
        if rows is None:
            frames = self._frames
            columns = [frames.operand(column, lag) for column, lag in rule.operands]
            try:
                rows = (rule.scan or _asker(rule, len(frames.open_times)))(*columns)
            except Exception:  # noqa: BLE001  # the key's boundary: whatever a rule raises is this strategy's own affair
                rows = self._row_by_row(rule, columns)
            self._rows[rule.id] = rows
        return rows

    def _row_by_row(self, rule: CompiledRule, columns: list[list[float]]) -> list[int]:
        rows = []
        for row in range(len(self._frames.open_times)):
            try:
                holds = rule.evaluate(*(column[row] for column in columns))
            except Exception as error:  # noqa: BLE001  # as above; kept until somebody asks for this row
                self._raised[rule.id, row] = error
                holds = True
            if holds:
                rows.append(row)
        return rows


def _asker(rule: CompiledRule, count: int) -> Callable[..., list[int]]:
    """The scan of a rule that has none: one call for each of the ``count`` rows."""

    def scan(*columns: list[float]) -> list[int]:
        held = map(rule.evaluate, *columns) if columns else repeat(rule.evaluate(), count)
        return [row for row, holds in enumerate(held) if holds]

    return scan
