"""Candles from Parquet and CSV files, in file order, in batches of plain rows."""

import csv
import gzip
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from dataflows.errors import CandleFileError
from dataflows.file_bytes import near_file
from dataflows.ragged_csv import read_ragged
from schemas.candle import NO_TIME
from schemas.candle_row import CandleRow
from schemas.names import did_you_mean
from schemas.record import to_milliseconds

BATCH_ROWS = 8_192
MOST_SHOWN = 120
"""Characters of a line."""

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
        return max(0, sum(1 for line in self._lines() if line.strip()) - 1)

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

    def place_of(self, row: int) -> str:
        """Where a person finds a row, counted from 0: its line in a text, which has a header and may have empty lines.

        Raises:
            CandleFileError: the file is no longer there.
        """
        if self._is_parquet:
            return f"row {row + 1:,}"
        filled = (number for number, line in enumerate(self._lines(), start=1) if line.strip())
        return f"line {next(islice(filled, row + 1, None), row + 2):,}"

    def seen_at(self, row: int) -> str:
        """What a person sees there, after a semicolon: the line, cut where it is long; empty where the file is no text.

        Raises:
            CandleFileError: the file is no longer there.
        """
        if self._is_parquet:
            return ""
        filled = (line for line in self._lines() if line.strip())
        header, line = _text(next(filled, b"")), _text(next(islice(filled, row, None), b""))
        seen = line if len(line) <= MOST_SHOWN else f"{line[:MOST_SHOWN]}..."
        cells, expected = (len(next(csv.reader([one]), [])) for one in (line, header))
        return f'; the line is "{seen}"' + (
            "" if cells == expected else f", {cells} cells where the header has {expected}"
        )

    def _lines(self) -> Iterator[bytes]:
        try:
            with gzip.open(self.path) if self.path.suffix.lower() == ".gz" else self.path.open("rb") as lines:
                yield from lines
        except (OSError, EOFError) as error:
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
            table = self._table()
        except (pa.ArrowInvalid, OSError) as error:
            raise CandleFileError(f"{self.path}: expected CSV with a header line: {error}") from error
        yield from table.to_batches(max_chunksize=BATCH_ROWS)

    def _table(self) -> pa.Table:
        ragged: list[pa.csv.InvalidRow] = []

        def refuse(line: pa.csv.InvalidRow) -> str:
            ragged.append(line)
            return "error"

        parsed = pa.csv.ParseOptions(invalid_row_handler=refuse)
        try:
            with pa.csv.open_csv(self.path, parse_options=parsed) as first:
                names = first.schema.names
            texts = {name: pa.string() for name in names if name.casefold().strip() in _TEXTS}  # else 000001 becomes 1
            converted = pa.csv.ConvertOptions(column_types=texts)
            return pa.csv.read_csv(self.path, parse_options=parsed, convert_options=converted)
        except pa.ArrowInvalid:
            if not ragged:
                raise
            return read_ragged(self.path)

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
                values = pc.cast(values, pa.timestamp("ms", tz="UTC" if values.type.tz else None))
            return list(pc.fill_null(pc.cast(values, pa.int64()), NO_TIME).to_pylist())
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise CandleFileError(f"{self.path}: column {column}: expected times: {error}") from error


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
    return to_milliseconds(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))


def _text(line: bytes) -> str:
    return line.decode(errors="replace").strip()


def _texts(batch: pa.RecordBatch, column: str) -> list[str]:
    return ["" if value is None else str(value) for value in batch.column(column).to_pylist()]


def _number(text: str | None) -> float:
    try:
        return math.nan if text is None else float(text)
    except ValueError:
        return math.nan
