"""Client configurations: what this program asks of librdkafka, on top of how to reach the broker."""

import logging
from collections.abc import Mapping
from typing import Any

from dataflows.kafka.client_log import Calm, harmless_at_debug

ClientConfig = Mapping[str, str | int | float | bool]
"""How to reach the broker: ``bootstrap.servers``, TLS and SASL. Holds secrets: never shown."""

logger = logging.getLogger(__name__)
"""What librdkafka has to say; on a terminal only if somebody sets up logging, for errors that count are raised."""
logger.addHandler(logging.NullHandler())  # else Python prints to stderr whatever nobody handles

logger.addFilter(harmless_at_debug)
logger.addFilter(Calm())


def reader_config(client_config: ClientConfig) -> dict[str, Any]:
    """A consumer that is told what to read by ``assign``, and for which a lost offset is an error, never a jump."""
    return {
        "group.id": "candelabra",  # librdkafka wants one; partitions are assigned by hand, so it balances nothing
        "fetch.wait.max.ms": 100,
        "queued.max.messages.kbytes": 16_384,  # of each consumer: who is behind must not read ahead without bound
        **client_config,
        "enable.auto.commit": False,
        "auto.offset.reset": "error",
        "logger": logger,
    }


def writer_config(client_config: ClientConfig) -> dict[str, Any]:
    """An idempotent producer that has every record acknowledged in full, and partitions as Java clients do."""
    return {
        "linger.ms": 1,
        # A broker that restarts, or stops for a minute, slows who writes and does not end it.
        "message.timeout.ms": 300_000,
        "compression.type": "lz4",
        "partitioner": "murmur2_random",
        "queue.buffering.max.messages": 200_000,
        "queue.buffering.max.kbytes": 65_536,
        **client_config,
        "enable.idempotence": True,
        "acks": "all",
        "logger": logger,
    }
