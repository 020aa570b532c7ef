"""The strategies that come with the program, as files to read, run and clone."""

from importlib import resources

from dataflows.errors import CandelabraError
from schemas.names import did_you_mean

_FOLDER = "templates"


def template_names() -> tuple[str, ...]:
    """Every template's name, sorted: its file without ``.json``."""
    folder = resources.files("dataflows") / _FOLDER
    if not folder.is_dir():
        return ()
    return tuple(sorted(one.name.removesuffix(".json") for one in folder.iterdir() if one.name.endswith(".json")))


def template_bytes(name: str) -> bytes:
    """A template's file, comments and all.

    Raises:
        CandelabraError: there is none of this name; the message has the nearest.
    """
    names = template_names()
    if name not in names:
        raise CandelabraError(f"there is no template {name!r}{did_you_mean(name, names)}: there are {', '.join(names)}")
    return (resources.files("dataflows") / _FOLDER / f"{name}.json").read_bytes()
