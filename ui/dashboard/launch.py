"""Start the dashboard as a process of its own, and wait until it serves."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import httpx
from pydantic import SecretStr

from dataflows.settings import PREFIX, Settings

_APP: Final = Path(__file__).with_name("app.py")
_ROOT: Final = Path(__file__).parents[2]

_THEME: Final = {
    "base": "dark",
    "primaryColor": "#f5a524",
    "backgroundColor": "#0b0e14",
    "secondaryBackgroundColor": "#141924",
    "textColor": "#dfe3ec",
    "borderColor": "#232a3a",
    "codeBackgroundColor": "#141924",
    "codeTextColor": "#e6c07b",
    "baseRadius": "0.6rem",
    "baseFontSize": "15",
    "metricValueFontSize": "1.5rem",
    "paddingTop": "1rem",
    "showWidgetBorder": "true",
}


class DashboardNotServing(Exception):
    """The dashboard did not come up; the message says what it said last."""


def dashboard_command(*, port: int, host: str = "127.0.0.1") -> list[str]:
    """The command line that serves the dashboard. ``host`` other than loopback is for containers only."""
    options = {
        "server.address": host,
        "server.port": str(port),
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "server.showEmailPrompt": "false",
        "browser.gatherUsageStats": "false",  # without it every page would report to Streamlit's makers
        "client.toolbarMode": "viewer",
        "client.showErrorLinks": "false",
        **{f"theme.{name}": value for name, value in _THEME.items()},
    }
    flags = [part for name, value in options.items() for part in (f"--{name}", value)]
    return [sys.executable, "-m", "streamlit", "run", str(_APP), *flags]


def dashboard_environment(settings: Settings) -> dict[str, str]:
    """This process's environment with the settings as variables, so that the dashboard reads the same broker.

    Holds secrets in clear, as any environment does: give it to the process and to nobody else.
    """
    environment = dict(os.environ)
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    for name in settings.model_fields_set:
        environment[PREFIX + name.upper()] = _as_variable(getattr(settings, name))
    return environment


def _as_variable(value: object) -> str:
    """A setting as the text that its variable would hold."""
    if value is None:
        return ""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, dict):
        return json.dumps({name: _as_variable(part) for name, part in value.items()})
    return str(value)


def start_dashboard(
    settings: Settings, *, port: int, host: str = "127.0.0.1", quiet: bool = True
) -> subprocess.Popen[bytes]:
    """Serve the dashboard until the process is ended. Its output goes nowhere if ``quiet``, else where ours goes."""
    output = subprocess.DEVNULL if quiet else None
    return subprocess.Popen(
        dashboard_command(port=port, host=host), env=dashboard_environment(settings), stdout=output, stderr=output
    )


def wait_until_serving(
    port: int, *, host: str = "127.0.0.1", timeout_s: float = 30.0, alive: Callable[[], bool] = lambda: True
) -> str:
    """The dashboard's address, as soon as it answers.

    Args:
        port: where it was told to listen.
        host: as above.
        timeout_s: longest wait, in seconds.
        alive: whether the process still runs; the wait ends when it does not.

    Raises:
        DashboardNotServing: it ended, or did not answer in time.
    """
    address = f"http://{host}:{port}"
    deadline = time.monotonic() + timeout_s
    # trust_env=False: a proxy set for the outside world must not be asked for an address on this machine.
    with httpx.Client(trust_env=False, timeout=2.0) as client:
        while alive():
            try:
                if client.get(f"{address}/_stcore/health").status_code == httpx.codes.OK:
                    return address
            except httpx.TransportError:
                pass
            if time.monotonic() > deadline:
                raise DashboardNotServing(f"the dashboard did not answer at {address} within {timeout_s:g} s")
            time.sleep(0.1)
    raise DashboardNotServing(f"the dashboard ended before it answered at {address}. Is the port {port} taken?")
