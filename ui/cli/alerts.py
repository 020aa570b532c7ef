"""`candelabra alerts`: rules over metrics, equity, trades and health; what they find is told to people."""

import typer

from ui.cli import alerts_files, alerts_list, alerts_run

app = typer.Typer(help="Alert rules: check them, run them, see what they found.", no_args_is_help=True)

app.command("run")(alerts_run.run)
app.command("test")(alerts_run.send_test)
app.command("list")(alerts_list.list_alerts)
app.command("validate")(alerts_files.validate)
app.command("schema")(alerts_files.schema)
app.command("reference")(alerts_files.reference)
