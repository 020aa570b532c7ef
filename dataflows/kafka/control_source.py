"""The control topic's answers: each command accepted or refused, once, whatever the number of workers.

An entry of the watchlist, or a record of a portfolio, concerns no strategy, so there is no status to give: what follows
from it, the series that act on it and the portfolio say. One that is refused becomes a dead letter.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypedDict

from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition

from dataflows.kafka.client import ClientConfig
from dataflows.kafka.control_log import ControlEntry, ControlLog
from dataflows.kafka.metadata import check_single_partition
from dataflows.stop import StopFlag
from operators.control.portfolios import Enlisted
from operators.control.registry import Registry
from operators.control.watchlist import Listed
from operators.snapshot import check_version
from operators.strategy.catalog import Catalog
from operators.tally import Tally
from schemas.codec import Codec
from schemas.dead_letter import DeadLetter
from schemas.lifecycle import StrategyStatus

SCHEMA_VERSION = 2

POLL_INTERVAL = timedelta(milliseconds=50)

Item = tuple[str, StrategyStatus | DeadLetter]


class AnswersState(TypedDict):
    """The offset of the next record of the control topic that has no answer yet: the log itself holds the rest."""

    schema_version: int
    control: int


@dataclass(frozen=True)
class ControlSource(FixedPartitionedSource[Item, AnswersState]):
    """Answers to the records of the control topic."""

    client_config: ClientConfig = field(repr=False)  # may hold secrets
    topic: str
    codec: Codec
    catalog: Catalog
    tally: Tally
    stop: StopFlag
    bounded: bool = False

    def list_parts(self) -> list[str]:
        """One part: the topic has one partition, for the sake of one order."""
        check_single_partition(self.client_config, self.topic)
        return ["0"]

    def build_part(self, step_id: str, for_part: str, resume_state: AnswersState | int | None) -> "ControlPart":
        """The one part. Version 1 of its state was the offset alone.

        Raises:
            SnapshotRefused: the state has a form that is not known.
        """
        del step_id, for_part
        if resume_state is None or isinstance(resume_state, int):
            return ControlPart(self, resume_state or 0)
        check_version("control source", resume_state.get("schema_version"), SCHEMA_VERSION)
        return ControlPart(self, resume_state["control"])


class ControlPart(StatefulSourcePartition[Item, AnswersState]):
    """The control log, answered record by record."""

    def __init__(self, source: ControlSource, answered: int) -> None:
        self._source = source
        self._log = ControlLog(source.client_config, source.topic, source.codec)
        self._registry = Registry(source.catalog)
        self._next = answered
        answers = [(entry.offset, self._answer(entry)) for entry in self._log.whole(lambda: source.stop.is_set)]
        self._pending = [answer for offset, answer in answers if offset >= answered]

    def _answer(self, entry: ControlEntry) -> StrategyStatus | DeadLetter | None:
        """What is to be said of a record; None where that is nothing."""
        if isinstance(entry.record, DeadLetter):
            return entry.record
        answer = self._registry.apply(entry.record)
        if isinstance(answer, Listed | Enlisted):
            return entry.refused(f"{entry.record.key}: {answer.refusal}") if answer.refusal else None
        return answer

    def next_batch(self) -> Iterable[Item]:
        """Answers to whatever has come."""
        found, self._pending = self._pending, []
        entries = self._log.poll()
        found += [self._answer(entry) for entry in entries]
        self._next = self._log.position
        self._source.tally.dead_letters += sum(isinstance(answer, DeadLetter) for answer in found)
        answers = [(answer.key, answer) for answer in found if answer is not None]
        if not answers and not entries and (self._source.bounded or self._source.stop.is_set):
            raise StopIteration
        return answers

    def next_awake(self) -> datetime | None:
        """Commands are rare: look twenty times a second."""
        return datetime.now(UTC) + POLL_INTERVAL

    def snapshot(self) -> AnswersState:
        """The next offset that has no answer yet."""
        return AnswersState(schema_version=SCHEMA_VERSION, control=self._next)

    def close(self) -> None:
        """Leave the broker."""
        self._log.close()
