"""The schema registry's client against a small registry over HTTP on the loopback interface."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from dataflows.kafka.codec import build_codec
from dataflows.kafka.registry import MISSING_FOR_S, RegistryError, SchemaRegistry, UnknownSchemaIdError
from dataflows.settings import Settings
from schemas.avro.known import RECORD_TYPES, current_schema
from schemas.candle import Candle
from schemas.codec import Codec, DecodeError
from schemas.dead_letter import Reason
from schemas.framing import ConfluentWire
from schemas.record import from_milliseconds
from tests.dataflows.http_registry import Answer, HttpRegistry, serving

PASSWORD = "hush-hush"
SCHEMA = '{"type": "record", "name": "a.B", "fields": [{"name": "c", "type": "int"}]}'


@pytest.fixture
def http_registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpRegistry]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving() as registry:
        yield registry


@pytest.fixture
def connect(http_registry: HttpRegistry) -> Iterator[Callable[..., SchemaRegistry]]:
    clients: list[SchemaRegistry] = []

    def open_client(**arguments: Any) -> SchemaRegistry:  # noqa: ANN401  # as SchemaRegistry's
        clients.append(SchemaRegistry(http_registry.url, **arguments))
        return clients[-1]

    yield open_client
    for client in clients:
        client.close()


def test_a_schema_is_registered_once_and_found(
    http_registry: HttpRegistry, connect: Callable[..., SchemaRegistry]
) -> None:
    client = connect()
    assert [client.register("a.B", SCHEMA), client.register("a.B", SCHEMA)] == [1, 1]
    other = connect()
    assert [other.schema(1), other.schema(1)] == [SCHEMA, SCHEMA]
    assert http_registry.requests == [("POST", "/subjects/a.B/versions"), ("GET", "/schemas/ids/1")]
    assert http_registry.headers[0]["Content-Type"] == "application/vnd.schemaregistry.v1+json"


def test_a_subject_is_quoted(http_registry: HttpRegistry, connect: Callable[..., SchemaRegistry]) -> None:
    connect().register("a/../b c", SCHEMA)
    assert http_registry.requests == [("POST", "/subjects/a%2F..%2Fb%20c/versions")]


def test_credentials_are_sent(http_registry: HttpRegistry, connect: Callable[..., SchemaRegistry]) -> None:
    http_registry.credentials = f"ada:{PASSWORD}"
    assert connect(username="ada", password=SecretStr(PASSWORD)).register("a.B", SCHEMA) == 1


def test_a_missing_id_is_not_asked_for_again_at_once(
    http_registry: HttpRegistry, connect: Callable[..., SchemaRegistry]
) -> None:
    now = [100.0]
    client = connect(clock=lambda: now[0])
    for _ in range(3):
        with pytest.raises(UnknownSchemaIdError, match=r"looking up schema 1: there is none$"):
            client.schema(1)
    assert len(http_registry.requests) == 1
    http_registry.schemas.append(SCHEMA)
    now[0] += MISSING_FOR_S
    assert client.schema(1) == SCHEMA


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (
            (401, {"message": "Unauthorized"}),
            "HTTP 401: it does not accept the user name and password; it says: Unauth",
        ),
        ((403, {}), "HTTP 403: this user may not do that$"),
        (
            (409, {"message": "reader is missing c"}),
            "HTTP 409: the schema is incompatible with .*: reader is missing c$",
        ),
        ((422, {"message": "no schema"}), "HTTP 422: it takes the schema for invalid; it says: no schema"),
        ((404, b"<html>"), r"HTTP 404: is this the address of a schema registry\?$"),
        ((500, {"message": 3}), r"HTTP 500: is this the address of a schema registry\?$"),
        ((200, b"<html>"), r"HTTP 200: is this the address of a schema registry\?$"),
        ((200, [1]), r"HTTP 200: is this the address of a schema registry\?$"),
        ((302, b""), r"HTTP 302: is this the address of a schema registry\?$"),
        ((200, {"id": "1"}), "expected an id, got '1'"),
        ((200, {"id": True}), "expected an id, got 'True'"),
        ((200, {"id": 2**32}), "expected an id, got '4294967296'"),
    ],
)
def test_refusals_say_why_and_never_the_password(
    http_registry: HttpRegistry, connect: Callable[..., SchemaRegistry], answer: Answer, complaint: str
) -> None:
    http_registry.script = lambda _method, _path: answer
    client = connect(username="ada", password=SecretStr(PASSWORD))
    with pytest.raises(
        RegistryError, match=f"^schema registry at {http_registry.url}: registering a.B: {complaint}"
    ) as refused:
        client.register("a.B", SCHEMA)
    assert PASSWORD not in repr(refused.getrepr(style="long"))
    assert not isinstance(refused.value, LookupError)


def test_another_servers_404_is_no_missing_schema(
    http_registry: HttpRegistry, connect: Callable[..., SchemaRegistry]
) -> None:
    http_registry.script = lambda _method, _path: (404, {"error": "no such page"})
    with pytest.raises(RegistryError, match="looking up schema 4: HTTP 404") as refused:
        connect().schema(4)
    assert not isinstance(refused.value, LookupError)


def test_an_answer_without_a_schema_is_named(
    http_registry: HttpRegistry, connect: Callable[..., SchemaRegistry]
) -> None:
    http_registry.script = lambda _method, _path: (200, {"schema": None})
    with pytest.raises(RegistryError, match="looking up schema 4: expected a schema, got none"):
        connect().schema(4)


def test_a_registry_that_is_not_there_is_named() -> None:
    client = SchemaRegistry("http://127.0.0.1:1", username="ada", password=SecretStr(PASSWORD))
    with pytest.raises(
        RegistryError, match=r"at http://127\.0\.0\.1:1: looking up schema 1: it cannot be reached"
    ) as refused:
        client.schema(1)
    assert PASSWORD not in str(refused.value)
    client.close()


def test_a_registry_that_does_not_answer_is_named(
    http_registry: HttpRegistry, connect: Callable[..., SchemaRegistry]
) -> None:
    http_registry.server.shutdown()  # it still listens, and accepts nothing any more
    with pytest.raises(RegistryError, match="looking up schema 1: no answer in time"):
        connect(timeout_s=0.1).schema(1)


@pytest.mark.parametrize(
    ("url", "arguments", "complaint"),
    [
        (f"http://ada:{PASSWORD}@registry", {}, "registry URL: expected no credentials in it"),
        (f"http://ada:{PASSWORD}/x@registry", {}, "registry URL: expected no credentials in it"),
        ("registry:8081", {}, r"registry URL: expected one such as https://registry:8081, got 'registry:8081'"),
        ("http://registry", {"username": "ada"}, "expected both a user name and a password, or neither"),
        ("http://registry", {"password": SecretStr(PASSWORD)}, "expected both a user name and a password, or neither"),
    ],
)
def test_half_a_configuration_is_refused(url: str, arguments: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint) as refused:
        SchemaRegistry(url, **arguments)
    assert PASSWORD not in str(refused.value)


def test_authorities_that_do_not_exist_are_an_error_at_once(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        SchemaRegistry("https://registry", ca=tmp_path / "none.pem")


def _candle() -> Candle:
    return Candle(
        symbol="BTCUSDT",
        timeframe="1m",
        open_time=from_milliseconds(0),
        open=1.0,
        high=1.0,
        low=1.0,
        close=1.0,
        volume=0.0,
    )


def test_settings_with_a_registry_give_the_confluent_wire_format(http_registry: HttpRegistry) -> None:
    http_registry.credentials = f"ada:{PASSWORD}"
    settings = Settings(registry_url=http_registry.url, registry_username="ada", registry_password=SecretStr(PASSWORD))
    payload = build_codec(settings).encode(_candle())
    assert payload[:5] == bytes([0, 0, 0, 0, 1])
    assert build_codec(settings).decode(payload, Candle) == _candle()
    assert http_registry.requests == [("POST", "/subjects/candelabra.Candle/versions"), ("GET", "/schemas/ids/1")]


def test_settings_without_a_registry_give_single_object_encoding() -> None:
    codec = build_codec(Settings(registry_url=None, max_record_bytes=2_048))
    payload = codec.encode(_candle())
    assert payload[:2] == bytes([0xC3, 0x01])
    with pytest.raises(DecodeError, match="oversized: expected at most 2,048 bytes, got 2,049"):
        codec.decode(bytes(2_049), Candle)


def test_every_schema_is_taken_by_the_registry_as_it_is_written(
    http_registry: HttpRegistry, connect: Callable[..., SchemaRegistry]
) -> None:
    client = connect()
    ids = [client.register(current_schema(model).name, current_schema(model).text) for model in RECORD_TYPES]
    assert ids == list(range(1, len(RECORD_TYPES) + 1))
    assert json.loads(http_registry.schemas[0])["doc"] == "One candle of one symbol."


@pytest.mark.parametrize(
    "answer",
    [
        {"schema": "syntax = 'proto3';", "schemaType": "PROTOBUF"},
        {"schema": '{"type": "object"}', "schemaType": "JSON"},
    ],
)
def test_a_schema_of_another_kind_refuses_the_record(
    http_registry: HttpRegistry, connect: Callable[..., SchemaRegistry], answer: dict[str, str]
) -> None:
    http_registry.script = lambda _method, _path: (200, answer)
    with pytest.raises(DecodeError, match="schema 1 of the registry: expected an Avro record schema") as refused:
        Codec(ConfluentWire(connect())).decode(b"\x00\x00\x00\x00\x01abc", Candle)
    assert refused.value.reason is Reason.UNKNOWN_SCHEMA
