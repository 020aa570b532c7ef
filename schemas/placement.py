"""Before which candle of a partition control records are worked: decided once, then the same in every re-run."""

from typing import Annotated, Final, Self

from pydantic import Field, StringConstraints, model_validator

from schemas.record import Record

Offset = Annotated[int, Field(ge=0, le=2**63 - 1)]

PARTIAL_COPY: Final = "partial copy"
"""The feed of a start marker on topics that were copied without all that was worked: the feed of no run ever."""


class Placement(Record):
    """Control records with offsets from ``first`` to before ``end`` are worked before the candle at ``candles``.

    ``run`` is the life of the part of this candle ``partition`` that decided it; where two lives did, the later counts.

    Where ``first`` equals ``end`` it is the start marker of a run: the run has placed what it found, and works candles
    from then on. ``candles`` is then the offset at which the first run began, handed on from run to run, and
    ``parameters`` the canonical JSON of what the answers of this run depend on beside candles and control records.
    ``feed`` has the ids of the topics of candles and of control, and ``since`` is the first run on those: what earlier
    runs have placed speaks of other topics of the same names. A ``feed`` that is empty is not known.

    ``records`` is how many records a placement places, which tells whether some are gone since; 0: not known.

    Where ``claim`` is not empty it is neither: the life of that name claims the run, before it places anything. The
    first claim of a run is the one that holds, and what an earlier run sent counts no more behind it.
    """

    partition: int = Field(ge=0, le=2**31 - 1)
    run: int = Field(ge=1, le=2**31 - 1)
    candles: Offset
    first: Offset
    end: Offset
    parameters: Annotated[str, StringConstraints(max_length=10_000)] = ""
    feed: Annotated[str, StringConstraints(max_length=1_000)] = ""
    since: int = Field(default=1, ge=1, le=2**31 - 1)
    records: int = Field(default=0, ge=0, le=2**31 - 1)
    claim: Annotated[str, StringConstraints(max_length=100)] = ""

    @model_validator(mode="after")
    def _goes_forward(self) -> Self:
        if self.end < self.first:
            raise ValueError(f"expected an end at or after the first offset {self.first}, got {self.end}")
        return self

    @property
    def is_start(self) -> bool:
        """Whether it marks the start of a run and places nothing."""
        return self.first == self.end and not self.claim

    @property
    def key(self) -> str:
        """The record's key on the topic: each is kept, for what comes late must not displace what counts."""
        if self.claim:
            return f"{self.partition}|{self.run}|claim {self.claim}"
        return f"{self.partition}|{self.run}" if self.is_start else f"{self.partition}|{self.run}|{self.first}"
