"""`candelabra portfolio`: strategies that share equity, limits and a kill switch."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from ui.cli.files import read_portfolio
from ui.cli.printing import JsonFlag, err, out, print_json
from ui.cli.reach import reachable
from ui.cli.strategy_report import Author, From, Reason, minute, signed, utc

if TYPE_CHECKING:
    from datetime import datetime

    from dataflows.portfolio_client import Change, PortfolioClient

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
    configs = [read_portfolio(path) for path in files]
    if as_json:
        print_json({"portfolios": [one.model_dump(mode="json") for one in configs]})
        return
    for path, config in zip(files, configs, strict=True):
        out.print(f"ok {escape(str(path))}: {config.id}", highlight=False)
        if not config.symbols:
            err.print(f"{path}: to deploy it, name its symbols", style="yellow", highlight=False, markup=False)


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
    change = _client().apply(config, effective_from=utc(effective_from), signature=signed(author, reason))
    _report(change, as_json=as_json)


@app.command("list")
def list_portfolios(as_json: JsonFlag = False) -> None:
    """List the portfolios.

    Example: candelabra portfolio list
    """
    entries = _client().entries
    if as_json:
        print_json({"portfolios": [one.model_dump(mode="json") for one in entries.values()]})
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
                f"{len(config.strategies):,}" if config.strategies else "all others",
                f"{len(config.symbols):,}",
                config.conflict,
                "-" if config.kill_switch is None else config.kill_switch.action,
                minute(entry.effective_from) if entry.effective_from else "-",
            )
    out.print(table)


@app.command()
def show(portfolio: PortfolioName, as_json: JsonFlag = False) -> None:
    """Show a portfolio, as a file that `apply` takes; with --json also who said so.

    Example: candelabra portfolio show main > main.json
    """
    entry = _client().entry(portfolio)
    if as_json:
        print_json({"entry": entry.model_dump(mode="json")})
    elif entry.config is not None:
        document = entry.config.model_dump(mode="json", exclude_none=True)
        sys.stdout.write(json.dumps(document, indent=2) + "\n")


@app.command()
def remove(portfolio: PortfolioName, author: Author = None, reason: Reason = "", as_json: JsonFlag = False) -> None:
    """Take a portfolio away; its strategies go on, and nothing follows them.

    Example: candelabra portfolio remove main
    """
    _report(_client().remove(portfolio, signature=signed(author, reason)), as_json=as_json)


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


def _client() -> "PortfolioClient":
    """A client, once the broker has answered."""
    settings = reachable()
    from dataflows.portfolio_client import PortfolioClient

    return PortfolioClient(settings)


def _report(change: "Change", *, as_json: bool) -> None:
    entry = change.entry
    if as_json:
        print_json({"done": change.done, "entry": entry.model_dump(mode="json")})
    elif change.done == "unchanged":
        out.print(f"{escape(entry.portfolio)}: unchanged", highlight=False)
    else:
        out.print(f"{escape(entry.portfolio)}: {change.done} {_since(entry.effective_from)}", highlight=False)


def _since(time: "datetime | None") -> str:
    return f"from {minute(time)} UTC on" if time else "from the next candle on"
