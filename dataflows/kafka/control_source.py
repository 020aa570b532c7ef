"""The control topic's answers: each command accepted or refused, once, whatever the number of workers."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition

from dataflows.kafka.client import ClientConfig
from dataflows.kafka.control_log import ControlLog
from dataflows.stop import StopFlag
from operators.control.registry import Registry
from operators.strategy.catalog import Catalog
from schemas.codec import Codec
from schemas.dead_letter import DeadLetter
from schemas.lifecycle import StrategyStatus

POLL_INTERVAL = timedelta(milliseconds=50)

Item = tuple[str, StrategyStatus | DeadLetter]


@dataclass(frozen=True)
class ControlSource(FixedPartitionedSource[Item, int]):
    """Answers to the records of the control topic. Its state is the next offset: the log itself holds the rest."""

    client_config: ClientConfig = field(repr=False)  # may hold secrets
    topic: str
    codec: Codec
    catalog: Catalog
    stop: StopFlag
    bounded: bool = False

    def list_parts(self) -> list[str]:
        """One part: the topic has one partition, for the sake of one order."""
        return ["0"]

    def build_part(self, step_id: str, for_part: str, resume_state: int | None) -> "ControlPart":
        """The one part."""
        del step_id, for_part
        return ControlPart(self, resume_state or 0)


class ControlPart(StatefulSourcePartition[Item, int]):
    """The control log, answered record by record."""

    def __init__(self, source: ControlSource, answered: int) -> None:
        self._source = source
        self._log = ControlLog(source.client_config, source.topic, source.codec)
        self._registry = Registry(source.catalog)
        self._answers: list[Item] = []
        for entry in self._log.whole():
            answer = self._answer(entry.record)
            if entry.offset >= answered:
                self._answers.append(answer)

    def _answer(self, record: object) -> Item:
        answer = record if isinstance(record, DeadLetter) else self._registry.apply(record)  # type: ignore[arg-type]
        return answer.key, answer

    def next_batch(self) -> Iterable[Item]:
        """Answers to whatever has come."""
        answers, self._answers = self._answers, []
        answers += [self._answer(entry.record) for entry in self._log.poll()]
        if not answers and (self._source.bounded or self._source.stop.is_set):
            raise StopIteration
        return answers

    def next_awake(self) -> datetime | None:
        """Commands are rare: look twenty times a second."""
        return datetime.now(UTC) + POLL_INTERVAL

    def snapshot(self) -> int:
        """The next offset."""
        return self._log.position

    def close(self) -> None:
        """Leave the broker."""
        self._log.close()
