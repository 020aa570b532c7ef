"""Candles from Parquet and CSV files, in file order, in batches of plain rows."""

import math
import re
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from dataflows.csv_lines import Line, filled_lines, read_lines
from dataflows.errors import CandleFileError
from dataflows.file_bytes import near_file
from schemas.candle import NO_TIME
from schemas.candle_row import CandleRow
from schemas.json_value import in_json
from schemas.names import did_you_mean
from schemas.record import to_milliseconds

BATCH_ROWS = 8_192
MOST_SHOWN = 120
"""Characters of a line."""
_UNREADABLE = (OSError, EOFError, zlib.error, UnicodeError)
_PARTS = {"us": 1_000, "ns": 1_000_000}
"""Of a millisecond, by the unit of a timestamp."""

_SPELLINGS: Mapping[str, Sequence[str]] = {
    "symbol": ("symbol", "ticker", "instrument"),
    "timeframe": ("timeframe", "interval"),
    "open_time": ("open_time", "opentime", "timestamp", "datetime", "date", "time"),
    "open": ("open",),
    "high": ("high",),
    "low": ("low",),
    "close": ("close",),
    "volume": ("volume",),
}
_TEXTS = {*_SPELLINGS["symbol"], *_SPELLINGS["timeframe"]}
_MILLISECONDS = re.compile(r"\s*-?[0-9]+\s*")
_NUMBERS = ("open", "high", "low", "close", "volume")


class Place(NamedTuple):
    """Where a row stands, what is seen there, after a semicolon, and its text: both empty where the file is no text."""

    where: str
    seen: str = ""
    text: str = ""


@dataclass(frozen=True)
class CandleFile:
    """A file of candles. ``symbol`` and ``timeframe`` serve where the file has no such column.

    Columns (any case): symbol, timeframe, open_time (a timestamp, a date, ISO text in UTC, or milliseconds since the
    epoch), open, high, low, close, volume. Others are passed over. A row that cannot be read is one that is no candle,
    and costs no other row.
    """

    path: Path
    symbol: str | None = None
    timeframe: str | None = None

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name

    def count(self) -> int:
        """How many rows there are; cheap for Parquet, one pass over the lines for CSV."""
        self._check_kind()
        if self._is_parquet:
            with self._opened() as file:
                return int(file.metadata.num_rows)
        return max(0, sum(1 for _ in self._lines()) - 1)

    def batches(self) -> Iterator[list[CandleRow]]:
        """The rows, unchecked: whether a row is a candle is for the reader to judge.

        A number that is missing or is none is NaN, such a time ``NO_TIME``, a missing symbol or timeframe is empty. A
        line of another number of cells than the header is a row that misses everything.

        Raises:
            CandleFileError: the file is not there, of no known kind, damaged, has no row, or lacks a column.
        """
        self._check_kind()
        columns: dict[str, str] | None = None
        batches = self._record_batches()
        while True:
            try:
                batch = next(batches, None)
            except (pa.ArrowException, OSError) as error:  # read lazily, so damage may show late
                raise CandleFileError(f"{self.path}: the file is damaged: {error}") from error
            if batch is None:
                break
            if columns is None:
                columns = self._columns(batch.schema.names)
            yield self._rows(batch, columns)
        if columns is None:
            got = "no row" if self._is_parquet else "a header line alone"
            raise CandleFileError(f"{self.path}: expected candles, got {got}")

    def places(self, rows: Collection[int]) -> dict[int, Place]:
        """Where a person finds some rows, counted from 0, and what is there; one pass over the lines of a text.

        Raises:
            CandleFileError: the file is no longer there.
        """
        if self._is_parquet or not rows:
            return {row: Place(f"row {row + 1:,}") for row in rows}
        lines = self._lines()
        header = next(lines, None)
        expected = 0 if header is None else len(header.cells)
        found = {row: line for row, line in zip(range(max(rows) + 1), lines, strict=False) if row in rows}
        return {row: _place(found[row], expected) if row in found else Place(f"row {row + 1:,}") for row in rows}

    def _lines(self) -> Iterator[Line]:
        try:
            yield from filled_lines(self.path)
        except _UNREADABLE as error:
            raise CandleFileError(f"{self.path}: expected lines of CSV: {error}") from error

    @property
    def _is_parquet(self) -> bool:
        return self.path.suffix.lower() in {".parquet", ".pq"}

    def _check_kind(self) -> None:
        name = self.path.name.lower()
        if not self.path.exists():
            raise CandleFileError(f"{self.path}: there is no such file{near_file(self.path)}")
        if not (self._is_parquet or name.endswith((".csv", ".csv.gz"))):
            raise CandleFileError(f"{self.path}: expected a .parquet, .csv or .csv.gz file")
        if self.path.is_dir():
            raise CandleFileError(f"{self.path}: expected a file, got a folder")

    def _opened(self) -> pa.parquet.ParquetFile:
        try:
            return pa.parquet.ParquetFile(self.path)
        except (pa.ArrowInvalid, OSError) as error:
            raise CandleFileError(f"{self.path}: expected a Parquet file: {error}") from error

    def _record_batches(self) -> Iterator[pa.RecordBatch]:
        if self._is_parquet:
            with self._opened() as file:
                yield from file.iter_batches(batch_size=BATCH_ROWS)
            return
        try:
            yield from self._csv_batches()
        except (pa.ArrowInvalid, *_UNREADABLE) as error:
            raise CandleFileError(f"{self.path}: expected CSV with a header line: {error}") from error

    def _csv_batches(self) -> Iterator[pa.RecordBatch]:
        """As Arrow reads it, column by column; line by line where it refuses the file, or makes one row of several."""
        try:
            table = self._table()
        except pa.ArrowInvalid:
            batches = read_lines(self.path, BATCH_ROWS)
            first_rows = next(batches, None)
            if first_rows is None:
                raise
            yield first_rows
        else:
            is_whole = table.num_rows == self.count()
            batches = (
                iter(table.to_batches(max_chunksize=BATCH_ROWS)) if is_whole else read_lines(self.path, BATCH_ROWS)
            )
        yield from batches

    def _table(self) -> pa.Table:
        with pa.csv.open_csv(self.path) as first:
            names = first.schema.names
        texts = {name: pa.string() for name in names if name.casefold().strip() in _TEXTS}  # else 000001 becomes 1
        return pa.csv.read_csv(self.path, convert_options=pa.csv.ConvertOptions(column_types=texts))

    def _columns(self, names: Sequence[str]) -> dict[str, str]:
        folded = {name.casefold().strip(): name for name in names}
        if len(folded) < len(names):
            raise CandleFileError(f"{self.path}: expected each column once, it has {', '.join(names)}")
        found, missing = {}, []
        for column, spellings in _SPELLINGS.items():
            spelling = next((folded[one] for one in spellings if one in folded), None)
            if spelling is not None:
                found[column] = spelling
            elif getattr(self, column, None) is None:
                missing.append(column)
        if missing:
            lacks = ", ".join(f"{column}{did_you_mean(column, names)}" for column in missing)
            single = not {"symbol", "timeframe"}.isdisjoint(missing)
            hint = "; give --symbol and --timeframe for a file of one series" if single else ""
            raise CandleFileError(f"{self.path}: missing column {lacks}; it has {', '.join(names)}{hint}")
        return found

    def _rows(self, batch: pa.RecordBatch, columns: Mapping[str, str]) -> list[CandleRow]:
        rows = batch.num_rows
        texts = [
            _texts(batch, columns[name]) if name in columns else [getattr(self, name)] * rows
            for name in ("symbol", "timeframe")
        ]
        numbers = [self._floats(batch, columns[name]) for name in _NUMBERS]
        return list(zip(*texts, self._times(batch, columns["open_time"]), *numbers, [True] * rows, strict=True))

    def _floats(self, batch: pa.RecordBatch, column: str) -> list[float]:
        values = batch.column(column)
        if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
            return [_number(text) for text in values.to_pylist()]  # one word in a row must not cost the others
        try:
            numbers = pc.fill_null(pc.cast(values, pa.float64()), math.nan)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise CandleFileError(f"{self.path}: column {column}: expected numbers: {error}") from error
        return list(numbers.to_pylist())

    def _times(self, batch: pa.RecordBatch, column: str) -> list[int]:
        values = batch.column(column)
        if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
            return _instants(values)
        try:
            if pa.types.is_date(values.type):
                values = pc.cast(values, pa.timestamp("ms"))
            if pa.types.is_timestamp(values.type):
                return _whole_milliseconds(values)
            if pa.types.is_floating(values.type):
                return [_whole(value) for value in values.to_pylist()]
            return list(pc.fill_null(pc.cast(values, pa.int64()), NO_TIME).to_pylist())
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise CandleFileError(f"{self.path}: column {column}: expected times: {error}") from error


def _place(line: Line, expected: int) -> Place:
    cells = len(line.cells)
    differs = "" if cells == expected else f", {cells} cells where the header has {expected}"
    return Place(f"line {line.number:,}", f"; the line is {in_json(line.text, MOST_SHOWN)}{differs}", line.text)


def _whole_milliseconds(times: pa.Array) -> list[int]:
    """Timestamps of any unit; what is no whole millisecond is no time of a candle."""
    milliseconds = pc.cast(pc.cast(times, pa.timestamp("ms", tz=times.type.tz), safe=False), pa.int64()).to_pylist()
    if times.type.unit in {"s", "ms"}:
        return [NO_TIME if value is None else value for value in milliseconds]
    parts = _PARTS[times.type.unit]
    exact = pc.cast(times, pa.int64()).to_pylist()
    return [
        NO_TIME if value is None or value != whole * parts else whole
        for value, whole in zip(exact, milliseconds, strict=True)
    ]


def _whole(value: float | None) -> int:
    return int(value) if value is not None and value.is_integer() else NO_TIME


def _instants(texts: pa.StringArray) -> list[int]:
    """Milliseconds since the epoch; all at once where every text is a time with its zone, as most files have it."""
    try:
        return list(pc.cast(pc.cast(texts, pa.timestamp("ms", tz="UTC")), pa.int64()).fill_null(NO_TIME).to_pylist())
    except pa.ArrowInvalid:
        return [_instant(text) for text in texts.to_pylist()]


def _instant(text: str | None) -> int:
    try:
        if text is None or _MILLISECONDS.fullmatch(text):
            return NO_TIME if text is None else int(text)
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return NO_TIME
    whole = moment.microsecond % _PARTS["us"] == 0
    return to_milliseconds(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)) if whole else NO_TIME


def _texts(batch: pa.RecordBatch, column: str) -> list[str]:
    return ["" if value is None else str(value) for value in batch.column(column).to_pylist()]


def _number(text: str | None) -> float:
    try:
        return math.nan if text is None else float(text)
    except ValueError:
        return math.nan
