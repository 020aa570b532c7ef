"""Which release of this program runs."""

import importlib.metadata
import tomllib
from pathlib import Path

NAME = "candelabra"
_STATED = Path(__file__).parents[1] / "pyproject.toml"


def version(stated: Path = _STATED) -> str:
    """As the project's own file beside the code states it; else as installed; ``unknown`` where neither tells.

    The file comes first: who runs from a checkout runs that one, whatever else is installed.
    """
    try:
        project = tomllib.loads(stated.read_text(encoding="utf-8"))["project"]
        if project["name"] == NAME:
            return str(project["version"])
    except (OSError, ValueError, KeyError):  # there is none, or it is of something else
        pass
    try:
        return importlib.metadata.version(NAME)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
