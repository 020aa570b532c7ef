"""Letters as tests need them."""

from datetime import UTC, datetime, timedelta

from dataflows.dead_letters.letters import StoredLetter
from schemas.dead_letter import Reason, dead_letter

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)


def stored(
    number: int = 0,
    *,
    reason: Reason = Reason.INVALID,
    topic: str = "paper.candles",
    key: bytes | None = b"AAA",
    value: bytes | None = b"bytes",
) -> StoredLetter:
    """The letter of the record at an offset, written so many minutes after noon."""
    letter = dead_letter(reason, "why", topic=topic, partition=0, offset=number, key=key, value=value)
    return StoredLetter(NOON + timedelta(minutes=number), 0, number, letter)
