"""A broker that somebody else runs."""

from dataflows.brokers.broker import Broker
from dataflows.brokers.contact import wait_for_broker


class ExternalBroker(Broker):
    """A broker that was there before us and stays after us: `stop()` leaves it alone."""

    name = "external Kafka"
    version = "unknown"  # the protocol does not tell it

    def __init__(self, bootstrap_servers: str) -> None:
        """Note the address; `connect_broker` also checks that somebody answers there."""
        self.bootstrap_servers = bootstrap_servers

    def stop(self) -> None:
        """Do nothing: whoever started it stops it."""


def connect_broker(bootstrap_servers: str, *, timeout_s: float = 8.0) -> ExternalBroker:
    """Return the plaintext broker at `bootstrap_servers` (``host:port,...``) once it answers.

    Raises:
        BrokerUnreachable: nobody answered within `timeout_s` seconds.
    """
    wait_for_broker({"bootstrap.servers": bootstrap_servers}, timeout_s=timeout_s)
    return ExternalBroker(bootstrap_servers)
