"""Output topics that a round of a bench begins on empty: a sink that starts cold looks for what is there already."""

from collections.abc import Iterable

from confluent_kafka import OFFSET_END, TopicPartition
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource

from dataflows.brokers.contact import admin_client
from dataflows.kafka.client import ClientConfig
from dataflows.kafka.metadata import partition_count


def let_be_emptied(config: ClientConfig, topic: str) -> None:
    """A compacted topic refuses that records are deleted; one that is both does not."""
    admin = admin_client(config)  # its answers come only as long as somebody holds it
    entry = ConfigEntry("cleanup.policy", "compact,delete", incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource("topic", topic, incremental_configs=[entry])
    for future in admin.incremental_alter_configs([resource]).values():
        future.result()


def empty(config: ClientConfig, topics: Iterable[str]) -> None:
    """Delete all records of these topics."""
    partitions = ((topic, number) for topic in topics for number in range(partition_count(config, topic)))
    ends = [TopicPartition(topic, number, OFFSET_END) for topic, number in partitions]
    admin = admin_client(config)
    for future in admin.delete_records(ends).values():
        future.result()
