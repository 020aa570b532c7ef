"""CSV of which some lines have another number of cells than the header."""

import csv
import gzip
from pathlib import Path
from typing import TextIO

import pyarrow as pa


def read_ragged(path: Path) -> pa.Table:
    """All columns as text, an empty cell null; a line with too few or too many cells is a row of nulls at its place.

    Slower than Arrow's own reader, and takes more memory: for files that it refuses. Lines that are empty are no rows.
    """
    with _opened(path) as text:
        lines = csv.reader(text)
        names = next(lines)
        columns: list[list[str | None]] = [[] for _ in names]
        for cells in lines:
            if any(cell.strip() for cell in cells) or len(cells) == len(names):
                whole = cells if len(cells) == len(names) else [""] * len(names)
                for column, cell in zip(columns, whole, strict=True):
                    column.append(cell or None)
    return pa.table({name: pa.array(column, pa.string()) for name, column in zip(names, columns, strict=True)})


def _opened(path: Path) -> TextIO:
    if path.suffix.lower() == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", errors="replace", newline="")
    return path.open(encoding="utf-8", errors="replace", newline="")
