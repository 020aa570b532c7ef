"""What is raised where bytes and records do not become each other."""

from schemas.dead_letter import Reason

MAX_DETAIL_LENGTH = 400


class DecodeError(ValueError):
    """Bytes that are not the expected record: a reason for a machine, a detail of bounded length for a person."""

    def __init__(self, reason: Reason, detail: str) -> None:
        self.reason = reason
        self.detail = detail if len(detail) <= MAX_DETAIL_LENGTH else f"{detail[: MAX_DETAIL_LENGTH - 3]}..."
        super().__init__(f"{reason.value}: {self.detail}")

    def __reduce__(self) -> tuple[type["DecodeError"], tuple[Reason, str]]:
        """Rebuild from both arguments, so that the error may cross a process boundary."""
        return DecodeError, (self.reason, self.detail)


class EncodeError(ValueError):
    """A record that cannot be written, for example because it is longer than any reader would take."""


def shown(value: object, limit: int = 80) -> str:
    """The value as it would be typed, cut where that is longer than ``limit`` characters.

    >>> shown("abcdefgh", limit=6)
    "'ab..."
    """
    if isinstance(value, int) and value.bit_length() > limit:
        return f"a number of {value.bit_length()} bits"  # repr raises an error for the longest ones
    # A long text is cut before repr, so that a hostile one costs nothing.
    text = repr(value[:limit]) if isinstance(value, str | bytes) else repr(value)
    return text if len(text) <= limit else f"{text[: limit - 3]}..."
