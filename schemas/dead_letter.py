"""Rejected input, kept whole: why, from where, and the bytes themselves."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from schemas.ids import record_id
from schemas.record import Record, UtcTime

MAX_KEPT_BYTES = 900_000
"""A longer value is cut here so that the letter fits a broker's default message limit; its size and origin stay."""


MAX_KEPT_KEY_BYTES = 1_000
"""A longer key is cut here."""

MAX_DETAIL_LENGTH = 1_000


class Reason(StrEnum):
    """Why a record was refused."""

    EMPTY = "empty"
    OVERSIZED = "oversized"
    UNKNOWN_FORMAT = "unknown_format"
    UNKNOWN_SCHEMA = "unknown_schema"
    TRUNCATED = "truncated"
    WRONG_TYPE = "wrong_type"
    INVALID = "invalid"
    """It decodes, and breaks a rule of its schema (a NaN price, high below low, ...)."""
    OUT_OF_ORDER = "out_of_order"
    CONFLICTING_DUPLICATE = "conflicting_duplicate"
    FROM_THE_FUTURE = "from_the_future"
    WRONG_TIMEFRAME = "wrong_timeframe"
    """The symbol's bars are made of another timeframe, and this one is finer than it or no multiple of it."""


OF_ITS_KEY = frozenset({Reason.OUT_OF_ORDER, Reason.CONFLICTING_DUPLICATE, Reason.WRONG_TIMEFRAME})
"""Why the market refuses a candle that could be read: it works symbol by symbol. All else is refused by a source."""


class DeadLetter(Record):
    """One refused record of a topic (or a row of a file), with its origin.

    Each key of the topic has one writer, so that the letters of a key have one order whatever the number of workers:
    the part of a source, which works one partition, or the market, which works one symbol.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
    reason: Reason
    detail: Annotated[str, StringConstraints(max_length=MAX_DETAIL_LENGTH)]
    topic: Annotated[str, StringConstraints(max_length=300)]
    partition: int = Field(ge=0, le=2**31 - 1)
    offset: int = Field(ge=0, le=2**63 - 1)
    event_time: UtcTime | None = None
    record_key: bytes | None = None
    value: bytes | None = None
    value_size: int = Field(ge=0, le=2**63 - 1)

    @property
    def key(self) -> str:
        """The letter's key on the dead-letter topic: the record's own where the market refused it, else its partition.

        A record that cannot be read, is from the future, or makes no sense on the control topic has the key
        ``topic-partition``, whatever key it came with: that one is in ``record_key``.
        """
        if self.record_key and self.reason in OF_ITS_KEY:
            return self.record_key.decode("utf-8", "backslashreplace")[:200]
        return f"{self.topic}-{self.partition}"


def dead_letter(  # noqa: PLR0913  # a letter needs its whole origin
    reason: Reason,
    detail: str,
    *,
    topic: str,
    partition: int,
    offset: int,
    key: bytes | None,
    value: bytes | None,
    event_time: UtcTime | None = None,
) -> DeadLetter:
    """A letter with its deterministic id; a value beyond ``MAX_KEPT_BYTES`` is cut, its true size kept."""
    return DeadLetter(
        id=letter_id(topic, partition, offset),
        reason=reason,
        detail=detail[:MAX_DETAIL_LENGTH],
        topic=topic,
        partition=partition,
        offset=offset,
        event_time=event_time,
        record_key=None if key is None else key[:MAX_KEPT_KEY_BYTES],
        value=None if value is None else value[:MAX_KEPT_BYTES],
        value_size=0 if value is None else len(value),
    )


def letter_id(topic: str, partition: int, offset: int) -> str:
    """The deterministic id of the letter for a record: 32 hex digits."""
    return record_id("dead-letter", topic, str(partition), str(offset))
