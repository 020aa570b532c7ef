"""Verbs about watchlist files: validate, schema; and how one is read."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dataflows.errors import CandelabraError
from ui.cli.printing import JsonFlag, counted, err, out, print_json

if TYPE_CHECKING:
    from schemas.watchlist import AssetConfig


def read_watchlist(path: Path) -> "tuple[AssetConfig, ...]":
    """The assets in a file, checked down to their time zones.

    Raises:
        CandelabraError: there is no such file.
        WatchlistFileError: it is no watchlist; all problems are listed.
    """
    from operators.control.watchlist import unknown_zone
    from schemas.problems import Problem, WatchlistFileError
    from schemas.watchlist_file import MAX_WATCHLIST_BYTES, load_watchlist

    try:
        with path.open("rb") as file:
            content = file.read(MAX_WATCHLIST_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a null character in a name
        reason = getattr(error, "strerror", None) or error
        raise CandelabraError(f"{path}: cannot be read: {reason}") from None
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
    from schemas.problems import WatchlistFileError

    results: dict[str, list[str]] = {}
    symbols: dict[str, int] = {}
    for path in files:
        try:
            assets = read_watchlist(path)
        except WatchlistFileError as error:
            results[str(path)] = [str(problem) for problem in error.problems]
            if not as_json:
                err.print(str(error), style="red", highlight=False, markup=False, soft_wrap=True)
            continue
        results[str(path)] = []
        symbols[str(path)] = len(assets)
        if not as_json:
            enabled = sum(len(asset.enabled_timeframes) for asset in assets if asset.enabled)
            said = f"{counted(len(assets), 'symbol')}, {counted(enabled, 'enabled timeframe')}"
            out.print(f"[green]ok[/] {path}: {said}", highlight=False, soft_wrap=True)
    if as_json:
        print_json({"valid": not any(results.values()), "problems": results, "symbols": symbols})
    if any(results.values()):
        raise typer.Exit(1)


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
