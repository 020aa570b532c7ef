"""One producer for each broker and process: parts share its connections, its batches and its order."""

import threading

from confluent_kafka import Producer

from dataflows.kafka.client import ClientConfig, writer_config

_lock = threading.Lock()
_producers: dict[tuple[tuple[str, str | int | float | bool], ...], Producer] = {}


def shared_producer(client_config: ClientConfig) -> Producer:
    """The process's idempotent producer for this way of reaching a broker."""
    identity = tuple(sorted(client_config.items()))
    with _lock:
        producer = _producers.get(identity)
        if producer is None:
            producer = _producers[identity] = Producer(writer_config(client_config))
        return producer
