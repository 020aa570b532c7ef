"""What topic administration found: made, there, missing, different."""

from dataclasses import dataclass
from typing import Final

from dataflows.kafka.compaction_lag import LAG

REMEDY: Final = "create it anew as designed, or set CANDELABRA_* as it is (see `doctor`)"
"""What to do about a difference that is a trouble."""
_MEANINGS: Final = {
    "partitions": "as it is, keys and symbols may have moved between partitions",
    "replication.factor": "as it is, records are lost with so many brokers as hold them",
    "cleanup.policy": "as it is, records may be removed that are needed, or kept for ever",
    LAG: "less of it lets compaction remove commands, and a rebuild is refused then; set it on the topic",
}


@dataclass(frozen=True, slots=True)
class TopicDifference:
    """One setting of an existing topic that is not as it must be.

    Attributes:
        topic: name on the broker, with prefix.
        setting: ``partitions``, ``replication.factor``, ``cleanup.policy``, or of control ``min.compaction.lag.ms``.
        expected: value wanted; of what need not be just so, in words.
        found: value the broker tells, or ``(not told)``.
    """

    topic: str
    setting: str
    expected: str
    found: str

    def __str__(self) -> str:
        """Say it in one line."""
        return f"topic {self.topic}: {self.setting} is {self.found}, expected {self.expected}"

    @property
    def meaning(self) -> str:
        """What can come of it, to be said after it."""
        return _MEANINGS[self.setting]

    @property
    def is_trouble(self) -> bool:
        """Whether a deployment that runs is in trouble by it: not by what only a rebuild may miss one day."""
        return self.setting != LAG


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
        """Whether every topic is there, and none in a way that is trouble."""
        return not self.missing and not any(one.is_trouble for one in self.differences)
