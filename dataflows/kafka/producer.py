"""One producer for each broker and process: parts share its connections, its batches and its order."""

import os
import threading
import time
from collections.abc import Callable
from weakref import WeakValueDictionary

from confluent_kafka import KafkaError, Producer

from dataflows.kafka.client import ClientConfig, writer_config

_SILENCE_SECONDS = 270.0
"""How long the broker may acknowledge nothing at all. A slow one that goes on is waited for, however long."""

_PATIENCE = 0.9
"""Of the time that the client gives a record, where it is told to give one. A record whose time is over leaves a gap
before those that are younger by a moment and may still come through; so whoever waits gives up before."""

_SLICE_SECONDS = 1.0

_ANSWER_SECONDS = 5.0
"""For what is on its way when a producer is given up."""

_Identity = tuple[int, tuple[tuple[str, str | int | float | bool], ...]]

_lock = threading.Lock()


class SharedProducer(Producer):
    """An idempotent producer that lives as long as somebody holds it. Safe to use from any thread.

    Attributes:
        patience_s: how long to wait for a broker that acknowledges nothing, in seconds.
        given_up: why nothing may be produced any more; None while it may.
    """

    def __init__(self, client_config: ClientConfig) -> None:
        # Never one record alone: a slow broker is back-pressure, and for a silent one all is given up together.
        config = writer_config({"message.timeout.ms": 0, **client_config})
        self._said: list[str] = []
        super().__init__({**config, "error_cb": _noting(self._said)})
        given_s = int(config["message.timeout.ms"]) / 1_000
        self.patience_s = _PATIENCE * given_s if given_s else _SILENCE_SECONDS
        self.given_up: str | None = None

    def settle(self) -> str | None:
        """Wait until all is acknowledged. None then; else why it is not, after ``patience_s`` in which nothing was."""
        self._said.clear()
        left, heard = len(self), time.monotonic()
        while still := self.flush(min(_SLICE_SECONDS, self.patience_s)):
            now = time.monotonic()
            if still < left:
                left, heard = still, now
            elif now - heard >= self.patience_s:
                what = f"{still} record{'' if still == 1 else 's'} not acknowledged within {self.patience_s:g} s"
                return self.unanswered(what)
        return None

    def unanswered(self, what: str) -> str:
        """What was waited for in vain, with what the client said last of its connections."""
        return f"{what} ({self._said[0]})" if self._said else what


def _noting(said: list[str]) -> Callable[[KafkaError], None]:
    """Keeps the last error. It does not hold the producer, which is to end with its last holder."""

    def note(error: KafkaError) -> None:
        said[:] = [error.str()]

    return note


_producers: WeakValueDictionary[_Identity, SharedProducer] = WeakValueDictionary()


def shared_producer(client_config: ClientConfig) -> SharedProducer:
    """The process's producer for this way of reaching a broker; a forked child gets its own: threads do not fork."""
    identity = (os.getpid(), tuple(sorted(client_config.items())))
    with _lock:
        producer = _producers.get(identity)
        if producer is None:
            producer = _producers[identity] = SharedProducer(client_config)
        return producer


def give_up(producer: SharedProducer, why: str = "another part of the process failed") -> None:
    """Drop what the producer has not delivered, and let nobody use it any more.

    After a failure a run begins again from its last snapshot and produces the rest anew; a record that this producer
    still delivered then would be a repeat. What is on its way to the broker cannot be called back: it is waited for.
    """
    with _lock:
        for identity in [identity for identity, known in _producers.items() if known is producer]:
            del _producers[identity]
        producer.given_up = producer.given_up or why
    try:
        producer.purge(in_flight=False)
        producer.flush(_ANSWER_SECONDS)
    finally:
        producer.purge()
