"""What the Kafka client says in the log: warnings, but not those of what it tries again by itself."""

import io
import logging

import pytest

from dataflows.health import logs
from dataflows.kafka.client import logger
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
