"""One life of a cluster: its processes from their start until the last of them is gone."""

import selectors
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Final, Self

from dataflows.brokers.ports import mesh_addresses
from dataflows.settings import Settings
from dataflows.supervise.cause import why
from dataflows.supervise.child import Child, Seat
from dataflows.supervise.figures import Figures, summed
from dataflows.supervise.supervisor import Failure

APART_SECONDS: Final = 0.05
"""Between the first worker's go and the others', who connect to it: one that comes too early tries again a whole second
later (Bytewax 0.21.1)."""


class Cluster:
    """Worker processes as one; gone at the end of the ``with`` block. They load at once and wait for ``go``."""

    def __init__(self, settings: Settings, workers: int, *, once: bool, restarts: int, cold: bool = False) -> None:
        addresses = tuple(mesh_addresses(workers)) if workers > 1 else ()
        self.children: list[Child] = []
        self._selector = selectors.DefaultSelector()
        self._first_end: float | None = None
        try:
            for number in range(workers):
                child = Child(settings, Seat(number, addresses, once, restarts, cold))
                self.children.append(child)
                self._selector.register(child, selectors.EVENT_READ)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        """Return it, loading."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End what is left of it."""
        self.close()

    def go(self, held: Sequence[int]) -> None:
        """Let the workers run, as soon as each has loaded; ``held`` are files that each of them keeps open."""
        for child in self.children:
            child.go(held)
            if child is self.children[0] and len(self.children) > 1:
                time.sleep(APART_SECONDS)

    def drain(self) -> None:
        """Have every worker take its last snapshot and end."""
        for child in self.children:
            child.stop()

    def kill(self) -> None:
        """SIGKILL to all, at once and from any thread."""
        for child in self.children:
            child.kill()

    def look(self, seconds: float) -> None:
        """Take in what the workers report; waits at most so long for the first of it."""
        for key, _events in self._selector.select(seconds):
            child = key.fileobj
            assert isinstance(child, Child)  # noqa: S101  # nothing else was registered
            child.read()
            if child.ended:
                self._selector.unregister(child)
                self._first_end = self._first_end or time.monotonic()

    def close(self) -> None:
        """Kill what runs, and give everything back."""
        self.kill()
        for child in self.children:
            child.close()
        self._selector.close()

    @property
    def ready(self) -> bool:
        """Whether every worker has loaded."""
        return all(child.ready for child in self.children)

    @property
    def asked(self) -> bool:
        """Whether somebody asked one of the workers to end."""
        return any(child.asked for child in self.children)

    @property
    def completed(self) -> bool:
        """Whether all have ended well."""
        return all(child.ended_well for child in self.children)

    def figures(self) -> Figures:
        """What the workers have counted together."""
        return summed(child.figures for child in self.children)

    def failure(self) -> Failure | None:
        """Why the cluster cannot go on; None as long as it can, or where the cause may still be heard."""
        waited = 0.0 if self._first_end is None else time.monotonic() - self._first_end
        return why(self.children, waited)
