"""One producer for each broker and process: parts share its connections, its batches and its order."""

import os
import threading
from weakref import WeakValueDictionary

from confluent_kafka import Producer

from dataflows.kafka.client import ClientConfig, writer_config

_Identity = tuple[int, tuple[tuple[str, str | int | float | bool], ...]]

_lock = threading.Lock()


class SharedProducer(Producer):
    """An idempotent producer that lives as long as somebody holds it. Safe to use from any thread."""


_producers: WeakValueDictionary[_Identity, SharedProducer] = WeakValueDictionary()


def shared_producer(client_config: ClientConfig) -> SharedProducer:
    """The process's producer for this way of reaching a broker; a forked child gets its own: threads do not fork."""
    identity = (os.getpid(), tuple(sorted(client_config.items())))
    with _lock:
        producer = _producers.get(identity)
        if producer is None:
            producer = _producers[identity] = SharedProducer(writer_config(client_config))
        return producer


def give_up(producer: SharedProducer) -> None:
    """Drop what the producer has not delivered, and let nobody share it any more.

    After a failure a run begins again from its last snapshot and produces the rest anew; a record that this producer
    still delivered then would be a repeat.
    """
    with _lock:
        for identity in [identity for identity, known in _producers.items() if known is producer]:
            del _producers[identity]
    producer.purge()
