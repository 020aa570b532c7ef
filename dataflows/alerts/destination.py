"""A place that alerts are sent to: mail, a chat, a webhook. Apprise knows more than a hundred of them."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from pydantic import SecretStr

from dataflows.errors import CandelabraError
from schemas.alert import Alert

_MOST_OF_A_TITLE = 200


class DestinationInvalid(CandelabraError):
    """An address that nothing can be sent to; the message gives its number and never the address."""


class Destination(Protocol):
    """Takes messages."""

    @property
    def name(self) -> str:
        """What it may be called in a log: its number and kind, never its address."""

    def send(self, title: str, body: str, tone: str) -> bool:
        """Deliver; False where that failed. May raise, and may take for ever: see ``dataflows.alerts.lane``.

        ``tone`` is info, success, warning or failure.
        """


@contextmanager
def _quiet() -> Iterator[None]:
    """While the library loads its services, at the first address: one of them imports what leaves Python with 3.13."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


class AppriseDestination:
    """One apprise URL; ``number`` counts from 1."""

    def __init__(self, url: SecretStr, number: int) -> None:
        import apprise  # noqa: PLC0415  # a hundred services, and most runs of the program send nothing

        logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)  # it names addresses
        text = url.get_secret_value()
        scheme = text.partition("://")[0] if "://" in text else ""
        kind = scheme if scheme.isalnum() else "?"
        self.name = f"destination {number} ({kind})"
        self._apprise = apprise.Apprise()
        try:
            with _quiet():
                added = self._apprise.add(text)
        except (TypeError, ValueError):
            added = False
        if not added:
            raise DestinationInvalid(
                f"CANDELABRA_NOTIFY_URLS: no. {number} ({kind}://...) is no address that apprise can send to; expected "
                "one such as json://host/path, mailto://user:password@host or tgram://token/chat, apart by spaces"
            )

    def send(self, title: str, body: str, tone: str) -> bool:
        """Deliver."""
        import apprise  # noqa: PLC0415  # as above

        return bool(self._apprise.notify(body=body, title=title, notify_type=apprise.NotifyType(tone)))


def destinations_of(urls: SecretStr | None) -> list[Destination]:
    """The destinations in a setting: addresses apart by white space.

    Raises:
        DestinationInvalid: one of them is none.
    """
    given = [] if urls is None else urls.get_secret_value().split()
    return [AppriseDestination(SecretStr(one), number) for number, one in enumerate(given, 1)]


def title_of(alert: Alert) -> str:
    """What an alert is called at a glance.

    A rule's: ``[error] deep_drawdown firing: macd|BTCUSDT|1h``; the engine's: ``[warning] gap: BTCUSDT|1m``.
    """
    if alert.rule is None:
        return f"[{alert.severity}] {alert.kind}: {alert.key}"[:_MOST_OF_A_TITLE]
    return f"[{alert.severity}] {alert.rule} {alert.state}: {alert.source}"[:_MOST_OF_A_TITLE]


def body_of(alert: Alert) -> str:
    """What an alert says, with its time and id."""
    return f"{alert.message}\n{alert.event_time.isoformat()}  {alert.id}"


def tone_of(alert: Alert) -> str:
    """How apprise colours it."""
    if alert.state == "resolved":
        return "success"
    return {"info": "info", "warning": "warning", "error": "failure"}[alert.severity]
