"""What topic administration found: made, there, missing, different."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TopicDifference:
    """One setting of an existing topic that is not as it must be.

    Attributes:
        topic: name on the broker, with prefix.
        setting: ``partitions``, ``replication.factor`` or ``cleanup.policy``.
        expected: value wanted.
        found: value the broker tells, or ``(not told)``.
    """

    topic: str
    setting: str
    expected: str
    found: str

    def __str__(self) -> str:
        """Say it in one line."""
        return f"topic {self.topic}: {self.setting} is {self.found}, expected {self.expected}"


@dataclass(frozen=True, slots=True)
class TopicReport:
    """State of all topics of the table, names with prefix, each in exactly one of the first three.

    Attributes:
        created: made by this call.
        existing: there before; as it must be unless `differences` names it.
        missing: not there; only `check_topics` leaves any.
        differences: what is other than expected; nothing of it was changed.
    """

    created: tuple[str, ...]
    existing: tuple[str, ...]
    missing: tuple[str, ...]
    differences: tuple[TopicDifference, ...]

    @property
    def ok(self) -> bool:
        """Whether every topic is there and as it must be."""
        return not self.missing and not self.differences
