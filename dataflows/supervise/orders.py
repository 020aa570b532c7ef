"""What a supervisor tells a worker process, over the socket that is the worker's standard input.

``g`` with the open files that the worker is to hold (the lock on its recovery store): go. ``s``: stop politely. The
end of the stream: the supervisor is gone, so end at once. What is ordered before a worker listens waits for it there: a
signal would have ended it.
"""

import os
import signal
import socket
import threading
from collections.abc import Callable
from typing import Final

GO: Final = b"g"
STOP: Final = b"s"
_MOST_FILES: Final = 8


class Orders:
    """The worker's end. ``on_stop`` is called in a thread of its own."""

    def __init__(self, on_stop: Callable[[], None]) -> None:
        self._socket = socket.socket(fileno=os.dup(0))
        self._on_stop = on_stop
        self._go = threading.Event()
        self._files: list[int] = []
        threading.Thread(target=self._listen, name="orders", daemon=True).start()

    def wait_to_go(self) -> None:
        """Until the supervisor says so."""
        self._go.wait()

    def _listen(self) -> None:
        while True:
            try:
                word, files, _flags, _sender = socket.recv_fds(self._socket, 1, _MOST_FILES)
            except OSError:
                word, files = b"", []
            self._files += files  # held for as long as this process lives: a lock lasts until its last file is closed
            if not word:
                os.kill(os.getpid(), signal.SIGKILL)
            elif word == GO:
                self._go.set()
            elif word == STOP:
                self._on_stop()
