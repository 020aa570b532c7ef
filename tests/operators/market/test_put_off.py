"""Refused candles cut no batch, and their letters stand where they would if each candle were worked at once."""

import pytest

from schemas.candle_row import CandleRow
from tests.operators.plain_engine import PlainEngine, batched, command, desired, row, version

ON_FIVE_MINUTES = version("both", timeframes=("5m",))
LATE, ON = row(0, close=77.0), [row(number) for number in range(20, 26)]


def records(rows: list[CandleRow], size: int) -> list[str]:
    """What comes of a feed in batches of so many."""
    engine = PlainEngine(history_bars=64, timeframes=("5m", "15m"))
    for events in batched([command(ON_FIVE_MINUTES, desired(ON_FIVE_MINUTES)), *rows], [size]):
        engine.feed(*events)
    return [text for kept in engine.records().values() for text in kept if '"kind"' in text or '"detail"' in text]


@pytest.mark.parametrize("place", range(len(ON) + 1))
def test_a_letter_between_alerts_is_where_it_belongs(place: int) -> None:
    """The alert for the bars that are missing is told when the bar after them closes, which may be after the letter."""
    rows = [*(row(number) for number in range(4)), *ON[:place], LATE, *ON[place:]]
    one_by_one = records(rows, 1)
    assert any("conflicting_duplicate" in text for text in one_by_one)
    assert sum('"kind":"gap"' in text for text in one_by_one) > 1
    for size in (2, 3, 5, len(rows)):
        assert records(rows, size) == one_by_one, size
