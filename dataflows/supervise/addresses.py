"""Where the workers of a cluster on one machine listen for each other."""

import random
import socket
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from dataflows.brokers.ports import LOOPBACK

_LINUX_RANGE: Final = Path("/proc/sys/net/ipv4/ip_local_port_range")
_USUAL_RANGE_BEGINS: Final = 32_768
_LOWEST: Final = 15_000
_TRIES: Final = 200


def mesh_addresses(count: int) -> list[str]:
    """``host:port`` of as many free ports, all held at once so that none comes twice.

    They lie below those that the system gives to outgoing connections. Of those, one can be taken between this look
    and the worker's, by any client; and a worker that connects to one where nobody listens yet can get that very port
    as its own, and then is connected to itself.

    Raises:
        OSError: no ports are free.
    """
    below = _outgoing_begin()
    with ExitStack() as stack:
        return [f"{LOOPBACK}:{_free(stack, below)}" for _ in range(count)]


def _free(stack: ExitStack, below: int) -> int:
    for _ in range(_TRIES):
        one = stack.enter_context(socket.socket())
        try:
            one.bind((LOOPBACK, random.randrange(_LOWEST, below)))  # noqa: S311  # any will do
        except OSError:
            continue
        return int(one.getsockname()[1])
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
