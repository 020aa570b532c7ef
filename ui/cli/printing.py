"""How verbs speak: tables and progress for people on a terminal, one JSON object for machines."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, TextIO

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

_PIPED_WIDTH = 120
"""Columns where there is no terminal to ask; Rich's own 80 cuts names that people search for."""


def _width(stream: TextIO) -> int | None:
    """None where Rich finds out by itself."""
    return None if stream.isatty() or "COLUMNS" in os.environ else _PIPED_WIDTH


out = Console(width=_width(sys.stdout))
err = Console(stderr=True, width=_width(sys.stderr))

JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line, for machines.")]


def print_json(document: dict[str, Any]) -> None:
    """One line of JSON on standard output: what machines read."""
    sys.stdout.write(json.dumps(document, sort_keys=True, default=str) + "\n")
    sys.stdout.flush()


@contextmanager
def progress_bar(what: str, total: int | None) -> Iterator[tuple[Progress, TaskID]]:
    """A bar on standard error, which is shown on a terminal and silent elsewhere."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        yield progress, progress.add_task(what, total=total, rate="")


def counted(count: int, noun: str, nouns: str = "") -> str:
    """So many of something; ``nouns`` where the plural is not the noun and an s.

    >>> counted(1, "rule"), counted(12_154, "candle"), counted(0, "entry", "entries")
    ('1 rule', '12,154 candles', '0 entries')
    """
    return f"{count:,} {noun if count == 1 else nouns or f'{noun}s'}"


def per_second(count: float, seconds: float) -> str:
    """A rate as people write it.

    >>> per_second(1_000_000, 4)
    '250,000/s'
    """
    return f"{count / max(seconds, 1e-9):,.0f}/s"
