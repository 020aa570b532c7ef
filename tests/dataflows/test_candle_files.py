"""Candles from files: both formats, every way to write a time, and errors that say what to correct."""

import gzip
import math
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataflows.candle_files import BATCH_ROWS, CandleFile
from dataflows.errors import CandleFileError
from schemas.candle_row import CandleRow

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
    assert [file.place_of(number) for number in range(3)] == ["line 2", "line 4", "line 5"]
    assert parquet(tmp_path).place_of(1_233) == "row 1,234"


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


def test_row_without_a_time(tmp_path: Path) -> None:
    file = csv(tmp_path, "B,1m,,1,1,1,1,1", f"B,1m,{MS},1,1,1,1,1")
    assert refusal(file) == "column open_time: expected a time in every row, 1 have none"


def test_time_that_is_none(tmp_path: Path) -> None:
    file = csv(tmp_path, "B,1m,yesterday,1,1,1,1,1")
    assert refusal(file).startswith("column open_time: expected times: ")


@pytest.mark.parametrize("column", ["close", "open_time"])
def test_column_of_another_kind(tmp_path: Path, column: str) -> None:
    file = parquet(tmp_path, **{column: [[1.0]]})
    expected = "times" if column == "open_time" else "numbers"
    assert refusal(file).startswith(f"column {column}: expected {expected}: ")


def test_damaged_files_are_named(tmp_path: Path) -> None:
    not_parquet, empty, ragged = tmp_path / "a.parquet", tmp_path / "b.csv", tmp_path / "c.csv"
    not_parquet.write_bytes(b"PAR1 but no more")
    empty.write_bytes(b"")
    ragged.write_text(f"{HEADER}\nBTCUSDT,1m\n")
    assert refusal(CandleFile(not_parquet)).startswith("expected a Parquet file: ")
    assert refusal(CandleFile(empty)).startswith("expected CSV with a header line: ")
    assert refusal(CandleFile(ragged)).startswith("expected CSV with a header line: ")


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
