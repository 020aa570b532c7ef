"""How the dashboard's process is started."""

import json
import subprocess
import sys

import pytest
from pydantic import SecretStr

from dataflows.brokers.ports import free_port
from dataflows.settings import Settings
from ui.dashboard.launch import (
    DashboardNotServing,
    dashboard_command,
    dashboard_environment,
    start_dashboard,
    wait_until_serving,
)


def test_the_command_binds_loopback_headless_and_reports_to_nobody() -> None:
    command = dashboard_command(port=8765)
    options = " ".join(command)
    assert "--server.address 127.0.0.1" in options
    assert "--server.port 8765" in options
    assert "--server.headless true" in options
    assert "--browser.gatherUsageStats false" in options


def test_the_host_can_be_opened_for_a_container() -> None:
    assert "--server.address 0.0.0.0" in " ".join(dashboard_command(port=1, host="0.0.0.0"))  # noqa: S104  # the point


def test_settings_arrive_as_variables_secrets_among_them(monkeypatch: pytest.MonkeyPatch) -> None:
    given = Settings(
        bootstrap_servers="broker:9092",
        topic_prefix="paper.",
        security_protocol="SASL_SSL",
        sasl_mechanism="PLAIN",
        sasl_username="ada",
        sasl_password=SecretStr("hush"),
        librdkafka={"socket.timeout.ms": SecretStr("5000")},
    )
    environment = dashboard_environment(given)
    assert json.loads(environment["CANDELABRA_LIBRDKAFKA"]) == {"socket.timeout.ms": "5000"}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert Settings().kafka_client_config() == given.kafka_client_config()
    assert Settings().topic_prefix == "paper."


def test_it_serves_on_its_port_and_ends_with_its_process() -> None:
    port = free_port()
    process = start_dashboard(Settings(bootstrap_servers=f"127.0.0.1:{free_port()}"), port=port)
    try:
        address = wait_until_serving(port, alive=lambda: process.poll() is None, timeout_s=60)
    finally:
        process.terminate()
        process.wait(timeout=20)
    assert address == f"http://127.0.0.1:{port}"
    with pytest.raises(DashboardNotServing, match="ended before it answered"):
        wait_until_serving(port, alive=lambda: process.poll() is None)


def test_one_that_never_answers_is_given_up_on() -> None:
    with (
        subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as silent,
        pytest.raises(DashboardNotServing, match=r"did not answer at .* within 0\.3 s"),
    ):
        wait_until_serving(free_port(), alive=lambda: silent.poll() is None, timeout_s=0.3)
