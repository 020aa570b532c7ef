"""`candelabra`: the one program.

Exit code 0 only on success; an error that can be explained is one message without a traceback.
"""

import sys
from typing import Annotated

import typer

from dataflows.errors import CandelabraError
from ui.cli import (
    alerts,
    bench,
    chaos,
    dashboard,
    dead_letter,
    demo,
    doctor,
    explain,
    feed,
    portfolio,
    prove,
    recovery,
    replay,
    run,
    status,
    strategy,
    topics,
    watchlist,
)
from ui.cli.printing import err, out, print_json

WRONG_USAGE = 2
INTERRUPTED = 130

app = typer.Typer(
    name="candelabra",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="rich",
)


def _print_version(asked: bool) -> None:
    if asked:
        from dataflows.version import version

        out.print(f"candelabra {version()}", highlight=False)
        raise typer.Exit


@app.callback()
def candelabra(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the release and end.")
    ] = False,
) -> None:
    """A streaming engine that runs thousands of trading strategies over one Kafka feed of candles."""


app.command("demo")(demo.demo)
app.add_typer(topics.app, name="topics")
app.command("feed")(feed.feed_file)
app.command("run")(run.run)
app.add_typer(strategy.app, name="strategy")
app.add_typer(watchlist.app, name="watchlist")
app.add_typer(portfolio.app, name="portfolio")
app.command("replay")(replay.replay_file)
app.command("explain")(explain.explain)
app.command("dashboard")(dashboard.dashboard)
app.add_typer(bench.app, name="bench")
app.command("prove")(prove.prove)
app.command("chaos")(chaos.chaos)
app.add_typer(alerts.app, name="alerts")
app.add_typer(dead_letter.app, name="dead-letter")
app.add_typer(recovery.app, name="recovery")
app.command("status")(status.status)
app.command("doctor")(doctor.doctor)


def main() -> None:
    """Run one verb. Settings come from flags, then CANDELABRA_* variables, then .env."""
    try:
        app(prog_name="candelabra")
    except (CandelabraError, ValueError) as error:
        if not _explained(error):
            raise
        _say(str(error))
        raise SystemExit(1) from None
    except KeyboardInterrupt:  # between two verbs' own handling: while modules load, or while resources are given back
        raise SystemExit(INTERRUPTED) from None
    except SystemExit as end:
        if end.code == WRONG_USAGE and _for_machines():  # Typer has told the person already
            tell = getattr(end.__context__, "format_message", lambda: "wrong usage")
            print_json({"error": str(tell())})
        raise


def _explained(error: Exception) -> bool:
    """Whether the text is for the person who typed. Imported late: who gets here has waited for these already."""
    from dataflows.settings import SettingsError
    from schemas.problems import DocumentError

    return isinstance(error, CandelabraError | SettingsError | DocumentError)


def _say(message: str) -> None:
    err.print("error:", style="bold red", end=" ")
    err.print(message, markup=False, highlight=False, soft_wrap=True)
    if _for_machines():
        print_json({"error": message})


def _for_machines() -> bool:
    return "--json" in sys.argv
