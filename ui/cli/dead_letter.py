"""`candelabra dead-letter`: what was refused: list it, look into it, send it again."""

import typer

from ui.cli import dead_letter_list, dead_letter_requeue, dead_letter_show

app = typer.Typer(help="What was refused: list it, look into it, send it again.", no_args_is_help=True)

app.command("list")(dead_letter_list.list_letters)
app.command("show")(dead_letter_show.show)
app.command("requeue")(dead_letter_requeue.requeue)
