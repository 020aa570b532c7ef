"""`candelabra dashboard`: the faces of signals and strategies in a browser."""

import os
import sys
from typing import Annotated

import typer

from ui.cli.printing import out


def dashboard(
    host: Annotated[
        str, typer.Option(help="Address to listen on. Other than loopback: inside a container only.")
    ] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(help="Port; default: CANDELABRA_DASHBOARD_PORT.")] = None,
) -> None:
    """Serve the dashboard until Ctrl-C.

    Example: candelabra dashboard --port 8501
    """
    from dataflows.settings import load
    from ui.dashboard.launch import dashboard_command, dashboard_environment

    settings = load(dashboard_port=port)
    out.print(f"dashboard at http://{host}:{settings.dashboard_port}")
    command = dashboard_command(port=settings.dashboard_port, host=host)
    sys.stdout.flush()
    os.execve(command[0], command, dashboard_environment(settings))  # noqa: S606  # its own arguments; signals reach it
