"""`candelabra watchlist`: which symbols are watched in which timeframes, changed while everything runs."""

import typer

from ui.cli import watchlist_changes, watchlist_deploy, watchlist_files, watchlist_view

app = typer.Typer(
    help="The watchlist: which symbols, in which timeframes; strategies bind to it.", no_args_is_help=True
)

app.command("apply")(watchlist_changes.apply)
app.command("list")(watchlist_view.list_watchlist)
app.command("show")(watchlist_view.show)
app.command("enable")(watchlist_changes.enable)
app.command("disable")(watchlist_changes.disable)
app.command("remove")(watchlist_changes.remove)
app.command("deploy")(watchlist_deploy.deploy)
app.command("validate")(watchlist_files.validate)
app.command("schema")(watchlist_files.schema)
