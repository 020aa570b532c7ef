"""Log lines: what is in each, in both forms, and what never is."""

import io
import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest

from dataflows.health import logs
from dataflows.health.dead_letter_summary import DeadLetterSummary
from dataflows.settings import Settings

PLANTED = {
    "sasl_password": "planted-sasl-password",
    "ssl_key_password": "planted-key-password",
    "registry_password": "planted-registry-password",
    "sasl_oauthbearer_client_secret": "planted-client-secret",
}


def settings(**given: Any) -> Settings:  # noqa: ANN401  # any setting
    return Settings(_env_file=None, **given)  # type: ignore[call-arg]  # pydantic-settings' own argument


def secretive(**given: Any) -> Settings:  # noqa: ANN401  # any setting
    return settings(
        security_protocol="SASL_SSL",
        sasl_mechanism="PLAIN",
        sasl_username="ada",
        sasl_password=PLANTED["sasl_password"],
        ssl_certificate_location="client.pem",
        ssl_key_location="client.key",
        ssl_key_password=PLANTED["ssl_key_password"],
        registry_url="https://registry.example",
        registry_username="ada",
        registry_password=PLANTED["registry_password"],
        librdkafka={"sasl.oauthbearer.client.secret.extra": "planted-in-librdkafka"},
        **given,
    )


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    yield
    logs.tear_down()


def shown(config: Settings, worker: int | None = 3) -> io.StringIO:
    stream = io.StringIO()
    logs.set_up(config, worker, stream)
    return stream


def test_a_line_of_json_has_time_level_event_worker_and_correlation() -> None:
    stream = shown(settings(log_format="json"))
    logs.tell(logging.INFO, "signal", correlation="BTCUSDT@2025-06-29T15:15:00Z", strategy="macd", price=1.5, none=None)
    line = json.loads(stream.getvalue())
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("time"))
    assert line == {
        "level": "info",
        "event": "signal",
        "worker": 3,
        "correlation": "BTCUSDT@2025-06-29T15:15:00Z",
        "strategy": "macd",
        "price": 1.5,
    }


def test_a_line_of_text_has_the_same_and_stays_one_line() -> None:
    stream = shown(settings())
    logs.tell(logging.WARNING, "quarantined", series="a|B|1m", reason="division\nby zero", count=2)
    [line] = stream.getvalue().splitlines()
    assert re.fullmatch(r'\S+Z warning quarantined  worker=3 series=a\|B\|1m reason="division\\nby zero" count=2', line)


@pytest.mark.parametrize(("level", "expected"), [("debug", 4), ("info", 3), ("warning", 2), ("error", 1)])
def test_the_level_of_the_settings_decides(level: str, expected: int) -> None:
    stream = shown(settings(log_level=level))
    for one in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR):
        logs.tell(one, "said")
    assert len(stream.getvalue().splitlines()) == expected
    assert logs.tells(logging.DEBUG) is (level == "debug")


def test_without_being_set_up_nothing_is_shown(capfd: pytest.CaptureFixture[str]) -> None:
    logs.tell(logging.ERROR, "unheard")
    assert capfd.readouterr() == ("", "")
    assert logs.tells(logging.ERROR) is False


def test_what_the_kafka_client_says_is_an_event_from_warning_on() -> None:
    stream = shown(settings(log_format="json"))
    client = logging.getLogger("dataflows.kafka.client")
    client.info("connected")
    client.warning("connection to broker-1 lost")
    assert json.loads(stream.getvalue())["event"] == "connection to broker-1 lost"


def refuse(secret: str) -> None:
    raise RuntimeError(secret)


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_secrets_never_appear_whoever_says_them(log_format: str) -> None:
    config = secretive(log_format=log_format, log_level="debug")
    stream = shown(config)
    secrets = [secret for name, secret in PLANTED.items() if getattr(config, name, None) is not None]
    secrets.append("planted-in-librdkafka")
    assert len(secrets) == 4
    for secret in secrets:
        logs.tell(logging.INFO, f"login with {secret}", nested={"a": [secret], secret: 1}, error=ValueError(secret))
        try:
            refuse(secret)
        except RuntimeError:
            logging.getLogger("dataflows.anywhere").exception("refused %s", secret)
    printed = stream.getvalue()
    assert printed.count("login with [hidden]") == 4
    assert [secret for secret in secrets if secret in printed] == []
    assert "planted" not in printed


def test_the_settings_themselves_can_be_logged() -> None:
    config = secretive()
    stream = shown(config)
    logs.tell(logging.INFO, "settings", settings=config.describe(), client=config.kafka_client_config())
    assert "planted" not in stream.getvalue()


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_dead_letters_are_summed_up_every_ten_seconds() -> None:
    stream, clock = shown(settings(log_format="json")), Clock()
    summary = DeadLetterSummary(clock)
    summary.note("invalid")
    for _ in range(1_000):
        summary.note("invalid")
        summary.note("truncated")
    assert len(stream.getvalue().splitlines()) == 1
    clock.now = 9.9
    summary.tell()
    assert len(stream.getvalue().splitlines()) == 1
    clock.now = 10.1
    summary.tell()
    summary.tell()
    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert (first["count"], first["reasons"]) == (1, {"invalid": 1})
    assert (second["count"], second["reasons"]) == (2_000, {"invalid": 1_000, "truncated": 1_000})


def test_the_last_dead_letters_are_told_at_the_end() -> None:
    stream, clock = shown(settings(log_format="json")), Clock()
    summary = DeadLetterSummary(clock)
    summary.note("invalid")
    summary.note("empty")
    summary.tell(last=True)
    assert [json.loads(line)["reasons"] for line in stream.getvalue().splitlines()] == [{"invalid": 1}, {"empty": 1}]
