"""Free loopback ports for brokers that must be told theirs."""

import socket

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """Return a TCP port that was free on the loopback address a moment ago.

    Another program can take it before the broker binds it; whoever starts the broker looks for
    `port_was_taken` in its log and tries another.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def port_was_taken(log: str) -> bool:
    """Tell from a broker's log whether it ended because its port was in use.

    >>> port_was_taken("java.net.BindException: Address already in use")
    True
    >>> port_was_taken("OutOfMemoryError")
    False
    """
    lowered = log.lower()
    return "address already in use" in lowered or "addrinuse" in lowered or "address in use" in lowered
