"""Candles from files: both formats, every way to write a time, and errors that say what to correct."""

import gzip
import math
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataflows.candle_files import BATCH_ROWS, MOST_SHOWN, CandleFile, Place
from dataflows.errors import CandleFileError
from schemas.candle import NO_TIME, candle_problem
from schemas.candle_row import CandleRow, is_candle

HEADER = "symbol,timeframe,open_time,open,high,low,close,volume"
MS = 1_746_057_600_000  # 2025-05-01T00:00:00Z
ROW: CandleRow = ("BTCUSDT", "1m", MS, 10.0, 12.0, 9.0, 11.0, 3.5, True)


def rows_of(file: CandleFile) -> list[CandleRow]:
    return [row for batch in file.batches() for row in batch]


def csv(folder: Path, *lines: str, header: str = HEADER) -> CandleFile:
    path = folder / "candles.csv"
    path.write_text("\n".join([header, *lines, ""]))
    return CandleFile(path)


def parquet(folder: Path, **columns: object) -> CandleFile:
    whole = {"symbol": ["BTCUSDT"], "timeframe": ["1m"], "open_time": [MS], "open": [10.0], "high": [12.0]}
    whole |= {"low": [9.0], "close": [11.0], "volume": [3.5]}
    path = folder / "candles.parquet"
    pq.write_table(pa.table({**whole, **columns}), path)
    return CandleFile(path)


@pytest.mark.parametrize(
    "text",
    ["2025-05-01T00:00:00Z", "2025-05-01 00:00:00", "2025-05-01T02:00:00+02:00", "2025-05-01", "1746057600000"],
)
def test_time_in_csv(tmp_path: Path, text: str) -> None:
    assert rows_of(csv(tmp_path, f"BTCUSDT,1m,{text},10,12,9,11,3.5")) == [ROW]


@pytest.mark.parametrize(
    "times",
    [
        pa.array([MS]),
        pa.array([MS], pa.timestamp("ms")),
        pa.array([MS * 1_000_000], pa.timestamp("ns", tz="UTC")),
        pa.array([datetime(2025, 5, 1, tzinfo=UTC)], pa.timestamp("us", tz="America/New_York")),
        pa.array([date(2025, 5, 1)], pa.date32()),
        pa.array(["2025-05-01T00:00:00Z"]),
    ],
    ids=["milliseconds", "naive", "nanoseconds", "another zone", "date", "text"],
)
def test_time_in_parquet(tmp_path: Path, times: pa.Array) -> None:
    assert rows_of(parquet(tmp_path, open_time=times)) == [ROW]


def test_columns_go_by_other_names_and_any_case(tmp_path: Path) -> None:
    header = "Volume,CLOSE,Low,High,Open,Timestamp,interval,Ticker,trades"
    assert rows_of(csv(tmp_path, f"3.5,11,9,12,10,{MS},1m,BTCUSDT,7", header=header)) == [ROW]


def test_symbol_and_timeframe_may_be_given_for_a_file_of_one_series(tmp_path: Path) -> None:
    file = csv(tmp_path, f"{MS},10,12,9,11,3.5", header="time,open,high,low,close,volume")
    assert rows_of(CandleFile(file.path, symbol="BTCUSDT", timeframe="1m")) == [ROW]


def test_symbol_of_digits_keeps_its_zeros(tmp_path: Path) -> None:
    assert rows_of(csv(tmp_path, f"000001,1m,{MS},10,12,9,11,3.5"))[0][0] == "000001"


def test_number_that_is_missing_or_none_is_not_a_number_and_spoils_no_other_row(tmp_path: Path) -> None:
    lines = [f"BTCUSDT,1m,{MS},10,12,9,11,3.5", f"BTCUSDT,1m,{MS},10,twelve,9,,3.5", f"BTCUSDT,1m,{MS},10,12,9,11,3.5"]
    first, broken, last = rows_of(csv(tmp_path, *lines))
    assert first == last == ROW
    assert [math.isnan(value) for value in broken[3:8]] == [False, True, False, True, False]


def test_missing_symbol_is_empty_and_not_a_word(tmp_path: Path) -> None:
    rows = rows_of(parquet(tmp_path, symbol=pa.array([None], pa.string()), timeframe=pa.array([None], pa.string())))
    assert rows[0][:2] == ("", "")


def test_gzipped_csv_is_read_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "candles.csv.gz"
    with gzip.open(path, "wt") as file:
        file.write("\n".join([HEADER, *[f"BTCUSDT,1m,{MS},10,12,9,11,3.5"] * 5, ""]))
    assert CandleFile(path).count() == 5
    assert rows_of(CandleFile(path)) == [ROW] * 5


def test_rows_are_counted(tmp_path: Path) -> None:
    assert csv(tmp_path, "x", "", "y").count() == 2
    assert parquet(tmp_path).count() == 1
    assert csv(tmp_path).count() == 0


def test_long_file_comes_in_batches_in_its_order(tmp_path: Path) -> None:
    count = BATCH_ROWS + 10
    columns = {name: [float(n) for n in range(count)] for name in ("open", "high", "low", "close", "volume")}
    file = parquet(tmp_path, symbol=["A"] * count, timeframe=["1m"] * count, open_time=list(range(count)), **columns)
    batches = list(file.batches())
    assert [len(batch) for batch in batches] == [BATCH_ROWS, 10]
    assert [row[2] for batch in batches for row in batch] == list(range(count))


def test_csv_and_parquet_give_the_same_rows(tmp_path: Path) -> None:
    values = ["0.1", "123456.789", "1e-7", "99999999.99"]
    lines = [f"BTCUSDT,1m,{MS + n * 60_000},{v},{v},{v},{v},{v}" for n, v in enumerate(values)]
    numbers = [float(value) for value in values]
    times = pa.array([MS + n * 60_000 for n in range(4)], pa.timestamp("ms", tz="UTC"))
    names = {"symbol": ["BTCUSDT"] * 4, "timeframe": ["1m"] * 4, "open_time": times}
    columns = dict.fromkeys(("open", "high", "low", "close", "volume"), numbers)
    assert rows_of(csv(tmp_path, *lines)) == rows_of(parquet(tmp_path, **names, **columns))


def refusal(file: CandleFile) -> str:
    with pytest.raises(CandleFileError) as caught:
        rows_of(file)
    text = str(caught.value)
    assert text.startswith(f"{file.path}: ")
    return text.removeprefix(f"{file.path}: ")


def test_file_that_is_not_there(tmp_path: Path) -> None:
    assert refusal(CandleFile(tmp_path / "gone.parquet")) == "there is no such file"
    with pytest.raises(CandleFileError, match="there is no such file"):
        CandleFile(tmp_path / "gone.csv").count()
    (tmp_path / "candles.csv").touch()
    assert refusal(CandleFile(tmp_path / "candle.csv")) == 'there is no such file (did you mean "candles.csv"?)'
    assert refusal(CandleFile(tmp_path / "candles")) == 'there is no such file (did you mean "candles.csv"?)'


def test_file_without_a_row(tmp_path: Path) -> None:
    assert refusal(csv(tmp_path)) == "expected candles, got a header line alone"
    none = {name: pa.array([], pa.float64()) for name in ("open", "high", "low", "close", "volume")}
    texts = {name: pa.array([], pa.string()) for name in ("symbol", "timeframe")}
    assert (
        refusal(parquet(tmp_path, open_time=pa.array([], pa.int64()), **none, **texts))
        == "expected candles, got no row"
    )


def test_place_of_a_row(tmp_path: Path) -> None:
    rows = [f"A,1m,{MS + number * 60_000},1,1,1,1,1" for number in range(3)]
    file = csv(tmp_path, rows[0], "", *rows[1:])
    assert [place.where for place in file.places(range(3)).values()] == ["line 2", "line 4", "line 5"]
    assert parquet(tmp_path).places([1_233]) == {1_233: Place("row 1,234")}


def test_folder_in_the_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "candles.parquet").mkdir()
    assert refusal(CandleFile(tmp_path / "candles.parquet")) == "expected a file, got a folder"


def test_file_of_another_kind(tmp_path: Path) -> None:
    (tmp_path / "candles.xlsx").touch()
    assert refusal(CandleFile(tmp_path / "candles.xlsx")) == "expected a .parquet, .csv or .csv.gz file"


def test_missing_column_is_named_with_the_nearest(tmp_path: Path) -> None:
    file = csv(tmp_path, f"B,1m,{MS},1,1,1,1,1", header="symbol,timeframe,open_time,open,high,low,closes,volume")
    text = refusal(file)
    assert text.startswith('missing column close (did you mean "closes"?); it has symbol, timeframe, open_time, open, ')
    assert text.endswith(", closes, volume")


@pytest.mark.parametrize(
    "header", ["open_time,open,high,low,close,volume", "symbl,open_time,open,high,low,close,volume"]
)
def test_missing_series_says_how_to_give_it(tmp_path: Path, header: str) -> None:
    file = csv(tmp_path, ",".join([str(MS)] * (header.count(",") + 1)), header=header)
    assert refusal(file).endswith("; give --symbol and --timeframe for a file of one series")


def test_column_that_stands_twice(tmp_path: Path) -> None:
    file = csv(tmp_path, f"B,1m,{MS},1,1,1,1,1,1", header=f"{HEADER},Close")
    assert refusal(file) == f"expected each column once, it has {HEADER.replace(',', ', ')}, Close"


@pytest.mark.parametrize("time", ["", "yesterday", "2025-13-01", "٣٣"])
def test_row_without_a_time_is_no_candle_and_spoils_no_other_row(tmp_path: Path, time: str) -> None:
    good = f"BTCUSDT,1m,{MS},10,12,9,11,3.5"
    first, bad, last = rows_of(csv(tmp_path, good, f"B,1m,{time},1,1,1,1,1", good))
    assert first == last == ROW
    assert bad[2] == NO_TIME
    assert candle_problem(bad[1], *bad[2:8]) == "expected an open time, got none, or none that can be read"


@pytest.mark.parametrize(
    "written", [str(MS), "2025-05-01T00:00:00+00:00", "2025-05-01 00:00:00Z", "2025-05-01T00:00", "20250501T000000"]
)
@pytest.mark.parametrize("beside", ["yesterday", "2025-05-09", "1"])
def test_a_time_is_the_same_whatever_another_row_has(tmp_path: Path, written: str, beside: str) -> None:
    file = csv(tmp_path, f"BTCUSDT,1m,{written},10,12,9,11,3.5", f"B,1m,{beside},1,1,1,1,1")
    assert rows_of(file)[0] == ROW


def test_a_time_before_1970_is_one_beside_a_word_too(tmp_path: Path) -> None:
    file = csv(tmp_path, "B,1m,-60000,1,1,1,1,1", "B,1m,yesterday,1,1,1,1,1")
    assert [row[2] for row in rows_of(file)] == [-60_000, NO_TIME]


@pytest.mark.parametrize("name", ["candles.csv", "candles.csv.gz"])
def test_line_of_another_number_of_cells_is_a_row_that_misses_everything_at_its_place(
    tmp_path: Path, name: str
) -> None:
    good = f"BTCUSDT,1m,{MS},10,12,9,11,3.5"
    text = "\n".join(
        [HEADER, good, "BTCUSDT,1m", "", f"{good},7", good, '"BTCUSDT",1m,2025-05-01T00:00,10,12,9,11,3.5']
    )
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    file = CandleFile(path)
    rows = rows_of(file)
    assert file.count() == len(rows) == 5
    assert rows[0] == rows[3] == rows[4] == ROW
    places = file.places([1, 2, 4])
    for bad, line in ((1, "line 3"), (2, "line 5")):
        assert rows[bad][:3] == ("", "", NO_TIME)
        assert all(math.isnan(value) for value in rows[bad][3:8])
        assert places[bad].where == line
    assert places[1].seen == '; the line is "BTCUSDT,1m", 2 cells where the header has 8'
    assert places[4].seen.endswith('00:00,10,12,9,11,3.5"'), "as many as the header"


GOOD = [f"BTCUSDT,1m,{MS + number * 60_000},10,12,9,11,3.5" for number in range(6)]


@pytest.mark.parametrize(
    "bad",
    [
        b'"BTCUSDT,1m',
        f'BTCUSDT,1m,{MS},10,12,9,11,"3.5'.encode(),
        b",,,",
        b'""',
        b"caf\xe9,1m",
        b"caf\xe9,1m,2025-05-01T00:00,10,12,9,11,3.5",
        b"x" * 200_000,
        f"BTCUSDT,1m,{'9' * 31},10,12,9,11,3.5".encode(),
        b"BTCUSDT,1m,1.5,10,12,9,11,3.5",
        b"BTCUSDT,1m,inf,10,12,9,11,3.5",
        b"BTCUSDT,1m,2025-05-01T00:00:00.0001,10,12,9,11,3.5",
        b"BTCUSDT,1m,2025-05-01T00:00:00.0001Z,10,12,9,11,3.5",
    ],
    ids=lambda bad: bad[:45].decode(errors="replace"),
)
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf", b"\n"], ids=["plain", "BOM", "blank line"])
def test_whatever_is_wrong_with_a_line_costs_no_other_and_is_found_at_its_place(
    tmp_path: Path, bad: bytes, start: bytes
) -> None:
    path = tmp_path / "candles.csv"
    before, after = "\n".join([HEADER, *GOOD[:3], ""]).encode(), "\n".join(GOOD[3:]).encode()
    path.write_bytes(start + b"\n".join([before, bad, after]))
    file = CandleFile(path)
    rows = rows_of(file)
    assert file.count() == len(rows) == 7
    assert [row[2] for row in (*rows[:3], *rows[4:])] == [MS + number * 60_000 for number in range(6)]
    assert all(is_candle(row) for row in (*rows[:3], *rows[4:]))
    assert not is_candle(rows[3]) or not rows[3][0].isascii(), "no symbol has such letters"
    assert file.places([3])[3].where == ("line 7" if start == b"\n" else "line 6")


def test_two_quotes_that_are_lines_apart_cost_their_own_lines(tmp_path: Path) -> None:
    file = csv(tmp_path, GOOD[0], f'{GOOD[1]}"', GOOD[2], GOOD[3].replace(",3.5", ',"3.5'), GOOD[4], f'{GOOD[5]}"')
    rows = rows_of(file)
    assert len(rows) == file.count() == 6
    assert [is_candle(row) for row in rows] == [True, False, True, False, True, False]


def test_a_column_that_stands_twice_is_refused_beside_a_line_that_is_cut_short_too(tmp_path: Path) -> None:
    file = csv(tmp_path, f"B,1m,{MS},1,1,1,1,1,1", "B,1m", header=f"{HEADER},close")
    assert refusal(file) == f"expected each column once, it has {HEADER.replace(',', ', ')}, close"


@pytest.mark.parametrize("line", ["BTCUSDT,1m", f"{GOOD[0]},"])
def test_lines_that_all_have_other_cells_than_the_header_are_told_so(tmp_path: Path, line: str) -> None:
    cells = line.count(",") + 1
    assert refusal(csv(tmp_path, line, line)) == f"expected 8 cells in a line, as the header has, got {cells} in line 2"


def test_of_a_long_line_the_beginning_is_seen_without_what_moves_a_terminal_and_of_no_text_nothing(
    tmp_path: Path,
) -> None:
    seen = csv(tmp_path, "x" * 500, "\x1b[2J", GOOD[0]).places([0, 1])
    assert seen[0].seen.startswith('; the line is "xxx')
    assert len(seen[0].seen) < MOST_SHOWN + 60
    assert seen[1].seen.startswith('; the line is "\\u001b[2J"')
    assert parquet(tmp_path).places([0])[0].seen == ""


def test_parquet_times_that_are_no_whole_millisecond_are_none(tmp_path: Path) -> None:
    times = pa.array([MS * 1_000_000, MS * 1_000_000 + 1, None], pa.timestamp("ns"))
    columns = {name: [1.0] * 3 for name in ("open", "high", "low", "close", "volume")}
    file = parquet(tmp_path, symbol=["A"] * 3, timeframe=["1m"] * 3, open_time=times, **columns)
    assert [row[2] for row in rows_of(file)] == [MS, NO_TIME, NO_TIME]


def test_a_truncated_gzip_with_a_line_that_is_cut_short_is_named(tmp_path: Path) -> None:
    path = tmp_path / "candles.csv.gz"
    path.write_bytes(gzip.compress("\n".join([HEADER, "B,1m", *GOOD * 50]).encode())[:-30])
    assert refusal(CandleFile(path)).startswith("expected CSV with a header line: ")


@pytest.mark.parametrize("column", ["close", "open_time"])
def test_column_of_another_kind(tmp_path: Path, column: str) -> None:
    file = parquet(tmp_path, **{column: [[1.0]]})
    expected = "times" if column == "open_time" else "numbers"
    assert refusal(file).startswith(f"column {column}: expected {expected}: ")


def test_damaged_files_are_named(tmp_path: Path) -> None:
    not_parquet, empty = tmp_path / "a.parquet", tmp_path / "b.csv"
    not_parquet.write_bytes(b"PAR1 but no more")
    empty.write_bytes(b"")
    assert refusal(CandleFile(not_parquet)).startswith("expected a Parquet file: ")
    assert refusal(CandleFile(empty)).startswith("expected CSV with a header line: ")


def test_damage_inside_a_parquet_file_is_named(tmp_path: Path) -> None:
    count = 20_000
    columns = {name: [float(n % 977) for n in range(count)] for name in ("open", "high", "low", "close", "volume")}
    file = parquet(tmp_path, symbol=["A"] * count, timeframe=["1m"] * count, open_time=list(range(count)), **columns)
    content = bytearray(file.path.read_bytes())
    content[4 : len(content) // 2] = b"\xff" * (len(content) // 2 - 4)
    file.path.write_bytes(content)
    assert "damaged" in refusal(file)


def test_truncated_gzip_is_named(tmp_path: Path) -> None:
    path = tmp_path / "candles.csv.gz"
    path.write_bytes(gzip.compress(HEADER.encode() * 1_000)[:40])
    refusal(CandleFile(path))
    with pytest.raises(CandleFileError, match="expected lines of CSV"):
        CandleFile(path).count()
