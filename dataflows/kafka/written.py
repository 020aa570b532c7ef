"""One partition of an output topic, read for what is on it already."""

import time
from collections.abc import Callable, Iterator

from confluent_kafka import Consumer, Message, TopicPartition

from dataflows.errors import OffsetLost
from dataflows.kafka.already import Already, Sought
from dataflows.kafka.client import ClientConfig, reader_config
from dataflows.kafka.messages import checked, is_end
from dataflows.kafka.metadata import TIMEOUT_SECONDS, offset_range, partition_count
from dataflows.kafka.patience import Patience
from operators.snapshot import SnapshotRefused

_READ_SECONDS = 0.05
"""Short, because the client waits this long for a full batch even when the end is reached."""
_FETCH_MILLISECONDS = 10
"""The broker holds the news of the partition's end back for so long."""
_END_SECONDS = 2.0
"""For a broker that was only just started to know its end."""
_LOOK_SECONDS = 0.1
_AT_ONCE = 10_000
_NEAR = 10_000
"""So many offsets that are not sought are read over: that costs less than to begin anew behind them."""


class Written:
    """A reader of one partition; to be closed. ``asked_to_end`` says whether somebody wants the end meanwhile."""

    def __init__(
        self,
        client_config: ClientConfig,
        topic: str,
        partition: int,
        asked_to_end: Callable[[], bool] = lambda: False,
    ) -> None:
        self._client_config = client_config
        config = {
            **reader_config(client_config),
            "enable.partition.eof": True,
            "fetch.wait.max.ms": _FETCH_MILLISECONDS,
        }
        self._consumer = Consumer(config)
        self._topic = topic
        self._partition = partition
        self._position = 0
        self._asked_to_end = asked_to_end

    def close(self) -> None:
        """Leave the broker."""
        self._consumer.close()

    def partitions(self) -> int:
        """How many partitions the topic has; TopicMissing where there is none."""
        known = self._consumer.list_topics(self._topic, TIMEOUT_SECONDS).topics[self._topic].partitions
        return len(known) or partition_count(self._client_config, self._topic)

    def into(self, there: Already, sought: Sought) -> int:
        """Note what is there of what is sought; the partition's end.

        Raises:
            SnapshotRefused: the partition ends before what is known to be on it.
            BrokerUnreachable: its leader did not say in time which offsets there are, or what is on them.
        """
        end = sought.end
        if sought.waiting or self._range()[1] != end:
            for first, beyond in _stretches(sought):
                for message in self._read(first, beyond):
                    there.add(message.key() or b"", message.value() or b"", message.offset() or 0)
            end = self._position
        there.whole(end)
        return end

    def _read(self, first: int, beyond: int | None) -> Iterator[Message]:
        """What is left of some offsets, or of all from the first on; retention may take more of it away meanwhile."""
        self._position = max(first, self._range()[0])
        deadline = time.monotonic() + _END_SECONDS
        while beyond is None or self._position < beyond:
            self._consumer.assign([TopicPartition(self._topic, self._partition, self._position)])
            try:
                yield from self._on(beyond)
            except OffsetLost:
                oldest, end = self._range()
                if oldest <= self._position and time.monotonic() > deadline:
                    raise SnapshotRefused(
                        f"sink of {self._topic}[{self._partition}]: made when the partition had {self._position} "
                        f"records, and it ends at {end}: the topic was deleted and made anew, or the broker has lost "
                        "records"
                    ) from None
                self._position = max(self._position, oldest)
                time.sleep(_LOOK_SECONDS)
            else:
                return

    def _on(self, beyond: int | None) -> Iterator[Message]:
        """From the place that is assigned on, up to the partition's end if need be."""
        patience = Patience(f"{self._topic}[{self._partition}]", self._asked_to_end)
        while beyond is None or self._position < beyond:
            patience.at(self._position)
            for message in checked(self._consumer.consume(_AT_ONCE, _READ_SECONDS)):
                offset = message.offset() or 0
                if is_end(message):
                    self._position = offset
                    return
                self._position = offset + 1
                if beyond is None or offset < beyond:
                    yield message

    def _range(self) -> tuple[int, int]:
        """The end is not to be relied on with the demo broker, which takes it for the last batch's first offset."""
        return offset_range(self._consumer, self._topic, self._partition)


def _stretches(sought: Sought) -> Iterator[tuple[int, int | None]]:
    """What is sought as offsets to read from and up to (None: to the end), with few that are not sought among them."""
    first = beyond = sought.first
    for start, count in sought.waiting:
        if start - beyond > _NEAR:
            yield first, beyond
            first = start
        beyond = start + count
    if sought.end - beyond > _NEAR:
        yield first, beyond
        first = sought.end
    yield first, None
