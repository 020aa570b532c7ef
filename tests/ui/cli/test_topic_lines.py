"""Composites and late signals as lines of a table."""

from rich.text import Text

from schemas.composite import LateSignal
from tests.ui.cli.weighed import COMPOSITE, CONSENSUS, END, START
from ui.cli.columns import header
from ui.cli.topic_lines import COMPOSITES, line_of


def cells(line: str | None) -> list[str]:
    """What stands in the columns, without its colours."""
    assert line is not None
    return Text.from_markup(line).plain.split()


def test_a_composite_says_when_what_and_how_sure() -> None:
    when = ["2025-05-01", "00:00"]
    expected = [*when, "macd", "BTCUSDT", "long", "4h", "swing", "0.812", "0.67", "2", "1"]
    assert cells(line_of(COMPOSITE)) == expected


def test_a_consensus_stands_in_the_same_columns_for_all_strategies() -> None:
    when = ["2025-05-01", "00:00"]
    expected = [*when, "*", "(5", "strategies)", "BTCUSDT", "short", "-", "day", "0.750", "-", "3", "1"]
    assert cells(line_of(CONSENSUS)) == expected


def test_a_late_signal_says_how_late_and_how_many() -> None:
    late = LateSignal(
        id="0" * 32, strategy="macd", symbol="BTCUSDT", timeframe="5m", close_time=START, watermark=END, count=1_200
    )
    expected = ["2025-04-30", "23:00", "macd", "BTCUSDT", "5m", "2025-05-01", "00:00", "1,200"]
    assert cells(line_of(late)) == expected


def test_columns_stand_below_their_titles() -> None:
    titles = Text.from_markup(header(COMPOSITES)).plain
    line = Text.from_markup(line_of(COMPOSITE) or "").plain
    for title, cell in (("strategy", "macd"), ("symbol", "BTCUSDT"), ("side", "long"), ("timeframe", "4h")):
        assert titles.index(title) == line.index(cell)
    for title, cell in (("confidence", "0.812"), ("strength", "0.67")):
        assert titles.index(title) + len(title) == line.index(cell) + len(cell)


def test_other_records_have_no_columns() -> None:
    assert line_of(START) is None
