"""`candelabra`: the one program. Exit code 0 only on success; an error that can be explained is one message, no traceback."""

import sys

import typer

from dataflows.errors import CandelabraError
from dataflows.settings import SettingsError
from schemas.problems import StrategyFileError
from ui.cli import bench, dashboard, demo, doctor, feed, replay, run, strategy, topics
from ui.cli.printing import err, print_json

app = typer.Typer(
    name="candelabra",
    help="A streaming engine that runs thousands of trading strategies over one Kafka feed of candles.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="rich",
)
app.command("demo")(demo.demo)
app.add_typer(topics.app, name="topics")
app.command("feed")(feed.feed_file)
app.command("run")(run.run)
app.add_typer(strategy.app, name="strategy")
app.command("replay")(replay.replay_file)
app.command("dashboard")(dashboard.dashboard)
app.add_typer(bench.app, name="bench")
app.command("doctor")(doctor.doctor)


def main() -> None:
    """Run one verb. Settings come from flags, then CANDELABRA_* variables, then .env."""
    try:
        app()
    except (CandelabraError, SettingsError, StrategyFileError) as error:
        if "--json" in sys.argv:
            print_json({"error": str(error)})
        err.print(f"[bold red]error:[/] {_plain(error)}", highlight=False, soft_wrap=True)
        raise SystemExit(1) from None


def _plain(error: Exception) -> str:
    return str(error).replace("[", r"\[")
