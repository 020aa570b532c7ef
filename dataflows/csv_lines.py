"""The lines of a CSV file, each by itself: what is wrong with one costs no other."""

import csv
import gzip
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TextIO

import pyarrow as pa

from dataflows.errors import CandleFileError


class Line(NamedTuple):
    """A line that is not empty; its number counts from 1."""

    number: int
    text: str

    @property
    def cells(self) -> list[str]:
        """What stands between the commas; nothing where that cannot be told, as where a quote does not end."""
        try:
            return next(csv.reader([self.text], strict=True), [])
        except csv.Error:
            return []


def filled_lines(path: Path) -> Iterator[Line]:
    """The header and the rows. Bytes that are no UTF-8 are replaced.

    Raises:
        OSError, EOFError, zlib.error: it cannot be read to its end.
    """
    with _opened(path) as lines:
        for number, text in enumerate(lines, start=1):
            if text.strip():
                yield Line(number, text.rstrip("\n"))


def read_lines(path: Path, at_once: int) -> Iterator[pa.RecordBatch]:
    """All columns as text, an empty cell null; a line of another number of cells than the header is a row of nulls.

    For files that Arrow's own reader refuses: slower, and a cell of several lines is none here.

    Raises:
        CandleFileError: none of the first lines has as many cells as the header.
        OSError, EOFError, zlib.error: it cannot be read to its end.
    """
    lines = filled_lines(path)
    header = next(lines, None)
    if header is None:
        return
    names, is_first = header.cells, True
    while some := list(islice(lines, at_once)):
        rows = [line.cells for line in some]
        if is_first and all(len(cells) != len(names) for cells in rows):
            expected = f"expected {len(names)} cells in a line, as the header has"
            raise CandleFileError(f"{path}: {expected}, got {len(rows[0])} in line {some[0].number:,}")
        is_first = False
        nothing = [""] * len(names)
        whole = [cells if len(cells) == len(names) else nothing for cells in rows]
        columns = [pa.array([cell or None for cell in column], pa.string()) for column in zip(*whole, strict=True)]
        yield pa.RecordBatch.from_arrays(columns, names=names)


def _opened(path: Path) -> TextIO:
    if path.suffix.lower() == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", errors="replace")
    return path.open(encoding="utf-8-sig", errors="replace")
