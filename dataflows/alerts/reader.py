"""The topics that rules look at, read from where the last run of this process stood."""

from collections.abc import Mapping, Sequence

from dataflows.kafka.client import ClientConfig
from dataflows.kafka.follow import Followed, FollowedRecord, TopicFollower
from dataflows.kafka.near_end import Place


class AlertReader(TopicFollower):
    """A spectator that remembers its place.

    Args:
        client_config: librdkafka settings, at least ``bootstrap.servers``.
        topics: what to read, and where to begin on a partition that has no place yet.
        offsets: the next offset of each partition that was read before. One that is gone from the broker is read from
            the oldest record that is left: what was seen already is older than what the rules know and changes nothing.
    """

    def __init__(
        self,
        client_config: ClientConfig,
        topics: Sequence[Followed],
        offsets: Mapping[Place, int],
        *,
        timeout_s: float = 8.0,
    ) -> None:
        self.offsets = dict(offsets)  # before the base class looks for its topics
        super().__init__(client_config, topics, missing="wait", timeout_s=timeout_s)

    @property
    def is_at_end(self) -> bool:
        """Whether all that is there was read at least once; a topic that does not exist yet has nothing."""
        return bool(self._assigned) and self._at_end >= self._assigned

    def poll(self, max_records: int = 1_000, timeout_s: float = 0.0) -> list[FollowedRecord]:
        """As the base class; what is returned counts as read."""
        found = super().poll(max_records, timeout_s)
        for one in found:
            self.offsets[one.topic, one.partition] = one.offset + 1
        return found

    def _first_offsets(self, places: set[Place]) -> dict[Place, int]:
        known = {place: self.offsets[place] for place in places if place in self.offsets}
        found = super()._first_offsets(places - known.keys()) | known
        self.offsets |= found
        return found
