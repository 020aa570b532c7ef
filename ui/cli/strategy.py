"""`candelabra strategy`: check strategy files, send commands, see what runs and what changed."""

import typer

from ui.cli import check, strategy_commands, strategy_explained, strategy_files, strategy_versions

app = typer.Typer(help="Strategies: check files, deploy and steer them, see what runs.", no_args_is_help=True)

app.command("validate")(strategy_files.validate)
app.command("templates")(strategy_files.templates)
app.command("schema")(strategy_files.schema)
app.command("clone")(strategy_files.clone)
app.command("explain")(strategy_explained.explain)
app.command("check")(check.check)
app.command("deploy")(strategy_commands.deploy)
app.command("update")(strategy_commands.update)
app.command("rollback")(strategy_commands.rollback)
app.command("start")(strategy_commands.start)
app.command("pause")(strategy_commands.pause)
app.command("resume")(strategy_commands.resume)
app.command("stop")(strategy_commands.stop)
app.command("restart")(strategy_commands.restart)
app.command("list")(strategy_versions.list_strategies)
app.command("show")(strategy_versions.show)
app.command("versions")(strategy_versions.versions)
app.command("diff")(strategy_versions.diff)
