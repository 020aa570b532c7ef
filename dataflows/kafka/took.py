"""How long the engine took for an execution: a header beside the record, whose bytes are the same in every run."""

from typing import Any, Final, TypeVar

from schemas.audit import Execution
from schemas.record import Record

HEADER: Final = "microseconds"
"""Its value is decimal digits in ASCII. Whoever compares records leaves headers out."""

_MOST_DIGITS: Final = 18

Headers = dict[str, str | bytes | None]
"""As the client takes them."""

T = TypeVar("T")


def headers_of(record: Record) -> Headers | None:
    """What goes with a record as headers; None for nearly all.

    >>> headers_of(Record()) is None
    True
    """
    if isinstance(record, Execution):
        microseconds = record.microseconds
        if microseconds is not None:
            return {HEADER: b"%d" % microseconds}
    return None


def timed(record: T, headers: Any) -> T:  # noqa: ANN401  # the client's stubs say less than it gives
    """The record with what its headers say of it; as it is where they say nothing, or nothing that can be read."""
    if isinstance(record, Execution) and headers:
        found = dict(headers).get(HEADER)
        if isinstance(found, bytes) and found.isdigit() and len(found) <= _MOST_DIGITS:
            return record.timed(int(found))
    return record
