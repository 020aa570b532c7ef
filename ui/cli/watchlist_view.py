"""Verbs that show the watchlist: list and show."""

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from ui.cli.printing import JsonFlag, counted, out, print_json
from ui.cli.reach import reachable
from ui.cli.strategy_report import LIGHTS, control_client, minute

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dataflows.watchlist_client import WatchlistClient
    from schemas.lifecycle import StrategyStatus
    from schemas.watchlist import AssetConfig, TimeframeConfig, WatchlistEntry

_MOST_COLUMNS = 12
"""Timeframes that get a column each; more of them share one."""


def watchlist_client() -> "WatchlistClient":
    """A client, once the broker has answered."""
    settings = reachable()
    from dataflows.watchlist_client import WatchlistClient

    return WatchlistClient(settings)


def timeframes_text(asset: "AssetConfig") -> str:
    """The timeframes of an asset on a line, shortest first, with their styles; what is disabled is dim."""
    if not asset.timeframes:
        return f"{asset.base_timeframe or 'the base'}"
    if not asset.enabled:
        return "disabled"
    return "  ".join(_dim(f"{one.name} {one.trading_style}", dim=not one.enabled) for one in _sorted(asset))


def list_watchlist(as_json: JsonFlag = False) -> None:
    """Show every symbol with its timeframes: their styles, and what is disabled in brackets.

    Example: candelabra watchlist list
    """
    client = watchlist_client()
    entries, leaving = client.entries, client.leaving
    assets = [one.asset for one in _by_priority(entries) if one.asset is not None]
    if as_json:
        rows = [_row(entries[asset.symbol], asset) for asset in assets]
        print_json({"symbols": rows, "leaving": {symbol: time.isoformat() for symbol, time in leaving.items()}})
        return
    if assets:
        out.print(_table(assets, entries))
    for symbol, time in leaving.items():
        out.print(f"{symbol} stays until {minute(time)} UTC, then it is off", highlight=False)
    if not assets:
        out.print("nothing is on the watchlist, so wildcards mean the whole feed: `candelabra watchlist apply FILE`")
        return
    newest = max((one.effective_from for one in entries.values() if one.effective_from), default=None)
    disabled = sum(not asset.enabled for asset in assets)
    said = counted(len(assets), "symbol")
    said += f", {disabled:,} disabled" if disabled else ""
    out.print(f"{said}; newest change holds from {minute(newest)} UTC" if newest else said, style="dim")


def show(
    symbol: Annotated[
        str | None, typer.Argument(help="A symbol. Without one the whole watchlist, as a file that `apply` takes.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Show all that is said of a symbol, who said so, and what runs on it; or the whole watchlist as a file.

    Example: candelabra watchlist show BTCUSDT
    Example: candelabra watchlist show > watchlist.json
    """
    client = watchlist_client()
    if symbol is None:
        _show_whole(client.entries, as_json=as_json)
        return
    entry = client.entry(symbol)
    statuses = [one for one in control_client().statuses().values() if one.symbol == symbol]
    if as_json:
        print_json(
            {
                "entry": entry.model_dump(mode="json"),
                "status": [one.model_dump(mode="json") for one in statuses],
            }
        )
        return
    asset = entry.asset
    if asset is None:
        raise AssertionError("the client gives what is on the watchlist")
    begins = f"from {minute(entry.effective_from)} UTC" if entry.effective_from else "from the candle after it was sent"
    out.print(f"[bold]{escape(symbol)}[/] {'on' if asset.enabled else '[red]disabled[/]'}, {begins}")
    sent = minute(entry.issued_at) if entry.issued_at else "?"
    told = ", ".join(part for part in (entry.author, entry.reason) if part)
    out.print(f"said {sent} UTC" + (f" by {escape(told)}" if told else ""), style="dim", highlight=False)
    out.print_json(asset.model_dump_json(exclude_none=True))
    if statuses:
        out.print(_running(statuses))
    else:
        out.print("no strategy has acted on it yet", style="dim")


def _running(statuses: "Iterable[StrategyStatus]") -> Table:
    table = Table("strategy", "timeframe", "state", "version", "from the bar of (UTC)", "reason")
    for one in sorted(statuses, key=lambda one: one.key):
        since = minute(one.effective_bar) if one.effective_bar else "-"
        light = f"{LIGHTS[one.state.value]} {one.state.value}"
        table.add_row(one.strategy, one.timeframe, light, str(one.version or "-"), since, escape(one.reason or ""))
    return table


def _show_whole(entries: "Mapping[str, WatchlistEntry]", *, as_json: bool) -> None:
    assets = [one.asset for one in entries.values() if one.asset is not None]
    document = {"assets": [asset.model_dump(mode="json", exclude_none=True) for asset in assets]}
    if as_json:
        print_json(document)
    else:
        sys.stdout.write(json.dumps(document, indent=2) + "\n")


def _by_priority(entries: "Mapping[str, WatchlistEntry]") -> "list[WatchlistEntry]":
    return sorted(entries.values(), key=lambda one: (one.asset.priority if one.asset else 0, one.symbol))


def _row(entry: "WatchlistEntry", asset: "AssetConfig") -> dict[str, object]:
    return {
        "symbol": asset.symbol,
        "enabled": asset.enabled,
        "base_timeframe": asset.base_timeframe,
        "data_provider": asset.data_provider,
        "priority": asset.priority,
        "timeframes": [
            {"name": one.name, "trading_style": one.trading_style, "enabled": one.enabled} for one in _sorted(asset)
        ],
        "effective_from": entry.effective_from.isoformat() if entry.effective_from else None,
    }


def _table(assets: "list[AssetConfig]", entries: "Mapping[str, WatchlistEntry]") -> Table:
    """One symbol to a line, one timeframe to a column while they are few."""
    from schemas.timeframe import timeframe_ms

    named = {one.name for asset in assets for one in asset.timeframes}
    names = sorted(named, key=lambda name: (timeframe_ms(name), name))
    columns = names if len(names) <= _MOST_COLUMNS else []
    table = Table("symbol", "on", "base", "provider", "priority", *(columns or ["timeframes"]), "from (UTC)")
    for asset in assets:
        begins = entries[asset.symbol].effective_from
        cells = [_cell(asset, name) for name in columns] or [timeframes_text(asset)]
        table.add_row(
            escape(asset.symbol),
            "[green]●[/]" if asset.enabled else "[red]○[/] off",
            asset.base_timeframe or "-",
            escape(asset.data_provider) or "-",
            str(asset.priority),
            *cells,
            minute(begins) if begins else "-",
        )
    return table


def _cell(asset: "AssetConfig", name: str) -> str:
    own = asset.timeframe(name)
    if own is None:
        return "[dim]-[/]"
    return own.trading_style if own.enabled else f"[dim]({own.trading_style})[/]"


def _sorted(asset: "AssetConfig") -> "list[TimeframeConfig]":
    """Its timeframes, shortest first."""
    from schemas.timeframe import timeframe_ms

    return sorted(asset.timeframes, key=lambda one: (timeframe_ms(one.name), one.name))


def _dim(text: str, *, dim: bool) -> str:
    return f"[dim]({text})[/]" if dim else text
