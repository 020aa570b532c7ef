"""`candelabra dead-letter`: what was refused: list it, look into it, send it again."""

import typer

app = typer.Typer(help="What was refused: list it, look into it, send it again.", no_args_is_help=True)


@app.callback()
def dead_letter() -> None:
    """What was refused: list it, look into it, send it again."""
