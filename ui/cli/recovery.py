"""`candelabra recovery`: recovery stores: look into one, check it, set it aside."""

import typer

app = typer.Typer(help="Recovery stores: look into one, check it, set it aside.", no_args_is_help=True)


@app.callback()
def recovery() -> None:
    """Recovery stores: look into one, check it, set it aside."""
