"""Ports for who is to listen, and where the workers of a cluster do."""

import socket

import pytest

from dataflows.brokers import ports
from dataflows.brokers.ports import free_port, mesh_addresses


def test_ports_are_free_distinct_and_below_those_of_outgoing_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "_outgoing_begin", lambda: 30_000)
    places = [address.rsplit(":", 1) for address in mesh_addresses(40)]
    found = [int(port) for _, port in places]
    assert {host for host, _ in places} == {"127.0.0.1"}
    assert len(set(found)) == 40
    assert all(15_000 <= port < 30_000 for port in found)
    for port in found:
        with socket.socket() as one:
            one.bind(("127.0.0.1", port))


def test_a_port_that_is_taken_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        monkeypatch.setattr("dataflows.brokers.ports._chance.randrange", _then(port))
        assert free_port() != port


def _then(taken: int) -> object:
    """The taken port first, then any."""
    asked: list[int] = []

    def choose(low: int, high: int) -> int:
        asked.append(low)
        return taken if len(asked) == 1 else low + len(asked) * 7 % (high - low)

    return choose


def test_a_range_that_leaves_no_room_is_not_believed(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    told = tmp_path_factory.mktemp("proc") / "range"
    monkeypatch.setattr(ports, "_LINUX_RANGE", told)
    for text in ("1024 65535", "", "nonsense"):
        told.write_text(text, encoding="ascii")
        (address,) = mesh_addresses(1)
        assert int(address.rsplit(":", 1)[1]) < 32_768
