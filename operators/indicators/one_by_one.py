"""Bars worked again one by one, to find at which of them an indicator fails."""

import math
from collections.abc import Mapping, Sequence

from operators.indicators.failure import Failure, failure
from operators.indicators.history import History
from operators.indicators.lane import Lane


def one_by_one(
    key: str, lane: Lane, history: History, rows: Mapping[str, Sequence[float]], count: int
) -> tuple[list[list[float]], Failure | None]:
    """What ``advance`` gives, up to the first bar on which the lane raises when it is shown one bar after the other.

    Args:
        key: of the indicator.
        lane: one that raised in ``advance`` over these bars.
        history: the series, up to the newest bar.
        rows: its newest bars again, by column.
        count: how many they are.

    Returns:
        the values of every output, NaN from that bar on, and its failure there; None where it did not raise.
    """
    first = history.count - count
    columns: list[list[float]] = [[] for _ in lane.columns]
    failed: Failure | None = None
    try:
        lane.rewind(history.as_of(first))
        for place in range(count):
            row = {name: column[place] for name, column in rows.items()}
            for column, value in zip(columns, lane.step(history.as_of(first + place + 1), row), strict=True):
                column.append(value)
    except Exception as error:  # noqa: BLE001  # the indicator's boundary: a fault of a kernel is its readers' affair
        failed = failure(key, first + len(columns[0]), error)
    for column in columns:
        column.extend([math.nan] * (count - len(column)))
    return columns, failed
