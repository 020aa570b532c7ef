"""What is wrong with something that a person wrote: every problem at once, each with its place."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing to mend. ``where`` is a dotted path inside the document, empty for the whole of it."""

    where: str
    message: str

    def __str__(self) -> str:
        """The place and the message on one line (a message with a caret keeps its own lines)."""
        return f"{self.where}: {self.message}" if self.where else self.message


class DocumentError(ValueError):
    """Something that a person wrote cannot be used. ``problems`` has all that was found; the text lists them.

    ``note`` is a line on all of them, such as what could not be looked at because of them.
    """

    def __init__(self, origin: str, problems: Sequence[Problem], *, note: str = "") -> None:
        self.origin = origin
        self.note = note
        self.problems = tuple(problems)
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        lines = [f"{origin}: {count}", *(f"  - {problem}" for problem in problems)]
        super().__init__("\n".join([*lines, f"  {note}"] if note else lines))


class StrategyFileError(DocumentError):
    """A strategy cannot be used."""


class WatchlistFileError(DocumentError):
    """A watchlist cannot be used."""


class PortfolioFileError(DocumentError):
    """A portfolio cannot be used."""
