"""The proxy passes on what it is given, and is ill in exactly the way that it is told to be."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from dataflows.brokers.ports import LOOPBACK
from dataflows.chaos.proxy import Proxy

PATIENCE = 10.0


@pytest.fixture
def echo() -> Iterator[str]:
    """The address of a server that sends back what it gets."""
    with socket.create_server((LOOPBACK, 0)) as server:

        def serve(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                while data := connection.recv(65_536):
                    connection.sendall(data)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(target=serve, args=[server.accept()[0]], daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield f"{LOOPBACK}:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def proxy(echo: str) -> Iterator[Proxy]:
    with Proxy() as proxy:
        proxy.forward_to(echo)
        yield proxy


def connect(proxy: Proxy) -> socket.socket:
    host, _, port = proxy.address.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=PATIENCE)


def said(connection: socket.socket, data: bytes) -> bytes:
    connection.sendall(data)
    found = b""
    while len(found) < len(data):
        found += connection.recv(65_536)
    return found


def test_it_passes_on_both_ways_whole(proxy: Proxy) -> None:
    data = bytes(range(256)) * 1_000
    with connect(proxy) as one, connect(proxy) as other:
        assert said(one, data) == data
        assert said(other, b"short") == b"short"


def test_latency_holds_back_each_way(proxy: Proxy) -> None:
    with connect(proxy) as connection:
        proxy.latency_s = 0.1
        began = time.monotonic()
        assert said(connection, b"late") == b"late"
        assert time.monotonic() - began >= 0.2


def test_a_reset_ends_connections_as_a_crash_does_and_the_next_one_works(proxy: Proxy) -> None:
    with connect(proxy) as connection:
        said(connection, b"before")
        assert proxy.reset() == 1
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    with connect(proxy) as connection:
        assert said(connection, b"after") == b"after"


def test_half_open_nothing_comes_and_nothing_closes(proxy: Proxy) -> None:
    with connect(proxy) as old:
        said(old, b"before")
        assert proxy.go_silent() == 1
        with connect(proxy) as new:
            for connection in (old, new):
                connection.sendall(b"lost")
                connection.settimeout(0.3)
                with pytest.raises(TimeoutError):
                    connection.recv(1)


def test_healed_new_connections_work_and_those_left_half_open_do_not(proxy: Proxy) -> None:
    with connect(proxy) as old:
        said(old, b"before")
        proxy.go_silent()
        proxy.heal()
        with connect(proxy) as new:
            assert said(new, b"after") == b"after"
        old.sendall(b"lost")
        old.settimeout(0.3)
        with pytest.raises(TimeoutError):
            old.recv(1)


def test_what_was_sent_before_a_client_ends_is_still_passed_on(proxy: Proxy, echo: str) -> None:
    received = threading.Event()
    with socket.create_server((LOOPBACK, 0)) as server:
        proxy.forward_to(f"{LOOPBACK}:{server.getsockname()[1]}")
        proxy.latency_s = 0.1
        with connect(proxy) as connection:
            connection.sendall(b"last words")
        far, _ = server.accept()
        with far:
            far.settimeout(PATIENCE)
            if far.recv(100) == b"last words":
                received.set()
    proxy.forward_to(echo)
    assert received.is_set()


def test_where_nobody_listens_behind_it_a_connection_is_ended(proxy: Proxy) -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        gone = f"{LOOPBACK}:{server.getsockname()[1]}"
    proxy.forward_to(gone)

    def try_it() -> None:
        with connect(proxy) as connection:
            connection.recv(1)

    with pytest.raises(ConnectionResetError):
        try_it()
