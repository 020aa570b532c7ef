"""What the verbs `validate` have in common: every file is looked at, whatever is wrong with another."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Generic, TypeVar

import typer

from ui.cli.printing import err, print_json

T = TypeVar("T")


class Checking(Generic[T]):
    """Files, one after the other: what is wrong with one is told, and the next has its turn.

    Args:
        files: by path; one that is named twice is looked at once.
        read: gives what a file holds; raises DocumentError or FileUnreadable.
        as_json: whether nothing is printed before the end.
    """

    def __init__(self, files: Iterable[Path], read: Callable[[Path], T], *, as_json: bool) -> None:
        self._files, self._read, self._as_json = tuple(dict.fromkeys(files)), read, as_json
        self._problems: dict[str, list[str]] = {}
        self._ids: dict[str, Path] = {}
        self.notes: dict[str, list[str]] = {}
        """What else is to be said of files that are refused."""

    def __iter__(self) -> Iterator[tuple[Path, T]]:
        """Each file that holds what it should, with that."""
        from dataflows.errors import FileUnreadable
        from schemas.problems import DocumentError

        for path in self._files:
            try:
                found = self._read(path)
            except DocumentError as error:
                self._refused(path, [str(problem) for problem in error.problems], str(error))
                if error.note:
                    self.notes[str(path)] = [error.note]
            except FileUnreadable as error:
                self._refused(path, [error.reason], str(error))
            else:
                self._problems[str(path)] = []
                yield path, found

    def same_id(self, path: Path, identity: str, what: str) -> list[str]:
        """A warning where an earlier file has this id, too."""
        earlier = self._ids.setdefault(identity, path)
        if earlier == path:
            return []
        return [f'id: "{identity}" is the id of {earlier} as well: of {what} files with one id, only one can run']

    def end(self, **more: object) -> None:
        """Print what machines read; exit code 1 where a file was refused."""
        valid = not any(self._problems.values())
        if self._as_json:
            print_json({"valid": valid, "problems": self._problems, **more})
        if not valid:
            raise typer.Exit(1)

    def _refused(self, path: Path, problems: list[str], text: str) -> None:
        self._problems[str(path)] = problems
        if not self._as_json:
            err.print(text, style="red", highlight=False, markup=False, soft_wrap=True)
