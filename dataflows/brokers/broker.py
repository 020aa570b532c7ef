"""What every broker offers, whoever started it."""

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class Broker(ABC):
    """A running Kafka-compatible broker: ready when constructed, gone after `stop()` or the `with` block.

    Attributes:
        name: what it is, for reports and bench results, e.g. ``Apache Kafka``.
        version: its release, or ``unknown``.
        bootstrap_servers: ``host:port`` list for a client's ``bootstrap.servers``.
    """

    name: str
    version: str
    bootstrap_servers: str

    @abstractmethod
    def stop(self) -> None:
        """End the broker and remove what it wrote; a second call does nothing."""

    def __enter__(self) -> Self:
        """Return the broker, which already runs."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it, whatever happened inside the block."""
        self.stop()

    def __repr__(self) -> str:
        """Name, version and address; nothing here is secret."""
        return f"<{type(self).__name__} {self.version} at {self.bootstrap_servers}>"
