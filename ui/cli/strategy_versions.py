"""Verbs that show what is deployed: list, show, versions, diff."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer
from rich.table import Table

from dataflows.errors import CandelabraError
from ui.cli.files import Named, is_file, named, read_strategy
from ui.cli.printing import JsonFlag, err, out, print_json
from ui.cli.strategy_report import LIGHTS, Name, control_client, minute, status_table
from ui.cli.watchlist_view import watchlist_client

if TYPE_CHECKING:
    from dataflows.control_client import ControlClient
    from operators.control.history import Tenure
    from schemas.lifecycle import DesiredState, StrategyStatus
    from schemas.strategy import StrategyConfig
    from schemas.trading_style import TradingStyle

Reference = Annotated[
    str, typer.Argument(help="A file, an id for its current version, or one of its versions: id@VERSION.")
]


def list_strategies(as_json: JsonFlag = False) -> None:
    """Show every strategy: what is wanted of it, and what its series say.

    Example: candelabra strategy list
    """
    client = control_client()
    statuses = client.statuses()
    rows = [_summary(client, name, statuses.values()) for name in client.strategies]
    if as_json:
        print_json({"strategies": [row._asdict() for row in rows]})
        return
    if not rows:
        out.print("no strategy yet: `candelabra strategy deploy FILE` sends one")
        return
    table = Table("strategy", "version", "wanted", "timeframes", "series", "actual")
    for row in rows:
        actual = "  ".join(f"{LIGHTS[state]} {count} {state}" for state, count in sorted(row.actual.items()))
        since = f" from {minute(row.effective_from)}" if row.effective_from else ""
        series = str(sum(row.actual.values()))
        bound = _bound(row.timeframes, row.series)
        table.add_row(row.strategy, str(row.version), f"{row.wanted}{since}", bound, series, actual or "-")
    out.print(table)


def show(
    name: Annotated[str, typer.Argument(help="The strategy's id, or with --normalized also a file or id@VERSION.")],
    normalized: Annotated[
        bool, typer.Option("--normalized", help="Print the configuration alone, in the one normal form, as a file.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Show a strategy: its current configuration in the normal form, and each series that it runs on.

    Example: candelabra strategy show macd_momentum
    Example: candelabra strategy show macd.json --normalized > normal.json
    """
    if normalized:
        config = named(name, control_client).config
        if as_json:
            print_json({"config": config.model_dump(mode="json")})
        else:
            typer.echo(config.model_dump_json(indent=2))
        return
    if is_file(name):
        raise CandelabraError(f"{name} is a file: `candelabra strategy show {name} --normalized` shows what it says")
    client = control_client()
    versions = client.versions(name)
    wanted = client.wanted(name)
    version = client.version(name)
    statuses = [one for one in client.statuses().values() if one.strategy == name]
    if as_json:
        print_json(
            {
                "strategy": name,
                "version": version.version,
                "versions": sorted(versions),
                "wanted": wanted.desired.model_dump(mode="json") if wanted else None,
                "config": version.config.model_dump(mode="json"),
                "status": [one.model_dump(mode="json") for one in statuses],
            }
        )
        return
    out.print(f"[bold]{name}[/] version {version.version} of {max(versions)}")
    out.print_json(version.config.model_dump_json(exclude_none=True))
    out.print(status_table(statuses, _styles(version.config, statuses)))


def versions(name: Name, as_json: JsonFlag = False) -> None:
    """Show every version of a strategy: who made it, when, why and from which, and when it was current.

    Example: candelabra strategy versions macd_momentum
    """
    from operators.control.history import is_whole, tenures

    client = control_client()
    known = client.versions(name)
    current = client.version(name).version
    commands = client.commands(name)
    held = tenures(commands)
    if as_json:
        rows = [
            {
                **one.model_dump(mode="json", exclude={"strategy", "config"}),
                "fingerprint": one.config.fingerprint(),
                "current": number == current,
                "held": [_held(tenure) for tenure in held if tenure.version == number],
            }
            for number, one in sorted(known.items())
        ]
        print_json({"strategy": name, "current": current, "whole": is_whole(commands), "versions": rows})
        return
    table = Table("version", "made (UTC)", "by", "from", "why", "was current (UTC)")
    for number, one in sorted(known.items()):
        mark = "[green]●[/] " if number == current else "  "
        made = minute(one.created_at) if one.created_at else "-"
        spans = "\n".join(_span(tenure) for tenure in held if tenure.version == number)
        base = str(one.based_on or "-")
        table.add_row(f"{mark}{number}", made, _plain(one.author), base, _plain(one.reason), spans or "-")
    out.print(table)
    if not is_whole(commands):
        err.print(
            "earlier commands are not known (the control topic keeps the newest of each strategy for good): a version "
            "may have been current before",
            style="dim",
        )


def diff(
    one: Reference,
    other: Annotated[
        str | None,
        typer.Argument(
            help="What to compare it with, in the same ways. Default: for a file what is deployed under its "
            "id; for an id the version before its current one."
        ),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Show in words what changed from one strategy to another.

    Example: candelabra strategy diff macd_momentum@1 macd_momentum@2
    Example: candelabra strategy diff macd_momentum macd.json
    """
    from operators.strategy.changes import changes

    before, after = _pair(one, other)
    found = changes(before.config, after.config)
    if as_json:
        print_json(
            {
                "before": before.label,
                "after": after.label,
                "changes": [
                    {"where": each.where, "words": each.words, "before": each.before, "after": each.after}
                    for each in found
                ],
            }
        )
        return
    if not found:
        out.print(f"{before.label} and {after.label}: unchanged", highlight=False, markup=False, soft_wrap=True)
        return
    out.print(f"{before.label} -> {after.label}", style="bold", highlight=False, markup=False, soft_wrap=True)
    for each in found:
        out.print(f"  {each}", highlight=False, markup=False, soft_wrap=True)


def _pair(one: str, other: str | None) -> tuple[Named, Named]:
    """What to compare, older first; one client for both, for it reads the whole control topic."""
    client = cache(control_client)
    if other is not None:
        return named(one, client), named(other, client)
    if is_file(one):
        config = read_strategy(Path(one))
        return named(config.id, client), Named(one, config)
    newer = named(one, client)
    return _before(client(), newer.config, newer.label), newer


def _before(client: "ControlClient", config: "StrategyConfig", label: str) -> Named:
    """The version before one: what it was made from, or what was current before it."""
    from operators.control.history import previous_version

    number = int(label.rpartition("@")[2])
    versions = client.versions(config.id)
    current = client.version(config.id).version
    previous = previous_version(versions, client.commands(config.id)) if number == current else None
    previous = previous or versions[number].based_on
    if previous is None:
        raise CandelabraError(
            f"{label}: nothing is known to have come before it; name what to compare with, such as "
            f"`candelabra strategy diff {label} FILE`"
        )
    return Named(f"{config.id}@{previous}", versions[previous].config)


def _held(tenure: "Tenure") -> dict[str, object]:
    began = tenure.began.model_dump(mode="json")
    ended = tenure.ended.model_dump(mode="json") if tenure.ended else {}
    return {
        "from": began["effective_from"],
        "issued_at": began["issued_at"],
        "author": began["author"],
        "reason": began["reason"],
        "until": ended.get("effective_from"),
        "ended_at": ended.get("issued_at"),
    }


def _span(tenure: "Tenure") -> str:
    began = _when(tenure.began)
    why = ", ".join(_plain(part) for part in (tenure.began.author, tenure.began.reason) if part)
    until = f"until {_when(tenure.ended)}" if tenure.ended else "on"
    return f"{began} {until}" + (f" ({why})" if why else "")


def _when(command: "DesiredState") -> str:
    """From when a command holds, else when it was sent."""
    time = command.effective_from or command.issued_at
    return minute(time) if time else "?"


def _plain(text: str) -> str:
    """A text of somebody's own, with nothing in it that Rich would take for a style."""
    from rich.markup import escape

    return escape(text) or "-"


class _Row(NamedTuple):
    """A strategy at a glance: its newest command, and from when it holds.

    ``timeframes`` are those that it names, wildcards and styles among them; ``series`` counts the series that have
    acted by their timeframe, ``actual`` by their state.
    """

    strategy: str
    version: int
    wanted: str
    effective_from: datetime | None
    timeframes: tuple[str, ...]
    series: dict[str, int]
    actual: dict[str, int]


def _summary(client: "ControlClient", name: str, statuses: "Iterable[StrategyStatus]") -> _Row:
    from schemas.timeframe import timeframe_ms

    own = [one for one in statuses if one.strategy == name and one.symbol is not None]
    actual = Counter(one.state.value for one in own)
    counts = Counter(one.timeframe for one in own if one.timeframe is not None)
    series = {timeframe: counts[timeframe] for timeframe in sorted(counts, key=timeframe_ms)}
    wanted = client.wanted(name)
    if wanted is None:
        newest = client.version(name)
        return _Row(name, newest.version, "-", None, newest.config.timeframes, series, dict(actual))
    desired, timeframes = wanted.desired, wanted.version.config.timeframes
    return _Row(name, desired.version, desired.state, desired.effective_from, timeframes, series, dict(actual))


def _bound(timeframes: Sequence[str], series: Iterable[str]) -> str:
    """The timeframes of a strategy, and of a wildcard or a style what it has come to mean.

    >>> _bound(["5m", "1h"], ["5m"]), _bound(["swing"], ["1h", "4h"]), _bound(["*"], [])
    ('5m, 1h', 'swing (1h, 4h)', '*')
    """
    found = ", ".join(series)
    patterns = any(not one[0].isdigit() for one in timeframes)
    return ", ".join(timeframes) + (f" ({found})" if found and patterns else "")


def _styles(config: "StrategyConfig", statuses: "Iterable[StrategyStatus]") -> "dict[str, TradingStyle]":
    """The style of each series by the key of its status, where the strategy binds by style; else nothing."""
    from schemas.binding import style_of
    from schemas.trading_style import TRADING_STYLES

    if set(TRADING_STYLES).isdisjoint(config.timeframes):
        return {}
    entries = watchlist_client().entries
    return {
        one.key: style_of(one.timeframe, entries[one.symbol].asset if one.symbol in entries else None)
        for one in statuses
        if one.symbol is not None and one.timeframe is not None
    }
