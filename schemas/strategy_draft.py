"""A strategy on its way to the normal form: the document so far, where its author wrote each part, what is wrong."""

from collections.abc import Iterable

from schemas.json_value import in_json
from schemas.names import did_you_mean
from schemas.problems import Problem

Document = dict[str, object]
Location = tuple[int | str, ...]
"""A path inside the normal form."""

MAX_PROBLEMS = 50
"""Nobody mends more at once, and looking for near names takes time."""

_SHOWN = 64  # characters of a wrong key that a place repeats


class Draft:
    """Collects the normal form's document, the author's place of what was moved, and problems."""

    def __init__(self) -> None:
        self.document: Document = {}
        self.problems: list[Problem] = []
        self._places: dict[Location, str] = {}

    def written(self, location: Location, where: str) -> None:
        """Note that the author wrote this part of the normal form at ``where``."""
        self._places[location] = where

    def place(self, location: Location) -> str:
        """Where the author wrote it: the nearest noted part, and the way on from there."""
        where = ""
        for length in range(1, len(location) + 1):
            noted = self._places.get(location[:length])
            where = noted if noted is not None else under(where, location[length - 1])
        return where

    def refuse(self, where: str, message: str) -> None:
        """One more problem, unless there are many already."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(where, message))
        elif len(self.problems) == MAX_PROBLEMS:
            self.problems.append(Problem("", f"there are more than {MAX_PROBLEMS} problems: these first"))

    def refuse_key(self, where: str, key: str, known: Iterable[str], *, meant: str | None = None) -> None:
        """A key that means nothing, with the nearest that does, or with the one that is ``meant`` by that word."""
        if meant is not None:
            hint = f' (did you mean "{meant}"?)'
        else:
            hint = did_you_mean(key, known) if len(self.problems) < MAX_PROBLEMS else ""
        self.refuse(under(where, key), f"unknown key {in_json(key, _SHOWN)}{hint}")

    def knows(self, where: str) -> bool:
        """Whether something was said of this place, of what it is part of, or of a part of it."""
        return any(
            problem.where == where
            or not where
            or problem.where.startswith(f"{where}.")
            or (problem.where and where.startswith(f"{problem.where}."))
            for problem in self.problems
        )


def under(where: str, key: int | str) -> str:
    """A place inside a place.

    >>> under("signals.0", "type"), under("", "id")
    ('signals.0.type', 'id')
    """
    part = str(key)[:_SHOWN]
    return f"{where}.{part}" if where else part
