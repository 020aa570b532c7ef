"""The bytes of a file that a person named, or why there are none, with the nearest name that there is."""

from itertools import islice
from pathlib import Path
from typing import Final

from dataflows.errors import FileUnreadable
from schemas.names import nearest

_LOOKED_AT: Final = 2_000
"""Names of a folder that are compared; in a larger one the nearest may be missed."""


def read_at_most(path: Path, most_bytes: int) -> bytes:
    """The bytes of a file, and one more than ``most_bytes`` where it is longer.

    Raises:
        FileUnreadable: it is not there, is a folder, or may not be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(most_bytes + 1)
    except (OSError, ValueError) as error:  # ValueError: a null character in a name
        raise FileUnreadable(path, _why(path, error)) from None


def near_file(path: Path) -> str:
    """The file of its folder whose name is most like that of a file that is not there; nothing where none is near.

    Endings are not compared: they are alike where nothing else is.
    """
    stems = {Path(name).stem: name for name in reversed(_files_of(path.parent))}
    meant = nearest(path.stem, stems)
    return "" if meant is None else f' (did you mean "{stems[meant]}"?)'


def _why(path: Path, error: OSError | ValueError) -> str:
    reason = str(getattr(error, "strerror", None) or error)
    if not isinstance(error, FileNotFoundError):
        return reason
    if path.is_symlink():
        return f"{reason}: a link to {path.readlink()}, which is not there"
    if not path.parent.is_dir():
        return f"{reason}: there is no folder {path.parent}"
    return f"{reason}{near_file(path)}"


def _files_of(folder: Path) -> list[str]:
    """The names of a folder's files, in order; none where it cannot be looked into."""
    try:
        return sorted(one.name for one in islice(folder.iterdir(), _LOOKED_AT) if one.is_file())
    except OSError:
        return []
