"""Client configurations: what this program asks of librdkafka, on top of how to reach the broker."""

from collections.abc import Mapping

ClientConfig = Mapping[str, str | int | float | bool]
"""How to reach the broker: ``bootstrap.servers``, TLS and SASL. Holds secrets: never shown."""


def reader_config(client_config: ClientConfig) -> dict[str, str | int | float | bool]:
    """A consumer that is told what to read by ``assign``, and for which a lost offset is an error, never a jump."""
    return {
        "group.id": "candelabra",  # librdkafka wants one; partitions are assigned by hand, so it balances nothing
        "fetch.wait.max.ms": 100,
        **client_config,
        "enable.auto.commit": False,
        "auto.offset.reset": "error",
    }


def writer_config(client_config: ClientConfig) -> dict[str, str | int | float | bool]:
    """An idempotent producer that has every record acknowledged in full, and partitions as Java clients do."""
    return {
        "linger.ms": 1,
        "compression.type": "lz4",
        "partitioner": "murmur2_random",
        "queue.buffering.max.messages": 200_000,
        **client_config,
        "enable.idempotence": True,
        "acks": "all",
    }
