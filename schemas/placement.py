"""Before which candle of a partition control records are worked: decided once, then the same in every re-run."""

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from schemas.record import Record

Offset = Annotated[int, Field(ge=0, le=2**63 - 1)]


class Placement(Record):
    """Control records with offsets from ``first`` to before ``end`` are worked before the candle at ``candles``.

    ``run`` is the life of the part of this candle ``partition`` that decided it; where two lives did, the later counts.
    It is no part of the decision, but of the key: what an earlier life sent, and comes late, must not displace it.

    Where ``first`` equals ``end`` it is the start marker of a run: the run has placed what it found, and works candles
    from then on. ``candles`` is then the offset at which the first run began, handed on from run to run, and
    ``parameters`` the canonical JSON of what the answers of this run depend on beside candles and control records.
    """

    partition: int = Field(ge=0, le=2**31 - 1)
    run: int = Field(ge=1, le=2**31 - 1)
    candles: Offset
    first: Offset
    end: Offset
    parameters: Annotated[str, StringConstraints(max_length=10_000)] = ""

    @model_validator(mode="after")
    def _goes_forward(self) -> Self:
        if self.end < self.first:
            raise ValueError(f"expected an end at or after the first offset {self.first}, got {self.end}")
        return self

    @property
    def is_start(self) -> bool:
        """Whether it marks the start of a run and places nothing."""
        return self.first == self.end

    @property
    def key(self) -> str:
        """The record's key on the topic: of start markers the last one of a partition is kept, of placements all."""
        return str(self.partition) if self.is_start else f"{self.partition}|{self.run}|{self.first}"
