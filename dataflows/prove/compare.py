"""Two runs compared: topic by topic, key by key, each record by the bytes that it has on its topic."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from dataflows.kafka.record_types import RECORDS_OF
from dataflows.prove.run import Emitted
from schemas.codec import Codec
from schemas.dead_letter import DeadLetter
from schemas.framing import SingleObject
from schemas.record import Record

Written = Mapping[str, Mapping[str, Sequence[bytes]]]
"""Payloads by topic and key, in the order of the key."""

NO_ORIGIN = {"id": "0" * 32, "topic": "", "partition": 0, "offset": 0}
"""A dead letter names the offset of what was refused, and its id follows from that. Where partitions mix the symbols in
another way the same candle has another offset, by nature: the letters are then compared without it, all else is not."""

_CODEC = Codec(SingleObject())


@dataclass(frozen=True)
class Difference:
    """What differs under one key: how many records, and the first on both sides, in JSON; None where there is none."""

    topic: str
    key: str
    records: int
    place: int
    reference: str | None
    variant: str | None


def written(emitted: Emitted, *, origins: bool) -> dict[str, dict[str, list[bytes]]]:
    """The records as they would be on their topics; without the origins of dead letters where they differ by nature."""
    return {
        topic: {key: [_payload(record, origins=origins) for record in records] for key, records in keys.items()}
        for topic, keys in emitted.items()
    }


def _payload(record: Record, *, origins: bool) -> bytes:
    return _CODEC.encode(record if origins or not isinstance(record, DeadLetter) else without_origin(record))


def without_origin(letter: DeadLetter) -> DeadLetter:
    """A dead letter as it is compared where candles have other offsets."""
    return letter.model_copy(update=NO_ORIGIN)


def count(run: Written) -> dict[str, int]:
    """Records by topic."""
    return {topic: sum(map(len, keys.values())) for topic, keys in run.items()}


def differences(reference: Written, variant: Written) -> list[Difference]:
    """Every key whose records are not the same bytes in the same order; empty where all are."""
    found = []
    for topic in sorted({*reference, *variant}):
        ours, theirs = reference.get(topic, {}), variant.get(topic, {})
        for key in sorted({*ours, *theirs}):
            pairs = list(zip_longest(ours.get(key, ()), theirs.get(key, ())))
            unequal = [place for place, (one, other) in enumerate(pairs) if one != other]
            if unequal:
                place = unequal[0]
                one, other = (_shown(payload, RECORDS_OF[topic]) for payload in pairs[place])
                found.append(Difference(topic, key, len(unequal), place, one, other))
    return found


def _shown(payload: bytes | None, kinds: tuple[type[Record], ...]) -> str | None:
    return None if payload is None else _CODEC.decode_any(payload, kinds).model_dump_json()
