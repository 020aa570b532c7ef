"""What tells a topic from another one of the same name: the id that the broker gave it when it was made."""

from collections.abc import Callable, Sequence

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import TopicDescription

from dataflows.brokers.contact import admin_client
from dataflows.errors import BrokerUnreachable
from dataflows.kafka.client import ClientConfig
from dataflows.kafka.metadata import TIMEOUT_SECONDS

_NONE = "AAAAAAAAAAAAAAAAAAAAAA"
"""Sixteen zero bytes: the broker knows of no ids."""

_NOT_TOLD = {
    KafkaError.UNSUPPORTED_VERSION,
    KafkaError._UNSUPPORTED_FEATURE,  # noqa: SLF001  # librdkafka's own name
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
}
"""An old broker, or one that this user may not ask."""


def topic_ids(client_config: ClientConfig, topics: Sequence[str]) -> tuple[str, ...]:
    """The id of each topic (22 characters), in order; empty where the broker does not tell it.

    Raises:
        BrokerUnreachable: it did not answer, or does not know of a topic.
    """
    admin = admin_client(client_config)  # held until the answers are there: they go with it
    found = admin.describe_topics(TopicCollection(list(topics)), request_timeout=TIMEOUT_SECONDS)
    return tuple(_id(found[topic].result, topic) for topic in topics)


def _id(answer: Callable[[], TopicDescription], topic: str) -> str:
    try:
        told = str(answer().topic_id)
    except KafkaException as failure:
        error: KafkaError = failure.args[0]
        if error.code() in _NOT_TOLD:
            return ""
        raise BrokerUnreachable(f"{topic}: the broker did not say which topic it is: {error.str()}") from failure
    return "" if told == _NONE else told
