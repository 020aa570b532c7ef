"""Client configurations: what this program asks of librdkafka, on top of how to reach the broker."""

import logging
from collections.abc import Mapping
from typing import Any

ClientConfig = Mapping[str, str | int | float | bool]
"""How to reach the broker: ``bootstrap.servers``, TLS and SASL. Holds secrets: never shown."""

logger = logging.getLogger(__name__)
"""What librdkafka has to say; on a terminal only if somebody sets up logging, for errors that count are raised."""
logger.addHandler(logging.NullHandler())  # else Python prints to stderr whatever nobody handles


def reader_config(client_config: ClientConfig) -> dict[str, Any]:
    """A consumer that is told what to read by ``assign``, and for which a lost offset is an error, never a jump."""
    return {
        "group.id": "candelabra",  # librdkafka wants one; partitions are assigned by hand, so it balances nothing
        "fetch.wait.max.ms": 100,
        **client_config,
        "enable.auto.commit": False,
        "auto.offset.reset": "error",
        "logger": logger,
    }


def writer_config(client_config: ClientConfig) -> dict[str, Any]:
    """An idempotent producer that has every record acknowledged in full, and partitions as Java clients do."""
    return {
        "linger.ms": 1,
        "message.timeout.ms": 45_000,  # below what a sink waits in snapshot(): it is to hear why, not to give up
        "compression.type": "lz4",
        "partitioner": "murmur2_random",
        "queue.buffering.max.messages": 200_000,
        **client_config,
        "enable.idempotence": True,
        "acks": "all",
        "logger": logger,
    }
