"""What the broker says of a topic."""

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from dataflows.errors import BrokerUnreachable, TopicMissing
from dataflows.kafka.client import ClientConfig
from schemas.names import did_you_mean

TIMEOUT_SECONDS = 8.0


def partition_count(client_config: ClientConfig, topic: str) -> int:
    """How many partitions a topic has; TopicMissing where there is none, BrokerUnreachable where nobody answers."""
    servers = client_config.get("bootstrap.servers")
    try:
        # All topics, not this one: the embedded broker makes a topic of any name that it is asked for.
        topics = AdminClient(dict(client_config)).list_topics(timeout=TIMEOUT_SECONDS).topics
    except KafkaException as error:
        raise BrokerUnreachable(
            f"no answer from {servers} within {TIMEOUT_SECONDS:.0f} s: {error.args[0].str()}"
        ) from error
    found = topics.get(topic)
    if found is None or not found.partitions:
        hint = did_you_mean(topic, topics)
        raise TopicMissing(f"there is no topic {topic!r} on {servers}{hint}: create it with `candelabra topics create`")
    return len(found.partitions)
