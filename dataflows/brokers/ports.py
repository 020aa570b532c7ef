"""Free loopback ports for brokers and workers that must be told theirs."""

import random
import socket
from contextlib import ExitStack
from pathlib import Path
from typing import Final

LOOPBACK: Final = "127.0.0.1"

_LINUX_RANGE: Final = Path("/proc/sys/net/ipv4/ip_local_port_range")
_USUAL_RANGE_BEGINS: Final = 32_768
_LOWEST: Final = 15_000
_TRIES: Final = 200
_chance: Final = random.SystemRandom()
"""Of the system: programs that begin at once with one seed are not to try the same ports."""


def free_ports(count: int) -> list[int]:
    """As many TCP ports that are free on the loopback address, all held at once so that none comes twice.

    They lie below those that the system gives to outgoing connections: of those, one can be taken between this look
    and the start of who is to listen there, by any client. Another server can take it still; whoever starts a broker
    looks for `port_was_taken` in its log and tries another.

    Raises:
        OSError: no ports are free.
    """
    below = _outgoing_begin()
    with ExitStack() as stack:
        return [_free(stack, below) for _ in range(count)]


def free_port() -> int:
    """One of `free_ports`."""
    return free_ports(1)[0]


def mesh_addresses(count: int) -> list[str]:
    """``host:port`` where as many workers of a cluster on this machine listen for each other: of `free_ports`.

    Among the ports of outgoing connections, a worker that connects to one where nobody listens yet can get that very
    port as its own, and then is connected to itself.

    Raises:
        OSError: no ports are free.
    """
    return [f"{LOOPBACK}:{port}" for port in free_ports(count)]


def port_was_taken(log: str) -> bool:
    """Tell from a broker's log whether it ended because its port was in use.

    >>> port_was_taken("java.net.BindException: Address already in use")
    True
    >>> port_was_taken("OutOfMemoryError")
    False
    """
    lowered = log.lower()
    return "address already in use" in lowered or "addrinuse" in lowered or "address in use" in lowered


def _free(stack: ExitStack, below: int) -> int:
    for _ in range(_TRIES):
        one = socket.socket()
        try:
            one.bind((LOOPBACK, _chance.randrange(_LOWEST, below)))
        except OSError:
            one.close()
            continue
        return int(stack.enter_context(one).getsockname()[1])
    last = stack.enter_context(socket.socket())
    last.bind((LOOPBACK, 0))
    return int(last.getsockname()[1])


def _outgoing_begin() -> int:
    """The lowest port that the system gives by itself, kept within sense."""
    try:
        begin = int(_LINUX_RANGE.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        begin = _USUAL_RANGE_BEGINS
    return begin if begin > _LOWEST + _TRIES else _USUAL_RANGE_BEGINS
