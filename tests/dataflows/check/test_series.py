"""Which candles a check takes: the first of each series that the strategy is for, as the engine would take them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from dataflows.check.series import Chosen, choose
from dataflows.errors import CandleFileError
from schemas.candle_row import CandleRow
from schemas.watchlist import AssetConfig
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


def chosen(  # noqa: PLR0913  # what a person may say
    rows: Sequence[CandleRow],
    symbols: Sequence[str] = ("*",),
    timeframes: Sequence[str] = ("*",),
    *,
    symbol: str | None = None,
    timeframe: str | None = None,
    watchlist: Sequence[AssetConfig] = (),
    most_series: int = 3,
) -> Chosen:
    return choose(
        Rows(rows),
        config("close > open", symbols=list(symbols), timeframes=list(timeframes)),
        symbol=symbol,
        timeframe=timeframe,
        watchlist=watchlist,
        most_series=most_series,
        most_candles=lambda _timeframe, _base: 1_000,
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
    found = choose(file, config("close > open"), most_series=4, most_candles=lambda _timeframe, _base: 10)
    assert [(len(one.rows), one.more) for one in found.series] == [(10, True)] * 4
    assert file.read < len(ROWS)


def test_rows_that_the_engine_would_not_take_are_passed_over() -> None:
    rows = walk(5)
    broken = (*rows[3][:4], -1.0, *rows[3][5:])
    found = chosen([*rows[:3], rows[1], broken, rows[4]])  # a repeated one, and a price below zero
    assert [row[2] for row in found.series[0].rows] == [rows[place][2] for place in (0, 1, 2, 4)]
    assert found.series[0].passed_over == 2


def names(found: Chosen) -> list[str]:
    return [one.name for one in found.series]


def test_a_symbol_is_checked_on_every_timeframe_that_is_named_all_of_the_same_candles() -> None:
    found = chosen(ROWS, timeframes=["5m", "1h", "1m"])
    assert names(found) == ["SYM000 1m", "SYM000 5m", "SYM000 1h"]
    assert found.left_out[:3] == ["SYM001 1m", "SYM001 5m", "SYM001 1h"]
    assert {one.base for one in found.series} == {"1m"}
    assert all(one.rows == found.series[0].rows for one in found.series)


def test_a_timeframe_takes_as_many_candles_as_it_needs() -> None:
    file = Rows(walk(50))
    found = choose(
        file,
        config("close > open", timeframes=["1m", "5m"]),
        most_series=2,
        most_candles=lambda timeframe, base: {("1m", "1m"): 8, ("5m", "1m"): 40}[timeframe, base],
    )
    assert [(one.timeframe, len(one.rows), one.more) for one in found.series] == [("1m", 8, True), ("5m", 40, True)]


@pytest.mark.parametrize(
    ("timeframes", "checked"),
    [(["*"], "1m"), (["day"], "1m"), (["5m", "1m"], "1m"), (["*", "day", "1m"], "1m")],
    ids=["any", "style", "named", "all"],
)
def test_one_timeframe_is_chosen_of_those_that_the_strategy_may_mean(timeframes: list[str], checked: str) -> None:
    assert names(chosen(ROWS, ["SYM000"], timeframes, timeframe=checked)) == [f"SYM000 {checked}"]
    assert names(chosen(ROWS, ["SYM000"], timeframes, timeframe="5m")) == ["SYM000 5m"]


def test_one_that_the_strategy_cannot_mean_is_none() -> None:
    with pytest.raises(CandleFileError, match="asked for 1h only; the file holds SYM000 1m"):
        chosen(ROWS, ["SYM000"], ["day", "5m"], timeframe="1h")


def test_without_a_watchlist_a_style_is_that_of_the_base() -> None:
    assert names(chosen(ROWS, ["SYM000"], ["day", "1h"])) == ["SYM000 1m", "SYM000 1h"]
    with pytest.raises(CandleFileError, match="expected candles of SYM000 on swing"):
        chosen(ROWS, ["SYM000"], ["swing"])


def asset(symbol: str, *timeframes: str, **more: object) -> AssetConfig:
    return AssetConfig.model_validate({"symbol": symbol, "timeframes": timeframes, **more})


def test_a_watchlist_says_what_wildcards_and_styles_mean() -> None:
    watchlist = [asset("SYM001", "5m", "1h", "4h"), asset("SYM002", "1m"), asset("SYM003", "1h", enabled=False)]
    assert names(chosen(ROWS, timeframes=["swing"], watchlist=watchlist)) == ["SYM001 1h", "SYM001 4h"]
    everything = chosen(ROWS, timeframes=["*"], watchlist=watchlist, most_series=9)
    assert names(everything) == ["SYM001 5m", "SYM001 1h", "SYM001 4h", "SYM002 1m"]
    listing = everything.series[0].listing
    assert listing is not None
    assert listing.entry is not None
    assert listing.entry.asset == watchlist[0]


def test_a_timeframe_that_cannot_be_made_is_left_out_with_the_reason() -> None:
    found = chosen(ROWS, ["SYM000"], ["30s", "1m", "90s"])
    assert names(found) == ["SYM000 1m"]
    assert found.left_out == [
        "SYM000 30s (30s is shorter than the 1m candles of the feed)",
        "SYM000 90s (90s is not a whole number of the 1m candles of the feed)",
    ]


def other(rows: Sequence[CandleRow], timeframe: str) -> list[CandleRow]:
    return [(row[0], timeframe, *row[2:]) for row in rows]


def test_all_is_made_of_the_finest_that_comes_first_or_second() -> None:
    rows = walk(30)
    hour = other(rows[:1], "1h")
    found = chosen([*hour, *rows], timeframes=["5m"])
    assert [(one.base, len(one.rows), one.passed_over) for one in found.series] == [("1m", 30, 0)]
    settled = chosen([*rows[:2], *other(rows[:1], "30s"), *hour, *rows[2:]], timeframes=["5m"])
    assert [(one.base, len(one.rows), one.passed_over) for one in settled.series] == [("1m", 30, 2)]


def test_all_is_made_of_what_the_watchlist_declares() -> None:
    rows = walk(30)
    mixed = [*rows[:10], *other(rows[:1], "1h"), *rows[10:]]
    found = chosen(mixed, timeframes=["*"], watchlist=[asset("SYM000", "1h", "2h", base_timeframe="1h")])
    assert [(one.name, one.base, len(one.rows), one.passed_over) for one in found.series] == [
        ("SYM000 1h", "1h", 1, 30),
        ("SYM000 2h", "1h", 1, 30),
    ]


def test_a_series_is_cut_at_its_candles() -> None:
    one = chosen(walk(20), timeframes=["5m"]).series[0]
    times = [row[2] for row in one.rows]
    assert one.cut(3, 9).rows == one.rows[3:9]
    assert (one.row_at(times[7]), one.row_at(times[7] + 1)) == (7, 8)
    assert one.row_that_closes(times[10]) == 9, "the fifth of its five"
    del one.rows[9]
    assert one.row_that_closes(times[10]) == 9, "the next one, where that is missing"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"symbols": ["XRPUSDT"]}, r"expected candles of XRPUSDT on \*, which tried is for; the file holds SYM000 1m"),
        ({"symbol": "BTC"}, "which tried is for, asked for BTC only; the file holds SYM000 1m, SYM001 1m"),
        ({"timeframe": "30s"}, "asked for 30s only; the file holds SYM000 1m, .*30s is shorter than the 1m candles"),
    ],
)
def test_candles_for_nobody_are_one_message(more: dict[str, Any], told: str) -> None:
    with pytest.raises(CandleFileError, match=told):
        chosen(ROWS, **more)


def test_a_file_without_candles_says_so() -> None:
    with pytest.raises(CandleFileError, match="the file holds no candles"):
        chosen([])
