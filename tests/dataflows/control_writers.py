"""What happens to a control topic beside the writer under test: others who write at the same time, and compaction."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from confluent_kafka import Producer

from dataflows.brokers.broker import Broker
from schemas import topics
from tests.dataflows.deployment import Deployment


class Interrupted(Producer):
    """Somebody else acts just before, or just after, the first record of the one who made it is written."""

    before: Callable[[], object] | None = None
    after: Callable[[], object] | None = None

    def produce(self, *arguments: Any) -> None:  # noqa: ANN401  # what Kafka's own takes
        act, Interrupted.before = Interrupted.before, None
        if act:
            act()
        super().produce(*arguments)

    def flush(self, timeout: float = -1) -> int:
        left = super().flush(timeout)
        act, Interrupted.after = Interrupted.after, None
        if act:
            act()
        return left


def compacted(deployment: Deployment, broker: Broker, tmp_path: Path) -> Deployment:
    """Another deployment, whose control topic is what compaction leaves of this one's: the last record of each key."""
    last = {message.key(): message.value() for message in deployment.messages(topics.CONTROL)}
    order = [message.key() for message in reversed(deployment.messages(topics.CONTROL))]
    keys = reversed(list(dict.fromkeys(order)))
    copy = Deployment(broker, f"compacted-{deployment.settings.topic_prefix}", tmp_path / "copy").create()
    copy.produce(topics.CONTROL, [(key, last[key]) for key in keys])
    return copy
