"""The dead letters of a deployment, as they lie on their topic."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from dataflows.errors import BrokerUnreachable
from dataflows.kafka.follow import Followed, TopicFollower
from dataflows.settings import Settings
from schemas.codec import Codec
from schemas.dead_letter import DeadLetter
from schemas.record import EPOCH, from_milliseconds
from schemas.topics import DEAD_LETTER

_BATCH = 2_000
_PATIENCE = 30
"""So many times nothing may come, for a second each, before the broker is said to be gone."""


@dataclass(frozen=True, slots=True, order=True)
class StoredLetter:
    """A letter with its own place; letters sort by when they were written.

    ``recorded`` is when the letter was written, by the clock of the worker that refused the record.
    """

    recorded: datetime
    partition: int
    offset: int
    letter: DeadLetter = field(compare=False)


def letters(
    settings: Settings, codec: Codec, *, progress: Callable[[int], None] = lambda _count: None
) -> Iterator[StoredLetter]:
    """Every letter that is on the topic now, partition by partition as they come; memory for a batch at a time.

    ``progress`` is told how many more records were read. What others wrote to the topic is passed over.

    Raises:
        BrokerUnreachable: nobody answers, or not any more.
        TopicMissing: there is no dead-letter topic.
    """
    followed = Followed(DEAD_LETTER.prefixed(settings.topic_prefix), lambda value: codec.decode(value, DeadLetter))
    silent = 0
    with TopicFollower(settings.kafka_client_config(), [followed]) as follower:
        while not follower.caught_up:
            found = follower.poll(_BATCH, timeout_s=1.0)
            silent = 0 if found else silent + 1
            if silent > _PATIENCE:
                raise BrokerUnreachable(
                    f"{followed.topic}: the broker stopped answering: {follower.trouble or 'silence'}"
                )
            for one in found:
                if isinstance(one.record, DeadLetter):
                    recorded = EPOCH if one.timestamp_ms is None else from_milliseconds(one.timestamp_ms)
                    yield StoredLetter(recorded, one.partition, one.offset, one.record)
            progress(len(found))
