"""Verbs about watchlist files: validate, schema; and how one is read."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from ui.cli.printing import JsonFlag, counted, out, print_json
from ui.cli.validating import Checking

if TYPE_CHECKING:
    from schemas.watchlist import AssetConfig


def read_watchlist(path: Path) -> "tuple[AssetConfig, ...]":
    """The assets in a file, checked down to their time zones.

    Raises:
        FileUnreadable: there is no such file.
        WatchlistFileError: it is no watchlist; all problems are listed.
    """
    from dataflows.file_bytes import read_at_most
    from operators.control.watchlist import unknown_zone
    from schemas.problems import Problem, WatchlistFileError
    from schemas.watchlist_file import MAX_WATCHLIST_BYTES, load_watchlist

    content = read_at_most(path, MAX_WATCHLIST_BYTES)
    assets = load_watchlist(content, origin=str(path))
    zones = [(asset, unknown_zone(asset)) for asset in assets]
    problems = [Problem(f"{asset.symbol}: session.zone", text) for asset, text in zones if text is not None]
    if problems:
        raise WatchlistFileError(str(path), problems)
    return assets


def validate(
    files: Annotated[list[Path], typer.Argument(help="Watchlist files (JSON).")], as_json: JsonFlag = False
) -> None:
    """Check watchlist files. Needs no broker.

    Example: candelabra watchlist validate watchlist.json
    """
    symbols: dict[str, int] = {}
    checking = Checking(files, read_watchlist, as_json=as_json)
    for path, assets in checking:
        symbols[str(path)] = len(assets)
        if not as_json:
            enabled = sum(len(asset.enabled_timeframes) for asset in assets if asset.enabled)
            said = f"{counted(len(assets), 'symbol')}, {counted(enabled, 'enabled timeframe')}"
            out.print(f"[green]ok[/] {escape(str(path))}: {said}", highlight=False, soft_wrap=True)
    checking.end(symbols=symbols)


def schema(as_json: JsonFlag = False) -> None:
    """Print the JSON Schema (2020-12) of watchlist files, by which an editor completes and checks them.

    Example: candelabra watchlist schema > watchlist.schema.json
    """
    from schemas.json_schema_text import schema_text
    from schemas.watchlist_schema import watchlist_schema

    document = watchlist_schema()
    if as_json:
        print_json(document)
    else:
        sys.stdout.write(schema_text(document))
