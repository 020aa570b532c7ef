"""What workers tell on their health ports, asked for every few seconds by a thread of its own."""

import re
import threading
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx
from prometheus_client.parser import text_string_to_metric_families

from dataflows.errors import CandelabraError
from operators.alerts.health import Look, look

_SECONDS = 3.0
_MOST_BYTES = 8 * 1024 * 1024
_SCHEME_AND_HOST = re.compile(r"(?:[^/?#]*://)?[^/?#]*")


class Scraped(NamedTuple):
    """What a worker told at an instant (milliseconds since the epoch); None where it did not answer."""

    worker: str
    at_ms: int
    look: Look | None


def address(url: str) -> str:
    """The URL of a worker's metrics, from that of the worker or of the metrics themselves.

    >>> address("http://127.0.0.1:8600")
    'http://127.0.0.1:8600/metrics'

    Raises:
        CandelabraError: it is no address of the kind. Of what may be secret in it the message says nothing.
    """
    if "@" in url:  # before it is taken apart: what is no address may have credentials all the same
        raise CandelabraError("a health address must not have credentials in it: alerts show it")
    try:
        httpx.URL(url)
        parts = urlsplit(url)
        is_one = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except (httpx.InvalidURL, ValueError):
        is_one = False
    if not is_one:
        found = _SCHEME_AND_HOST.match(url)
        got = found[0][:80] if found else ""
        raise CandelabraError(f"expected a worker's health address such as http://127.0.0.1:8600, got {got!r}")
    return url if parts.path.rstrip("/") else f"{url.rstrip('/')}/metrics"


def worker_name(url: str) -> str:
    """What alerts call a worker: its host and port.

    >>> worker_name("http://127.0.0.1:8600/metrics")
    '127.0.0.1:8600'
    """
    return urlsplit(url).netloc


def scrape(url: str, now_ms: Callable[[], int]) -> Scraped:
    """Ask one worker, three seconds at most; whatever goes wrong, it did not answer."""
    try:
        with httpx.stream("GET", url, timeout=_SECONDS) as answer:
            answer.raise_for_status()
            text = _text(answer)
        samples = [
            (sample.name, sample.labels, sample.value)
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        ]
        at_ms = now_ms()
        return Scraped(worker_name(url), at_ms, look(samples, at_ms))
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, KeyError):
        return Scraped(worker_name(url), now_ms(), None)


def _text(answer: httpx.Response) -> str:
    held = bytearray()
    for part in answer.iter_bytes():
        held += part
        if len(held) > _MOST_BYTES:
            raise ValueError("expected the metrics of a worker, got more bytes than any has")
    return held.decode()


class Scraper:
    """Asks some workers every few seconds; the thread ends with ``close``, or with the process."""

    def __init__(self, urls: Sequence[str], every_s: float, now_ms: Callable[[], int]) -> None:
        self._urls = [address(url) for url in urls]
        self._every_s = every_s
        self._now_ms = now_ms
        self._told: SimpleQueue[Scraped] = SimpleQueue()
        self._stop = threading.Event()
        self._first_round = threading.Event()
        self._thread = threading.Thread(target=self._ask, name="candelabra-scrape", daemon=True)
        if self._urls:
            self._thread.start()
        else:
            self._first_round.set()

    @property
    def has_asked_all(self) -> bool:
        """Whether every worker was asked once."""
        return self._first_round.is_set()

    def told(self) -> list[Scraped]:
        """What has come since the last call."""
        found = []
        while True:
            try:
                found.append(self._told.get_nowait())
            except Empty:
                return found

    def close(self) -> None:
        """Ask no more."""
        self._stop.set()
        if self._urls:
            self._thread.join(_SECONDS)

    def _ask(self) -> None:
        while not self._stop.is_set():
            for url in self._urls:
                self._told.put(scrape(url, self._now_ms))
                if self._stop.is_set():
                    return
            self._first_round.set()
            self._stop.wait(self._every_s)
