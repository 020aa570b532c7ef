"""Lines in columns: titles, cells, and a side in its colour."""

from collections.abc import Sequence

from rich.markup import escape

Columns = Sequence[tuple[str, int]]
"""Titles and widths; a negative width is for what stands to the right."""

_SIDES = {"long": "green", "short": "red"}


def header(columns: Columns) -> str:
    """The titles, as a line."""
    return f"[bold]{line(columns, [title for title, _ in columns])}[/]"


def line(columns: Columns, cells: Sequence[str]) -> str:
    """The cells, as a line; one that is too long for its column moves those after it.

    >>> line((("side", 5), ("price", -6)), ["long", "1.5"])
    'long      1.5'
    """
    parts = [
        cell.ljust(width) if width > 0 else cell.rjust(-width)
        for (_, width), cell in zip(columns, map(escape, cells), strict=True)
    ]
    return "  ".join(parts).rstrip()


def coloured(text: str, side: str) -> str:
    """The line with its side in that side's colour; flat has none."""
    colour = _SIDES.get(side)
    return text if colour is None else text.replace(f"  {side} ", f"  [{colour}]{side}[/] ", 1)
