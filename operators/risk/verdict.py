"""What a portfolio decides."""

from typing import Literal, NamedTuple

from operators.risk.refusal import Refusal


class Allowed(NamedTuple):
    """A series may do what it asked for at an instant."""

    key: str
    at_ms: int


class Refused(NamedTuple):
    """A series may not, and why. What it holds it keeps."""

    key: str
    at_ms: int
    refusal: Refusal


class Leave(NamedTuple):
    """A series is to leave its position and to take back orders that wait. Said once, until it tells that it has."""

    key: str
    at_ms: int
    cause: Refusal


class Tripped(NamedTuple):
    """The kill switch of the portfolio has tripped."""

    at_ms: int
    cause: Refusal
    action: Literal["flatten", "freeze"]


class Lifted(NamedTuple):
    """The kill switch was reset by a command: from this instant on there may be entries."""

    at_ms: int
    command: str


Verdict = Allowed | Refused | Leave | Tripped | Lifted
"""Of one instant in this order: lifted, tripped, who has to leave by key, then an answer to each entry."""
