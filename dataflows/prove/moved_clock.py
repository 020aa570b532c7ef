"""The clocks that Python code reads, moved on purpose: an hour passes, or a clock is set back, and nobody waits.

What must not read a clock is run under one that lies; a thread's sleep and Bytewax's own timers keep real time.
"""

import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from datetime import datetime, timedelta, tzinfo
from types import ModuleType, TracebackType
from typing import Any, Self

_WALL = ("time", "time_ns")
_STEADY = ("monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns")


class MovedClock(AbstractContextManager["MovedClock"]):
    """Within the ``with`` block ``time`` and ``datetime.now`` are ``offset_s`` seconds from the truth.

    Set forward, all clocks move, as if time had passed; set back (a negative offset), a steady clock stays, as it does
    on a machine. ``wall_only``: steady clocks stay in any case, as when somebody sets a machine's time. Modules of the
    standard library that have taken a function under a name of their own keep the true one: a queue's timeout is not
    what is on trial. So does the module ``datetime``: a time that goes to another process names its class by it.
    """

    def __init__(self, *, wall_only: bool = False) -> None:
        self.offset_s = 0.0
        self._wall_only = wall_only
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """Move the clocks of every module that is loaded."""
        moved: dict[int, object] = {id(datetime): _moved_datetime(self)}
        originals: list[object] = [datetime]
        for name in _WALL if self._wall_only else (*_WALL, *_STEADY):
            true = getattr(time, name)
            moved[id(true)] = self._moved(true, scale=10**9 if name.endswith("_ns") else 1, steady=name in _STEADY)
            originals.append(true)
            self._put(time, name, moved[id(true)])
        for name, module in list(sys.modules.items()):
            if name.partition(".")[0] in sys.stdlib_module_names or name == __name__:
                continue
            for attribute, value in list(getattr(module, "__dict__", {}).items()):
                if id(value) in moved and any(value is original for original in originals):
                    self._put(module, attribute, moved[id(value)])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the true clocks back."""
        self._stack.close()

    def _put(self, module: ModuleType, name: str, stand_in: object) -> None:
        self._stack.callback(setattr, module, name, getattr(module, name))
        setattr(module, name, stand_in)

    def _moved(self, true: Callable[[], Any], *, scale: int, steady: bool) -> Callable[[], Any]:
        def read() -> Any:  # noqa: ANN401  # a float or an int, as the true one gives
            offset = max(0.0, self.offset_s) if steady else self.offset_s
            return true() + (round(offset * scale) if scale > 1 else offset)

        return read


def _moved_datetime(clock: MovedClock) -> type:
    """A stand-in for ``datetime`` whose ``now`` is moved; whatever it makes is an ordinary datetime."""

    class Kind(type):
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, datetime)

    class Moved(datetime, metaclass=Kind):
        def __new__(cls, *parts: Any, **named: Any) -> datetime:  # type: ignore[misc]  # noqa: ANN401  # the true class on purpose
            return datetime(*parts, **named)  # noqa: DTZ001  # with the zone that was given

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]  # as above
            return datetime.now(tz) + timedelta(seconds=clock.offset_s)

        @classmethod
        def utcnow(cls) -> datetime:  # type: ignore[override]  # as above
            return datetime.utcnow() + timedelta(seconds=clock.offset_s)  # noqa: DTZ003  # a stand-in for just that

        @classmethod
        def today(cls) -> datetime:  # type: ignore[override]  # as above
            return datetime.today() + timedelta(seconds=clock.offset_s)  # noqa: DTZ002  # as above

    return Moved
