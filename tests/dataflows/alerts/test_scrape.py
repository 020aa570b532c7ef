"""Asking workers how they are."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from dataflows.alerts.scrape import Scraper, address, scrape
from dataflows.brokers.ports import free_port
from dataflows.errors import CandelabraError
from tests.dataflows.deployment import wait_until


@contextmanager
def worker(text: str) -> Iterator[str]:
    """Something that answers with a text."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/metrics" else 404)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_arguments: object) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_worker_that_answers_is_looked_at() -> None:
    with worker("# TYPE candelabra_alive gauge\ncandelabra_alive 1.0\n") as url:
        found = scrape(address(url), lambda: 7)
    assert found.look is not None
    assert (found.worker, found.at_ms) == (url.removeprefix("http://"), 7)
    assert found.look.now == {"alive": 1.0, "behind_seconds": 0.0}


def test_a_worker_that_does_not_answer_or_says_nonsense_is_down() -> None:
    assert scrape(f"http://127.0.0.1:{free_port()}/metrics", lambda: 7).look is None
    with worker("{]") as url:
        assert scrape(address(url), lambda: 7).look is None
        assert scrape(f"{url}/elsewhere", lambda: 7).look is None


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("127.0.0.1:8600", "expected a worker's health address such as http://127.0.0.1:8600, got '127.0.0.1:8600'"),
        ("http://", "expected a worker's health address"),
        ("http://ada:hush@host:1", "must not have credentials in it"),
        ("htp://ada:hush@host:1", "must not have credentials in it"),
        ("ada:hush@host:1", "must not have credentials in it"),
        ("htp://host:1/hush?token=hush#hush", "got 'htp://host:1'$"),
        ("http://127.0.0.1:abc", "expected a worker's health address .*, got 'http://127.0.0.1:abc'"),
        ("http://127.0.0.1:70000", "expected a worker's health address"),
        ("http://[::1", r"expected a worker's health address .*, got 'http://\[::1'"),
        ("http://127.0.0.1:8600/\x00", "expected a worker's health address"),
    ],
)
def test_an_address_that_is_none_is_refused(url: str, told: str) -> None:
    with pytest.raises(CandelabraError, match=told) as caught:
        address(url)
    assert "hush" not in str(caught.value)


def test_an_address_that_only_the_client_refuses_is_a_worker_that_does_not_answer() -> None:
    assert scrape("http://127.0.0.1:abc/metrics", lambda: 7) == ("127.0.0.1:abc", 7, None)


def test_workers_are_asked_again_and_again() -> None:
    with worker("# TYPE candelabra_alive gauge\ncandelabra_alive 1.0\n") as url:
        scraper = Scraper([url], 0.01, lambda: 7)
        found = scraper.told()
        wait_until(lambda: len(found.__iadd__(scraper.told())) > 2, 10)
        assert scraper.has_asked_all
        scraper.close()
    assert {one.worker for one in found} == {url.removeprefix("http://")}


def test_without_workers_all_are_asked() -> None:
    scraper = Scraper([], 1.0, lambda: 7)
    assert scraper.has_asked_all
    assert scraper.told() == []
    scraper.close()
