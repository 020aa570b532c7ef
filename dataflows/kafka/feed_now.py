"""Which feed there is now, asked of the broker."""

from dataflows.kafka.client import ClientConfig
from dataflows.kafka.metadata import partition_counts, require_single_partition
from dataflows.kafka.source_state import Feed
from dataflows.kafka.topic_ids import topic_ids
from dataflows.settings import Settings
from schemas.topics import CANDLES, CONTROL


def feed_now(client_config: ClientConfig, candles: str, control: str) -> Feed:
    """The feed of two topics.

    Raises:
        TopicMissing: one of them is not there.
        TopicUnfit: the control topic has more than one partition.
        BrokerUnreachable: nobody answered.
    """
    count, of_control = partition_counts(client_config, (candles, control))
    require_single_partition(control, of_control)
    ids = topic_ids(client_config, (candles, control))
    return Feed(candles, control, (ids[0], ids[1]), count)


def feed_of(settings: Settings) -> Feed:
    """The feed of a deployment; raises as ``feed_now``."""
    prefix = settings.topic_prefix
    return feed_now(settings.kafka_client_config(), CANDLES.prefixed(prefix), CONTROL.prefixed(prefix))
