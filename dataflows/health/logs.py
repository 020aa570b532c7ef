"""Structured logs: every line has time, level, event and worker; what concerns a candle has its correlation id.

Python's own logging, set up once for each process on the logger ``dataflows``; until then nothing is shown. As text a
line is ``2025-06-29T15:15:00.204Z info    resumed  worker=0 keys=12 seconds=0.4``, as JSON an object with these names.
What the Kafka client has to say comes as events too, from ``warning`` on. Values of secret settings are blotted out,
wherever they come from.
"""

import json
import logging
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal, TextIO

from pydantic import SecretStr

from dataflows.settings import Settings

Format = Literal["text", "json"]

HIDDEN = "[hidden]"
_SHORTEST_SECRET = 4
"""A shorter one would blot out parts of words and numbers all over the log."""

_ALL = logging.getLogger("dataflows")
_ALL.addHandler(logging.NullHandler())  # else Python prints to stderr whatever nobody handles
_logger = logging.getLogger("dataflows.health")
_client = logging.getLogger("dataflows.kafka.client")


def tells(level: int) -> bool:
    """Whether lines of this level are shown: ask once where many would have to be made."""
    return _logger.isEnabledFor(level) and _ALL.isEnabledFor(level) and _set_up()


def tell(level: int, event: str, **fields: object) -> None:
    """One line. ``correlation`` is the candle behind it; a field that is None is left out."""
    _logger.log(level, event, extra={"fields": fields})


def set_up(settings: Settings, worker: int | None = None, stream: TextIO | None = None) -> None:
    """Show the log of this process on ``stream`` (standard error), as the settings say; ``worker`` is its number.

    A second call takes the place of the first.
    """
    secrets = secrets_of(settings)
    kind = JsonLines if settings.log_format == "json" else TextLines
    handler = logging.StreamHandler(sys.stderr if stream is None else stream)
    handler.setFormatter(kind(worker, secrets))
    for known in _handlers():
        _ALL.removeHandler(known)
    _ALL.addHandler(handler)
    _ALL.setLevel(settings.log_level.upper())
    _client.setLevel(max(_ALL.level, logging.WARNING))
    _ALL.propagate = False


def tear_down() -> None:
    """As before ``set_up``."""
    for known in _handlers():
        _ALL.removeHandler(known)
    _ALL.setLevel(logging.NOTSET)
    _client.setLevel(logging.NOTSET)
    _ALL.propagate = True


def _handlers() -> list[logging.Handler]:
    return [one for one in _ALL.handlers if isinstance(one.formatter, _Lines)]


def _set_up() -> bool:
    return bool(_handlers())


def secrets_of(settings: Settings) -> tuple[str, ...]:
    """The values that must not be shown, longest first."""
    found: set[str] = set()
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        for one in value.values() if isinstance(value, Mapping) else (value,):
            if isinstance(one, SecretStr) and len(one.get_secret_value()) >= _SHORTEST_SECRET:
                found.add(one.get_secret_value())
    return tuple(sorted(found, key=len, reverse=True))


class _Lines(logging.Formatter):
    def __init__(self, worker: int | None, secrets: Iterable[str]) -> None:
        super().__init__()
        self._worker = worker
        self._secrets = tuple(secrets)

    def _parts(self, record: logging.LogRecord) -> tuple[dict[str, Any], dict[str, Any]]:
        """Time, level and event; then worker, correlation and whatever else there is."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").removesuffix("+00:00")
        own: Mapping[str, object] | None = getattr(record, "fields", None)
        head = {"time": f"{at}Z", "level": record.levelname.lower(), "event": record.getMessage()}
        fields: dict[str, Any] = {} if self._worker is None else {"worker": self._worker}
        fields |= {"logger": record.name} if own is None else own
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        shown = {name: self._blotted(value) for name, value in fields.items() if value is not None}
        return {**head, "event": self._blotted(head["event"])}, shown

    def _blotted(self, value: object) -> object:
        """A value without secrets, made of what JSON knows."""
        if isinstance(value, str):
            for secret in self._secrets:
                value = value.replace(secret, HIDDEN)
            return value
        if isinstance(value, Mapping):
            return {str(self._blotted(name)): self._blotted(one) for name, one in value.items()}
        if isinstance(value, list | tuple):
            return [self._blotted(one) for one in value]
        if value is None or isinstance(value, bool | int | float):
            return value
        return self._blotted(str(value))


class JsonLines(_Lines):
    """Each line an object."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line of JSON."""
        head, fields = self._parts(record)
        return json.dumps({**head, **fields, **head})


class TextLines(_Lines):
    """Each line for a person: time, level, event, then names with values; a value with blanks is in quotes."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line of text."""
        head, fields = self._parts(record)
        event = str(head["event"]).replace("\n", " ")
        words = " ".join(f"{name}={_word(value)}" for name, value in fields.items())
        return f"{head['time']} {head['level']:<7} {event}  {words}".rstrip()


def _word(value: object) -> str:
    if isinstance(value, str) and value and value.isprintable() and not set(value) & set(' "='):
        return value
    return json.dumps(value)
