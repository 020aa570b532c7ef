"""Alerts by rules that are not on the topic yet, as far as this process has seen them there.

Saved before they are written and forgotten when they are read back, so that a process that dies in between neither
loses nor repeats one.
"""

from collections.abc import Iterable, Iterator
from functools import partial

from confluent_kafka import KafkaError, Message, Producer

from dataflows.kafka.client import ClientConfig, writer_config
from schemas.alert import Alert
from schemas.codec import Codec


class Untold:
    """Writes them to a topic, each until it is read back."""

    def __init__(self, client_config: ClientConfig, topic: str, codec: Codec, resume: Iterable[str] = ()) -> None:
        self._alerts = {alert.id: alert for alert in map(Alert.model_validate_json, resume)}
        self._handed: set[str] = set()
        self._producer = Producer(writer_config(client_config))
        self._topic = topic
        self._codec = codec

    def __len__(self) -> int:
        """How many there are."""
        return len(self._alerts)

    def __iter__(self) -> Iterator[Alert]:
        """Each of them, the oldest first."""
        return iter(list(self._alerts.values()))

    def snapshot(self) -> list[str]:
        """The alerts as JSON texts."""
        return [alert.model_dump_json() for alert in self._alerts.values()]

    def add(self, alert: Alert) -> None:
        """One more."""
        self._alerts.setdefault(alert.id, alert)

    def seen(self, alert: Alert) -> bool:
        """It is on the topic; False where it is none of these."""
        self._handed.discard(alert.id)
        return self._alerts.pop(alert.id, None) is not None

    def drop_what_is_over(self) -> None:
        """Forget alerts that were resolved among these, and their ends: nobody has heard of them."""
        standing: dict[str, list[str]] = {}
        for alert in list(self._alerts.values()):
            names = standing.setdefault(alert.key, [])
            if alert.state != "resolved":
                names.append(alert.id)
            elif names:
                for name in (*names, alert.id):
                    del self._alerts[name]
                names.clear()

    def write(self) -> None:
        """Hand to the producer what it does not have; what the broker refuses is handed over again the next time."""
        for alert in self._alerts.values():
            if alert.id in self._handed:
                continue
            try:
                self._producer.produce(
                    self._topic,
                    self._codec.encode(alert),
                    key=alert.key.encode(),
                    on_delivery=partial(self._delivered, alert.id),
                )
            except BufferError:  # full: the rest the next time
                break
            self._handed.add(alert.id)
        self._producer.poll(0)

    def flush(self, seconds: float) -> None:
        """Wait for the broker."""
        self._producer.flush(seconds)

    def _delivered(self, name: str, error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            self._handed.discard(name)
