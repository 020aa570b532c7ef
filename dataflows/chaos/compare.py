"""What lies on the topics beside what should: what is lost, what is there too often, what is different."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from dataflows.kafka.record_types import RECORDS_OF
from dataflows.prove.compare import Written
from schemas.codec import Codec, DecodeError
from schemas.framing import SingleObject

SHOWN = 5
"""Of each topic."""

_CODEC = Codec(SingleObject())


@dataclass(frozen=True)
class Finding:
    """The first thing that is wrong under one key, in JSON where it is a record."""

    kind: str
    topic: str
    key: str
    detail: str


@dataclass
class Compared:
    """How many records were compared, and how many are not as they should be.

    Attributes:
        records: of the reference, by topic.
        lost: in the reference, and not there, or not as often.
        repeated: there more often than in the reference.
        different: there, and not in the reference at all; or not in the order of the reference.
        findings: the first of each key, of each topic at most ``SHOWN``.
    """

    records: dict[str, int]
    lost: int = 0
    repeated: int = 0
    different: int = 0
    findings: list[Finding] = field(default_factory=list)


def compared(reference: Written, found: Written) -> Compared:
    """Every key of every topic, as a sequence, byte for byte."""
    sums = Compared({topic: sum(map(len, keys.values())) for topic, keys in reference.items()})
    for topic in sorted({*reference, *found}):
        ours, theirs = reference.get(topic, {}), found.get(topic, {})
        for key in sorted({*ours, *theirs}):
            expected, there = ours.get(key, ()), theirs.get(key, ())
            if list(expected) != list(there):
                _count(sums, topic, key, expected, there)
    return sums


def _count(sums: Compared, topic: str, key: str, expected: Sequence[bytes], there: Sequence[bytes]) -> None:
    wanted, have = Counter(expected), Counter(there)
    lost, more = wanted - have, have - wanted
    repeated = Counter({record: count for record, count in more.items() if record in wanted})
    foreign = more - repeated
    in_both = wanted & have
    pairs = zip(_kept(expected, in_both), _kept(there, in_both), strict=True)
    moved = [one for one, other in pairs if one != other]
    sums.lost += lost.total()
    sums.repeated += repeated.total()
    sums.different += foreign.total() + len(moved)
    for kind, records in (("lost", lost), ("repeated", repeated), ("different", foreign), ("out of order", moved)):
        if records and sum(finding.topic == topic for finding in sums.findings) < SHOWN:
            first = next(iter(records))
            sums.findings.append(Finding(kind, topic, key, _shown(topic, first)))


def _kept(records: Sequence[bytes], of: Counter[bytes]) -> Iterator[bytes]:
    """The first so many of each record, in their order."""
    left = of.copy()
    for record in records:
        if left[record]:
            left[record] -= 1
            yield record


def _shown(topic: str, payload: bytes) -> str:
    """As JSON; as hexadecimal where it is none of the topic's records."""
    try:
        return _CODEC.decode_any(payload, RECORDS_OF[topic]).model_dump_json()
    except DecodeError:
        return payload.hex()
