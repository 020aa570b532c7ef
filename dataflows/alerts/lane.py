"""The way to one destination: a bounded queue and a thread, so that a destination that fails holds up nobody.

A message is tried until the destination takes it: at least once, in order. An attempt that raises, fails or takes
longer than the time-out is tried again, later and later (1 s, 2 s, ... 5 min). An attempt that hangs is left alone in
its own thread, and no other begins before it ends, so that threads do not pile up. When the queue is full the oldest
message is dropped and counted.
"""

import threading
from collections import deque
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Literal

from dataflows.alerts.destination import Destination

Outcome = Literal["delivered", "dropped"]


@dataclass(frozen=True)
class Message:
    """What is sent, and the id of its alert."""

    id: str
    title: str
    body: str
    tone: str


class Attempt:
    """One try, in a thread that may outlive all interest in it."""

    def __init__(self, destination: Destination, message: Message) -> None:
        self.message = message
        self._destination = destination
        self._taken = False
        self._thread = threading.Thread(target=self._try, name="candelabra-notify", daemon=True)
        self._thread.start()

    def _try(self) -> None:
        try:
            message = self.message
            self._taken = self._destination.send(message.title, message.body, message.tone)
        except Exception:  # noqa: BLE001  # whatever a service's client raises, it was not delivered; its text may have the address
            self._taken = False

    def ended_within(self, seconds: float) -> bool:
        """Whether it is over by then, one way or the other."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    @property
    def taken(self) -> bool:
        """Whether the destination took the message."""
        return not self._thread.is_alive() and self._taken


class Lane:
    """Sends to one destination. ``failures`` counts attempts in vain, ``dropped`` messages that nobody will get."""

    def __init__(
        self,
        destination: Destination,
        *,
        most: int = 1_000,
        timeout_s: float = 20.0,
        first_wait_s: float = 1.0,
        longest_wait_s: float = 300.0,
    ) -> None:
        self.name = destination.name
        self.failures = 0
        self.dropped = 0
        self._destination = destination
        self._most = most
        self._timeout_s = timeout_s
        self._first_wait_s, self._longest_wait_s = first_wait_s, longest_wait_s
        self._waiting: deque[Message] = deque()
        self._changed = threading.Condition()
        self._stopped = threading.Event()
        self._done: SimpleQueue[tuple[str, Outcome]] = SimpleQueue()
        self._attempt: Attempt | None = None
        self._thread = threading.Thread(target=self._work, name=f"candelabra-{self.name}", daemon=True)
        self._thread.start()

    def put(self, message: Message) -> None:
        """Queue a message; returns at once."""
        with self._changed:
            if len(self._waiting) >= self._most:
                self.dropped += 1
                self._done.put((self._waiting.popleft().id, "dropped"))
            self._waiting.append(message)
            self._changed.notify()

    def done(self) -> list[tuple[str, Outcome]]:
        """Ids of alerts that were delivered or dropped since the last call."""
        found = []
        while True:
            try:
                found.append(self._done.get_nowait())
            except Empty:
                return found

    @property
    def waiting(self) -> int:
        """Messages that are not delivered yet."""
        return len(self._waiting)

    def close(self, wait_s: float = 0.0) -> None:
        """Try no more; an attempt that is under way may take so long. What waits is not sent."""
        self._stopped.set()
        with self._changed:
            self._changed.notify()
        self._thread.join(wait_s)

    def _work(self) -> None:
        pause = self._first_wait_s
        while True:
            with self._changed:
                while not self._waiting and not self._stopped.is_set():
                    self._changed.wait()
                if self._stopped.is_set():
                    return
                message = self._waiting[0]
            if self._is_taken(message):
                pause = self._first_wait_s
                self._over(message)
            else:
                self.failures += 1
                self._stopped.wait(pause)
                pause = min(2 * pause, self._longest_wait_s)

    def _is_taken(self, message: Message) -> bool:
        attempt = self._attempt
        if attempt is None:
            attempt = self._attempt = Attempt(self._destination, message)
        if not attempt.ended_within(self._timeout_s):
            return False
        self._attempt = None
        if attempt.message != message:  # it hung while its message was dropped
            return self._is_taken(message)
        return attempt.taken

    def _over(self, message: Message) -> None:
        with self._changed:
            if self._waiting and self._waiting[0] is message:
                self._waiting.popleft()
                self._done.put((message.id, "delivered"))
