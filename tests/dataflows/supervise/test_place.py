"""What a worker begins from is the same settings, spelt out, and nothing of an ``.env`` that changes later."""

import os
from pathlib import Path

import pytest

from dataflows.settings import Settings, load
from dataflows.supervise.place import VARIABLE, Place, environment_of, own_place, own_settings

PLACE = Place(1, ("127.0.0.1:20001", "127.0.0.1:20002"), once=True, restarts=2, cold=True, parent=7, report=5, shown=6)

GIVEN: dict[str, object] = {
    "bootstrap_servers": "one:9092,two:9092",
    "topic_prefix": "paper.",
    "partitions": 7,
    "epoch_seconds": 0.25,
    "recovery_dir": Path("some where") / "recovery",
    "timeframes": "5m,1h,1d",
    "security_protocol": "SASL_SSL",
    "sasl_mechanism": "PLAIN",
    "sasl_username": "ada",
    "sasl_password": 'hu"sh, \\ = {}',
    "librdkafka": {"socket.keepalive.enable": "true", "ssl.engine.id": 'a "b"'},
    "registry_url": "https://registry.example:8081",
    "health_port": 9_100,
    "log_format": "json",
    "startup_wait_seconds": 0.0,
}


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in os.environ:
        if name.startswith("CANDELABRA_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def begin_from(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("given", [GIVEN, {}], ids=["much is set", "nothing is set"])
def test_a_worker_has_the_settings_of_its_supervisor(given: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(**given)
    begin_from(environment_of(settings, PLACE), monkeypatch)
    assert own_settings() == settings
    assert own_place() == PLACE


def test_every_setting_that_is_set_is_spelt_out() -> None:
    settings = Settings(**GIVEN)  # type: ignore[arg-type]  # as a person writes them
    environment = environment_of(settings, PLACE)
    written = {name for name in environment if name.startswith("CANDELABRA_")}
    unset = {name for name in type(settings).model_fields if getattr(settings, name) in (None, "", {})}
    assert written == {f"CANDELABRA_{name.upper()}" for name in set(type(settings).model_fields) - unset}


def test_what_env_files_and_flags_said_at_the_start_holds_for_every_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("CANDELABRA_PARTITIONS=3\nCANDELABRA_AUTHOR=ada\n", encoding="utf-8")
    monkeypatch.setenv("CANDELABRA_EPOCH_SECONDS", "0.5")
    settings = load(recovery_dir=Path("here"))
    environment = environment_of(settings, PLACE)
    Path(".env").write_text("CANDELABRA_PARTITIONS=9\nCANDELABRA_REGISTRY_URL=http://later\n", encoding="utf-8")
    begin_from(environment, monkeypatch)
    assert own_settings() == settings
    assert (own_settings().partitions, own_settings().registry_url) == (3, None)


def test_the_place_is_no_setting() -> None:
    assert not VARIABLE.startswith("CANDELABRA_")
