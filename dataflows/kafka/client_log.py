"""What of librdkafka's own words is worth a line in the log, and how often."""

import logging
from typing import Final

_RETRIED: Final = ("Failed to acquire idempotence PID", "Coordinator load in progress: retrying")
"""Of a broker that has just started, or meets its first idempotent producer: it is asked again, and then answers."""

_CONNECTION: Final = frozenset({"FAIL", "ERROR", "REQTMOUT"})
"""Said by every client of the process at every attempt to reach a broker that is away, hundreds of times a second."""

CALM_SECONDS: Final = 10.0


def harmless_at_debug(record: logging.LogRecord) -> bool:
    """A filter: lower what needs nobody to ``debug``; shown then only where lines of that level are."""
    said = record.getMessage()
    if all(words in said for words in _RETRIED):
        record.levelno, record.levelname = logging.DEBUG, logging.getLevelName(logging.DEBUG)
        # Asked of the parent: the client's logger leaves out all that librdkafka itself has for debugging.
        above = logging.getLogger(record.name).parent
        return above is not None and above.isEnabledFor(logging.DEBUG)
    return True


class Calm(logging.Filter):
    """Of a broker that is away: one line in ten seconds for each kind, with how many more there were."""

    def __init__(self) -> None:
        super().__init__()
        self._told_at: dict[object, float] = {}
        self._kept_back: dict[object, int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record is shown."""
        kind = record.args[0] if isinstance(record.args, tuple) and record.args else None
        if kind not in _CONNECTION:
            return True
        if record.created - self._told_at.get(kind, -CALM_SECONDS) < CALM_SECONDS:
            self._kept_back[kind] = self._kept_back.get(kind, 0) + 1
            return False
        self._told_at[kind] = record.created
        more = self._kept_back.pop(kind, 0)
        if more:
            record.msg = f"{record.msg} (and {more:,} like it since)"
        return True
