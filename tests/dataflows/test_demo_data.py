"""The demo's candles: real, in order, and every one a candle."""

import sys
from itertools import pairwise

import pytest

from dataflows.demo import Slice, demo_strategies
from dataflows.demo_data import GAP_TOLERANCE_BARS, SYMBOLS, DemoCandles
from dataflows.errors import DemoDataMissing
from dataflows.graph import Parameters
from dataflows.replay import replay
from schemas.candle import candle_problem
from schemas.candle_row import CandleRow


@pytest.fixture(scope="module")
def rows() -> list[CandleRow]:
    pytest.importorskip("bokeh_sampledata.stocks", reason="the extra `demo` is not installed")
    return [row for batch in DemoCandles().batches() for row in batch]


def test_every_row_is_a_closed_candle_of_a_known_symbol(rows: list[CandleRow]) -> None:
    assert len(rows) == DemoCandles().count() == 12_154
    assert [candle_problem(row[1], *row[2:8]) for row in rows] == [None] * len(rows)
    assert {row[0] for row in rows} == set(SYMBOLS)
    assert all(row[8] for row in rows)


def test_rows_come_in_the_order_in_which_they_closed(rows: list[CandleRow]) -> None:
    assert all((one[2], one[0]) < (two[2], two[0]) for one, two in pairwise(rows))


def test_slices_are_the_two_parts_of_the_whole(rows: list[CandleRow]) -> None:
    middle = rows[5_000][2]
    before, since = (
        [row for batch in part.batches() for row in batch]
        for part in (Slice(DemoCandles(), before=middle), Slice(DemoCandles(), since=middle))
    )
    assert before + since == rows
    assert before[-1][2] < middle <= since[0][2]


@pytest.mark.usefixtures("rows")
def test_the_closed_markets_of_september_2001_are_flagged_and_weekends_are_not() -> None:
    found = replay(DemoCandles(), demo_strategies(), parameters=Parameters(gap_tolerance_bars=GAP_TOLERANCE_BARS))
    assert found.dead_letters == []
    gaps = {(one.symbol, f"{one.event_time:%Y-%m-%d}") for one in found.alerts}
    assert gaps == {("AAPL", "2001-09-17"), ("IBM", "2001-09-17"), ("MSFT", "2001-09-17")}


def test_without_the_package_the_message_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bokeh_sampledata.stocks", None)
    with pytest.raises(DemoDataMissing, match=r"bokeh-sampledata, which is not installed: install the extra `demo`"):
        DemoCandles().count()
