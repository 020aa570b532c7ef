"""Where this deployment's topics are and how many partitions each has."""

from dataflows.kafka.topic_report import TopicReport
from dataflows.kafka.topics import check_topics, create_topics
from dataflows.settings import Settings
from schemas.topics import ALL_TOPICS, CONTROL, PLACEMENTS


def partition_counts(settings: Settings) -> dict[str, int]:
    """Partitions by topic: as set, but one for control and placements, whose readers must all see one order."""
    return {spec.name: 1 if spec in {CONTROL, PLACEMENTS} else settings.partitions for spec in ALL_TOPICS}


def create(settings: Settings) -> TopicReport:
    """Make what is missing and compare the rest."""
    return create_topics(
        settings.kafka_client_config(),
        prefix=settings.topic_prefix,
        partitions=partition_counts(settings),
        replication_factor=settings.replication_factor,
    )


def check(settings: Settings) -> TopicReport:
    """Compare only."""
    return check_topics(
        settings.kafka_client_config(),
        prefix=settings.topic_prefix,
        partitions=partition_counts(settings),
        replication_factor=settings.replication_factor,
    )
