"""Verbs that change the watchlist: apply, enable, disable, remove."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from ui.cli.printing import JsonFlag, err, out, print_json, progress_bar
from ui.cli.strategy_report import Author, From, Reason, minute, signed, utc
from ui.cli.watchlist_files import read_watchlist
from ui.cli.watchlist_view import timeframes_text, watchlist_client

if TYPE_CHECKING:
    from dataflows.watchlist_client import Change, Done, WatchlistClient
    from schemas.watchlist import WatchlistEntry

SymbolName = Annotated[str, typer.Argument(help="The symbol as the feed has it.")]

_SHOWN = 50
"""Changes that get a line each; --json has all of them."""
_STYLES: "dict[Done, str]" = {"added": "green", "changed": "yellow", "taken off": "red", "unchanged": "dim"}


def apply(
    file: Annotated[Path, typer.Argument(help="A watchlist file (JSON).")],
    prune: Annotated[bool, typer.Option("--prune", help="Take off every symbol that the file does not name.")] = False,
    effective_from: From = None,
    author: Author = None,
    reason: Reason = "",
    as_json: JsonFlag = False,
) -> None:
    """Put what a file says on the watchlist; what is said already is not sent again, other symbols stay.

    Running strategies take up new timeframes and leave others at the instant it holds from.

    Example: candelabra watchlist apply watchlist.json -m "majors in"
    Example: candelabra watchlist apply watchlist.json --prune --effective-from 2025-06-01
    """
    assets = read_watchlist(file)
    client = watchlist_client()
    existed = bool(client.entries)
    total = len(assets) + (len(client.entries.keys() - {one.symbol for one in assets}) if prune else 0)
    with progress_bar("sending", total) as (bar, task):
        changes = client.apply(
            assets,
            prune=prune,
            effective_from=utc(effective_from),
            signature=signed(author, reason),
            progress=lambda written: bar.advance(task, written),
        )
    _report(changes, as_json=as_json)
    if not as_json and not existed:
        _say_it_begins(client)


def enable(
    symbol: SymbolName,
    effective_from: From = None,
    author: Author = None,
    reason: Reason = "",
    as_json: JsonFlag = False,
) -> None:
    """Let strategies run on a symbol again.

    Example: candelabra watchlist enable BTCUSDT
    """
    client = watchlist_client()
    change = client.enable(symbol, enabled=True, effective_from=utc(effective_from), signature=signed(author, reason))
    _report([change], as_json=as_json)


def disable(
    symbol: SymbolName,
    effective_from: From = None,
    author: Author = None,
    reason: Reason = "",
    as_json: JsonFlag = False,
) -> None:
    """Let no strategy run on a symbol, not even one that names it; its candles are kept, so that it stays warm.

    Example: candelabra watchlist disable BTCUSDT -m "halted"
    """
    client = watchlist_client()
    change = client.enable(symbol, enabled=False, effective_from=utc(effective_from), signature=signed(author, reason))
    _report([change], as_json=as_json)


def remove(
    symbol: SymbolName,
    effective_from: From = None,
    author: Author = None,
    reason: Reason = "",
    as_json: JsonFlag = False,
) -> None:
    """Take a symbol off the watchlist: only strategies that name it go on there.

    Example: candelabra watchlist remove BTCUSDT
    """
    client = watchlist_client()
    change = client.remove(symbol, effective_from=utc(effective_from), signature=signed(author, reason))
    _report([change], as_json=as_json)
    if not client.entries and not as_json:
        _say(
            f"nothing is on the watchlist any more: {_since(change.entry)}, `*` means the whole feed; strategies bound "
            "by wildcard start on every symbol of it"
        )


def _say_it_begins(client: "WatchlistClient") -> None:
    """What a first watchlist does to strategies that run already."""
    entries = list(client.entries.values())
    enabled = sum(one.asset is not None and one.asset.enabled for one in entries)
    if entries:
        these = "this 1 symbol" if enabled == 1 else f"these {enabled:,} symbols"
        _say(
            f"the watchlist begins: {_since(entries[0])}, `*` means {these}; strategies bound by wildcard stop on all "
            "others, and their open positions there are closed (lifecycle.stop)"
        )


def _since(entry: "WatchlistEntry") -> str:
    return f"from {minute(entry.effective_from)} UTC on" if entry.effective_from else "from the next candle on"


def _say(note: str) -> None:
    err.print(note, style="yellow", highlight=False, markup=False, soft_wrap=True)


def _report(changes: "Sequence[Change]", *, as_json: bool) -> None:
    """Say what became of each symbol; many that are unchanged only by their number."""
    count = Counter(one.done for one in changes)
    if as_json:
        print_json(
            {
                "changes": [
                    {"symbol": one.symbol, "done": one.done, "entry": one.entry.model_dump(mode="json")}
                    for one in changes
                ],
                **{done.replace(" ", "_"): count[done] for done in _STYLES},
            }
        )
        return
    news = [one for one in changes if one.done != "unchanged"]
    if news:
        table = Table("symbol", "", "timeframes", "from (UTC)")
        for one in news[:_SHOWN]:
            begins = one.entry.effective_from
            asset = one.entry.asset
            table.add_row(
                escape(one.symbol),
                f"[{_STYLES[one.done]}]{one.done}[/]",
                timeframes_text(asset) if asset else "-",
                minute(begins) if begins else "the next candle",
            )
        out.print(table)
    if len(news) > _SHOWN:
        out.print(f"and {len(news) - _SHOWN:,} more", style="dim")
    said = ", ".join(f"{count[done]:,} {done}" for done in _STYLES if count[done])
    out.print(said if news else f"{said or 'nothing named'}: nothing was sent")
