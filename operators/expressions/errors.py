"""Errors in an expression: where, what was expected, what came, and a caret under the place."""

from collections.abc import Sequence
from dataclasses import dataclass

_WINDOW = 72  # characters of a long line that are shown around the caret
_INDENT = "    "
MAX_FAULTS = 20
"""Of one expression, in one go: nobody mends more before asking again."""


class ExpressionError(ValueError):
    """One thing that is wrong with an expression.

    ``where`` is the place of the expression as its owner calls it, ``reason`` what is wrong in one line, ``at`` the
    offset (0-based, in characters) of the offending place in ``text``: the expression, or a named state inside it.
    """

    def __init__(self, reason: str, *, where: str, text: str, at: int) -> None:
        self.reason = reason
        self.where = where
        self.text = text
        self.at = at
        place = ", ".join(part for part in (where, _position(text, at)) if part)
        super().__init__(f"{place}: {reason}\n{_excerpt(text, at)}")


class ExpressionErrors(ValueError):
    """An expression cannot be used.

    ``errors`` has everything that was found, in the order of the text (at most 20); the text of this error is theirs,
    one after the other.
    """

    def __init__(self, errors: Sequence[ExpressionError]) -> None:
        self.errors = tuple(errors)
        super().__init__("\n".join(map(str, errors)))


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong at an offset of a text that the finder does not hold."""

    at: int
    reason: str


@dataclass(frozen=True, slots=True)
class Source:
    """The text of an expression and what its owner calls its place, for messages."""

    text: str
    where: str

    def error(self, fault: Fault) -> ExpressionError:
        """The fault as an error that shows this text.

        >>> print(Source("rsi << 30", "rules.entry").error(Fault(5, "expected a value")))
        rules.entry, character 6: expected a value
            rsi << 30
                 ^
        """
        return ExpressionError(fault.reason, where=self.where, text=self.text, at=fault.at)


def _position(text: str, at: int) -> str:
    """The place counted from 1 as editors do; the line only where there are several."""
    line_start = text.rfind("\n", 0, at) + 1
    column = f"character {at - line_start + 1:,}"
    return f"line {text.count(chr(10), 0, at) + 1}, {column}" if "\n" in text else column


def _excerpt(text: str, at: int) -> str:
    """The line of the offending place, cut to a window around it, and a caret under it."""
    line_start = text.rfind("\n", 0, at) + 1
    line_end = text.find("\n", at)
    line_end = len(text) if line_end < 0 else line_end
    start = max(line_start, at - _WINDOW // 2)
    end = min(line_end, start + _WINDOW)
    before = "..." if start > line_start else ""
    after = "..." if end < line_end else ""
    # One character shown for one read, or the caret would stand under another place.
    shown = "".join(character if character.isprintable() else " " for character in text[start:end])
    caret = " " * (len(before) + at - start) + "^"
    return f"{_INDENT}{before}{shown}{after}\n{_INDENT}{caret}"
