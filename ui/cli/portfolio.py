"""`candelabra portfolio`: strategies that share equity, limits and a kill switch."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from ui.cli.files import read_portfolio
from ui.cli.portfolio_explain import explain
from ui.cli.printing import JsonFlag, err, out, print_json
from ui.cli.reach import reachable
from ui.cli.strategy_report import LIGHTS, Author, From, Reason, minute, signed, utc
from ui.cli.validating import Checking

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from dataflows.portfolio_client import Change, PortfolioClient
    from operators.risk.roster import Roster

app = typer.Typer(help="Portfolios: strategies that share equity, limits and a kill switch.", no_args_is_help=True)

PortfolioName = Annotated[str, typer.Argument(help="The portfolio's id.")]


@app.command()
def validate(
    files: Annotated[list[Path], typer.Argument(help="Portfolio files (JSON).", metavar="FILE...")],
    as_json: JsonFlag = False,
) -> None:
    """Check portfolio files; every mistake is told with its place.

    Example: candelabra portfolio validate main.json
    """
    from operators.risk.group_symbols import named_in_vain

    warnings: dict[str, list[str]] = {}
    checking = Checking(files, read_portfolio, as_json=as_json)
    for path, config in checking:
        found = warnings[str(path)] = checking.same_id(path, config.id, "portfolio")
        if not config.symbols:
            found.append("to deploy it, name its symbols")
        found += named_in_vain(config)
        if not as_json:
            out.print(f"[green]ok[/] {escape(str(path))}: {config.id}", highlight=False, soft_wrap=True)
            _warn(str(path), found)
    checking.end(warnings=warnings)


@app.command()
def apply(
    file: Annotated[Path, typer.Argument(help="A portfolio file (JSON).")],
    effective_from: From = None,
    author: Author = None,
    reason: Reason = "",
    as_json: JsonFlag = False,
) -> None:
    """Let a portfolio be as a file says; what is said already is not sent again.

    Example: candelabra portfolio apply main.json -m "tighter"
    """
    config = read_portfolio(file)
    client = _client()
    change = client.apply(config, effective_from=utc(effective_from), signature=signed(author, reason))
    doubts = client.roster(config).doubts
    if as_json:
        print_json({**_done(change), "warnings": doubts})
        return
    _report(change)
    _warn(config.id, doubts)


@app.command("list")
def list_portfolios(as_json: JsonFlag = False) -> None:
    """List the portfolios, with how many of the strategies that each follows are deployed.

    Example: candelabra portfolio list
    """
    client = _client()
    entries = client.entries
    rosters = {name: client.roster(one.config) for name, one in entries.items() if one.config is not None}
    if as_json:
        rows = [{**one.model_dump(mode="json"), **_rostered(rosters[name])} for name, one in entries.items()]
        print_json({"portfolios": rows})
        return
    if not entries:
        out.print("there is no portfolio: `candelabra portfolio apply FILE` adds one")
        return
    table = Table("portfolio", "strategies", "symbols", "conflict", "kill switch", "from (UTC)")
    for name, entry in entries.items():
        config = entry.config
        if config is not None:
            table.add_row(
                escape(name),
                _count(rosters[name], whole=not config.strategies),
                f"{len(config.symbols):,}",
                config.conflict,
                "-" if config.kill_switch is None else config.kill_switch.action,
                minute(entry.effective_from) if entry.effective_from else "-",
            )
    out.print(table)
    for name, one in rosters.items():
        _warn(name, one.doubts)


@app.command()
def show(portfolio: PortfolioName, as_json: JsonFlag = False) -> None:
    """Show a portfolio, as a file that `apply` takes; beside it, on standard error, who is there to follow.

    With --json also who said so.

    Example: candelabra portfolio show main > main.json
    """
    client = _client()
    entry = client.entry(portfolio)
    if entry.config is None:
        return
    roster = client.roster(entry.config)
    if as_json:
        print_json({"entry": entry.model_dump(mode="json"), **_rostered(roster)})
        return
    document = entry.config.model_dump(mode="json", exclude_none=True)
    sys.stdout.write(json.dumps(document, indent=2) + "\n")
    sys.stdout.flush()
    if roster.members:
        err.print(_members(roster))
    _warn(portfolio, roster.doubts)


@app.command()
def remove(portfolio: PortfolioName, author: Author = None, reason: Reason = "", as_json: JsonFlag = False) -> None:
    """Take a portfolio away; its strategies go on, and nothing follows them.

    Example: candelabra portfolio remove main
    """
    change = _client().remove(portfolio, signature=signed(author, reason))
    if as_json:
        print_json(_done(change))
    else:
        _report(change)


@app.command()
def reset(
    portfolio: PortfolioName,
    effective_from: From = None,
    author: Author = None,
    reason: Reason = "",
    as_json: JsonFlag = False,
) -> None:
    """Lift a portfolio's kill switch; its losses are counted anew from there.

    Example: candelabra portfolio reset main -m "looked into it"
    """
    record = _client().reset(portfolio, effective_from=utc(effective_from), signature=signed(author, reason))
    if as_json:
        print_json({"reset": record.model_dump(mode="json")})
    else:
        out.print(f"{escape(portfolio)}: entries are followed again {_since(record.effective_from)}", highlight=False)


@app.command()
def schema(as_json: JsonFlag = False) -> None:
    """Print the JSON Schema (2020-12) of portfolio files, by which an editor completes and checks them.

    Example: candelabra portfolio schema > portfolio.schema.json
    """
    from schemas.json_schema_text import schema_text
    from schemas.portfolio_schema import portfolio_schema

    document = portfolio_schema()
    if as_json:
        print_json(document)
    else:
        sys.stdout.write(schema_text(document))


app.command("explain")(explain)


def _client() -> "PortfolioClient":
    """A client, once the broker has answered."""
    settings = reachable()
    from dataflows.portfolio_client import PortfolioClient

    return PortfolioClient(settings)


def _done(change: "Change") -> dict[str, object]:
    return {"done": change.done, "entry": change.entry.model_dump(mode="json")}


def _report(change: "Change") -> None:
    name, since = escape(change.entry.portfolio), _since(change.entry.effective_from)
    out.print(f"{name}: {change.done}" + ("" if change.done == "unchanged" else f" {since}"), highlight=False)


def _rostered(roster: "Roster") -> dict[str, object]:
    return {"members": [one._asdict() for one in roster.members], "warnings": roster.doubts}


def _count(roster: "Roster", *, whole: bool) -> str:
    """How many are followed, and how many of them are there."""
    if whole:
        return f"all others: {len(roster.members):,}"
    there = sum(one.is_there for one in roster.members)
    return f"{there:,} of {len(roster.members):,} there"


def _members(roster: "Roster") -> Table:
    table = Table("strategy", "state", "symbols that it runs on")
    for one in roster.members:
        light = LIGHTS.get(one.state, "⚪")
        table.add_row(escape(one.strategy), f"{light} {one.state}", escape(", ".join(one.symbols)) or "-")
    return table


def _warn(portfolio: str, doubts: "Iterable[str]") -> None:
    for one in doubts:
        err.print(f"{portfolio}: {one}", style="yellow", highlight=False, markup=False, soft_wrap=True)


def _since(time: "datetime | None") -> str:
    return f"from {minute(time)} UTC on" if time else "from the next candle on"
