"""What the Kafka client says in the log: warnings, but not those of what it tries again by itself."""

import io
import logging

import pytest

from dataflows.health import logs
from dataflows.kafka.client import logger
from dataflows.kafka.client_log import CALM_SECONDS, Calm
from dataflows.settings import Settings

RETRIED = "Failed to acquire idempotence PID from broker broker:9092/1: Broker: Coordinator load in progress: retrying"
FATAL = "Failed to acquire idempotence PID from broker broker:9092/1: Broker: Cluster authorization failed: fatal"


def said(level: str, message: str) -> str:
    stream = io.StringIO()
    logs.set_up(Settings(_env_file=None, log_level=level), stream=stream)  # type: ignore[arg-type, call-arg]  # as pydantic reads it
    try:
        logger.log(logging.WARNING, "%s [%s] %s", "GETPID", "rdkafka#producer-1", f"[thrd:main]: {message}")
    finally:
        logs.tear_down()
    return stream.getvalue()


@pytest.mark.parametrize("level", ["info", "warning", "error"])
def test_a_coordinator_that_still_loads_is_nobodys_worry(level: str) -> None:
    assert said(level, RETRIED) == ""


def test_at_debug_it_is_there_as_debug() -> None:
    [line] = said("debug", RETRIED).splitlines()
    assert "Coordinator load in progress" in line
    assert line.split()[1] == "debug"


@pytest.mark.parametrize("message", [FATAL, "Coordinator load in progress: retrying", "connection lost"])
def test_whatever_else_it_warns_of_stays_a_warning(message: str) -> None:
    [line] = said("info", message).splitlines()
    assert message in line
    assert line.split()[1] == "warning"


def failed(at: float, kind: str = "FAIL") -> logging.LogRecord:
    record = logging.LogRecord(
        "client", logging.ERROR, "", 0, "%s [%s] %s", (kind, "consumer-1", "Connect failed"), None
    )
    record.created = at
    return record


def test_a_broker_that_is_away_takes_a_line_in_ten_seconds_for_each_kind() -> None:
    calm = Calm()
    shown = [record for record in map(failed, [100.0, 100.1, 104.0, 109.9]) if calm.filter(record)]
    assert [record.getMessage() for record in shown] == ["FAIL [consumer-1] Connect failed"]
    assert calm.filter(failed(101.0, "ERROR"))
    later = failed(100.0 + CALM_SECONDS)
    assert calm.filter(later)
    assert later.getMessage() == "FAIL [consumer-1] Connect failed (and 3 like it since)"
    again = failed(200.0)
    assert calm.filter(again)
    assert again.getMessage() == "FAIL [consumer-1] Connect failed"


def test_what_is_no_matter_of_the_connection_is_all_shown() -> None:
    calm = Calm()
    assert all(calm.filter(failed(100.0, "FATAL")) for _ in range(5))
