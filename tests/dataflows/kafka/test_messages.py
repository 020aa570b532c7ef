"""What the client says beside records: what passes is let pass, what cannot be mended is raised with its cause."""

from dataclasses import dataclass

import pytest
from confluent_kafka import KafkaError

from dataflows.errors import BrokerError, OffsetLost, TopicMissing
from dataflows.kafka.messages import checked, dead_letter_of, is_end
from schemas.dead_letter import Reason
from schemas.decode_error import DecodeError


@dataclass
class Said:
    """What confluent-kafka's Message offers, which cannot be made by hand."""

    code: int | None = None

    def error(self) -> KafkaError | None:
        return None if self.code is None else KafkaError(self.code)

    def topic(self) -> str:
        return "candles"

    def partition(self) -> int:
        return 3

    def offset(self) -> int:
        return 41

    def key(self) -> bytes:
        return b"AAA"

    def value(self) -> bytes:
        return b"raw"


def test_records_and_ends_come_through_and_passing_trouble_does_not() -> None:
    record, end = Said(), Said(KafkaError._PARTITION_EOF)  # noqa: SLF001  # librdkafka's own name, as all below
    passing = [Said(KafkaError._TRANSPORT), Said(KafkaError._ALL_BROKERS_DOWN), Said(KafkaError._TIMED_OUT)]  # noqa: SLF001  # as above
    through = list(checked([record, *passing, end]))  # type: ignore[list-item]  # see Said
    assert [id(message) for message in through] == [id(record), id(end)]
    assert [is_end(message) for message in through] == [False, True]


@pytest.mark.parametrize(
    ("code", "error", "text"),
    [
        (KafkaError._AUTO_OFFSET_RESET, OffsetLost, "is not on the broker any more .*`candelabra run --cold`"),  # noqa: SLF001  # as above
        (KafkaError.UNKNOWN_TOPIC_OR_PART, TopicMissing, "was it deleted while it was read"),
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, BrokerError, "Topic authorization failed"),
    ],
)
def test_what_cannot_be_mended_is_raised(code: int, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=rf"candles\[3\]: .*{text}"):
        list(checked([Said(code)]))  # type: ignore[list-item]  # see Said


def test_a_dead_letter_says_where_its_record_came_from() -> None:
    letter = dead_letter_of(Said(), DecodeError(Reason.INVALID, "why"))  # type: ignore[arg-type]  # see Said
    assert (letter.topic, letter.partition, letter.offset) == ("candles", 3, 41)
    assert (letter.reason, letter.detail, letter.record_key, letter.value) == (Reason.INVALID, "why", b"AAA", b"raw")
