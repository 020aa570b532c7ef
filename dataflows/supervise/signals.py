"""SIGTERM and SIGINT for a supervisor: the first asks for the end, the second of either kind insists.

Python runs a handler when the main thread comes round to it, which may take seconds while a client waits for a broker.
So a thread hears of signals too, from the system itself.
"""

import os
import signal
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

NUMBERS: Final = (signal.SIGTERM, signal.SIGINT)


class TwoSignals:
    """From ``with`` to the end of the block, in the main thread. ``at_once(number)`` is called in another thread."""

    def __init__(self, at_once: Callable[[int], None]) -> None:
        self._at_once = at_once
        self._first = threading.Event()

    @property
    def asked(self) -> bool:
        """Whether a signal has come."""
        return self._first.is_set()

    def wait(self, seconds: float) -> bool:
        """Sleep at most so long; True as soon as a signal has come."""
        return self._first.wait(seconds)

    def __enter__(self) -> Self:
        """Take over both signals."""
        self._previous = {number: signal.signal(number, lambda *_: None) for number in NUMBERS}
        self._hear, tell = socket.socketpair()
        tell.settimeout(0.0)
        self._tell = tell
        self._woken_before = signal.set_wakeup_fd(tell.fileno(), warn_on_full_buffer=False)
        threading.Thread(target=self._listen, name="signals", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give them back."""
        signal.set_wakeup_fd(self._woken_before)
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        self._tell.close()  # which ends the thread

    def _listen(self) -> None:
        with self._hear:
            while heard := self._hear.recv(1):
                if heard[0] not in NUMBERS:
                    continue
                if self._first.is_set():
                    self._at_once(heard[0])
                self._first.set()


def end_now(number: int) -> None:
    """End this process as if the signal had ended it, whatever its threads are at."""
    os._exit(128 + number)
