"""Which candles a check takes: the first of each series that the strategy is for, as the engine would take them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from dataflows.check.series import Chosen, choose
from dataflows.errors import CandleFileError
from schemas.candle_row import CandleRow
from tests.dataflows.check.planted import config, walk

ROWS = walk(50, symbols=4)


@dataclass
class Rows:
    """Rows as a file, in batches of eight; counts how many were read."""

    rows: Sequence[CandleRow]
    read: int = 0
    name: str = "rows.parquet"

    def batches(self) -> Iterator[list[CandleRow]]:
        for start in range(0, len(self.rows), 8):
            self.read += len(self.rows[start : start + 8])
            yield list(self.rows[start : start + 8])


def chosen(
    rows: Sequence[CandleRow], symbols: Sequence[str] = ("*",), symbol: str | None = None, timeframe: str | None = None
) -> Chosen:
    return choose(
        Rows(rows),
        config("close > open", symbols=list(symbols)),
        symbol=symbol,
        timeframe=timeframe,
        most_series=3,
        most_candles=lambda _timeframe: 1_000,
    )


def test_the_first_series_are_taken_and_the_others_named() -> None:
    found = chosen(ROWS)
    assert [one.name for one in found.series] == ["SYM000 1m", "SYM001 1m", "SYM002 1m"]
    assert found.left_out == ["SYM003 1m"]
    assert all(len(one.rows) == 50 and not one.more for one in found.series)


def test_only_what_the_strategy_is_for_is_taken() -> None:
    assert [one.symbol for one in chosen(ROWS, symbols=["SYM002", "SYM003"]).series] == ["SYM002", "SYM003"]


def test_a_symbol_that_is_asked_for_is_taken_alone_with_or_without_a_slash() -> None:
    assert [one.symbol for one in chosen(ROWS, symbol="SYM/003").series] == ["SYM003"]


def test_no_more_is_read_than_is_taken() -> None:
    file = Rows(ROWS)
    found = choose(file, config("close > open"), most_series=4, most_candles=lambda _timeframe: 10)
    assert [(len(one.rows), one.more) for one in found.series] == [(10, True)] * 4
    assert file.read < len(ROWS)


def test_rows_that_the_engine_would_not_take_are_passed_over() -> None:
    rows = walk(5)
    broken = (*rows[3][:4], -1.0, *rows[3][5:])
    found = chosen([*rows[:3], rows[1], broken, rows[4]])  # a repeated one, and a price below zero
    assert [row[2] for row in found.series[0].rows] == [rows[place][2] for place in (0, 1, 2, 4)]
    assert found.series[0].passed_over == 2


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"symbols": ["XRPUSDT"]}, r"expected candles of XRPUSDT on \*, which tried is for; the file holds SYM000 1m"),
        ({"symbol": "BTC"}, "which tried is for, asked for BTC only; the file holds SYM000 1m, SYM001 1m"),
        ({"timeframe": "1h"}, "asked for 1h only"),
    ],
)
def test_candles_for_nobody_are_one_message(more: dict[str, Any], told: str) -> None:
    with pytest.raises(CandleFileError, match=told):
        chosen(ROWS, **more)


def test_a_file_without_candles_says_so() -> None:
    with pytest.raises(CandleFileError, match="the file holds no candles"):
        chosen([])
