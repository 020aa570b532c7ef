"""A TCP proxy that can be made to misbehave: what lies between a worker and its broker when a network is ill."""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Coroutine
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, TypeVar

from dataflows.brokers.ports import LOOPBACK

CHUNK_BYTES = 65_536
STOP_SECONDS = 10.0
X = TypeVar("X")

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # linger for no time: the peer gets RST, not FIN


class Proxy(AbstractContextManager["Proxy"]):
    """Listens on a loopback port of its own and passes everything on to ``forward_to``; gone after the ``with`` block.

    Three things can be done to it, from any thread: ``latency_s`` holds every piece back, in both directions; ``reset``
    ends all connections as a crashed router does; ``go_silent`` makes them half open: those that are there, and those
    that come until ``heal``, are accepted and never closed, and nothing passes through them ever again.
    """

    def __init__(self) -> None:
        self.latency_s = 0.0
        self._behind: tuple[str, int] | None = None
        self._silent = False
        self._links: set[_Link] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True, name="proxy")
        self._thread.start()
        self._server = self._run(asyncio.start_server(self._serve, LOOPBACK, 0))
        self.address = "{}:{}".format(*self._server.sockets[0].getsockname()[:2])

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close everything."""
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(STOP_SECONDS)
        self._loop.close()

    def forward_to(self, address: str) -> None:
        """Whom new connections are passed on to, ``host:port``; until then they are closed at once."""
        host, _, port = address.rpartition(":")
        self._behind = host, int(port)

    def reset(self) -> int:
        """End all connections with RST; how many there were."""
        return self._run(self._reset())

    def go_silent(self) -> int:
        """Let nothing through any more and close nothing; how many connections that makes half open at once."""
        return self._run(self._go_silent())

    def heal(self) -> None:
        """New connections work again, and at once; those that were made half open stay so."""
        self.latency_s = 0.0
        self._silent = False

    def _run(self, what: Coroutine[Any, Any, X]) -> X:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(STOP_SECONDS)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = _Link(self, writer)
        self._links.add(link)
        try:
            if self._silent:
                await link.hang()
            if self._behind is None:
                return
            await link.join(reader, *self._behind)
        except (OSError, asyncio.CancelledError):
            pass  # cut on one side or by us: the other side is cut below
        finally:
            link.abort()
            self._links.discard(link)

    async def _reset(self) -> int:
        links = [link for link in self._links if not link.silent]
        for link in links:
            link.abort()
        return len(links)

    async def _go_silent(self) -> int:
        self._silent = True
        for link in self._links:
            link.silent = True
        return len(self._links)

    async def _stop(self) -> None:
        self._server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(OSError):
            await self._server.wait_closed()


class _Link:
    """One connection and the one that goes on from it."""

    def __init__(self, proxy: Proxy, client: asyncio.StreamWriter) -> None:
        self._proxy = proxy
        self._writers = [client]
        self.silent = False

    async def join(self, reader: asyncio.StreamReader, host: str, port: int) -> None:
        """Pass both ways until one side ends; what came before that is passed on still."""
        far_reader, far_writer = await asyncio.open_connection(host, port)
        self._writers.append(far_writer)
        ways = [self._pass(reader, far_writer), self._pass(far_reader, self._writers[0])]
        tasks = [asyncio.create_task(way) for way in ways]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(CHUNK_BYTES):
            if self._proxy.latency_s:
                await asyncio.sleep(self._proxy.latency_s)
            if self.silent:
                await self.hang()
            writer.write(data)
            await writer.drain()
        if self.silent:
            await self.hang()

    async def hang(self) -> None:
        """For ever: until the proxy is closed."""
        self.silent = True
        await asyncio.Event().wait()

    def abort(self) -> None:
        """End both connections with RST."""
        for writer in self._writers:
            sock = writer.get_extra_info("socket")
            if sock is not None and sock.fileno() >= 0:
                with contextlib.suppress(OSError):
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            writer.transport.abort()
