"""What holds for every verb: help with an example, one message for an error, an exit code that tells."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from dataflows.errors import CommandRefused
from dataflows.kafka.registry import RegistryError
from dataflows.version import version
from tests.ui.cli.conftest import Cli
from ui.cli import doctor
from ui.cli.main import app
from ui.cli.reach import PATIENCE_SECONDS


def verbs(command: Any = None, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:  # noqa: ANN401  # Typer vendors its Click
    command = command or typer.main.get_command(app)
    children = getattr(command, "commands", None)
    if children is None:
        yield " ".join(path), command
        return
    for name, child in children.items():
        yield from verbs(child, (*path, name))


VERBS = dict(verbs())


def test_all_verbs_are_there() -> None:
    assert {"demo", "feed", "run", "replay", "doctor", "topics tail", "strategy restart", "bench engine"} <= set(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_help_has_an_example_that_can_be_typed(verb: str) -> None:
    example = VERBS[verb].help.partition("Example: ")[2].splitlines()[0]
    assert f"candelabra {verb}" in example


@pytest.mark.parametrize("verb", VERBS)
def test_every_option_is_explained(verb: str) -> None:
    silent = [one.name for one in VERBS[verb].params if not one.help and not getattr(one, "hidden", False)]
    assert silent == []


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb != "dashboard"])
def test_machines_can_ask_for_json(verb: str) -> None:
    assert any("--json" in one.opts for one in VERBS[verb].params)


def test_help_loads_nothing_slow() -> None:
    slow = {"talib", "pandas", "polars", "bytewax", "streamlit", "pyarrow", "confluent_kafka", "pydantic"}
    program = f"import sys, ui.cli.main; print(sorted({slow!r} & set(sys.modules)))"
    found = subprocess.run(
        [sys.executable, "-c", program], cwd=Path(__file__).parents[3], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "error",
    [CommandRefused("no such [thing]"), RegistryError("the registry refuses"), KeyboardInterrupt()],
    ids=lambda error: type(error).__name__,
)
def test_an_explained_error_is_one_message_without_a_traceback(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def fail() -> list[doctor.Finding]:
        raise error

    monkeypatch.setattr(doctor, "_python", fail)
    said = cli("doctor")
    assert "Traceback" not in said.err
    if isinstance(error, KeyboardInterrupt):
        assert said.code == 130
    else:
        assert said.code == 1
        assert said.err == f"error: {error}\n"


def test_an_error_nobody_explained_keeps_its_traceback(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> list[doctor.Finding]:
        raise ValueError("a fault of ours")

    monkeypatch.setattr(doctor, "_python", fail)
    with pytest.raises(ValueError, match="a fault of ours"):
        cli("doctor")


def test_wrong_settings_are_one_message(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANDELABRA_BOOTSTRAP_SERVER", "broker:9092")
    said = cli("topics", "list", "--json")
    assert said.code == 1
    assert "did you mean CANDELABRA_BOOTSTRAP_SERVERS?" in said.err
    assert said.json["error"] in said.err


def test_the_release_can_be_asked_for(cli: Cli) -> None:
    said = cli("--version")
    assert (said.code, said.out) == (0, f"candelabra {version()}\n")


def test_wrong_usage_tells_machines_too(cli: Cli) -> None:
    said = cli("feed", "candles.parquet", "--speed", "fast", "--json")
    assert said.code == 2
    assert "got 'fast'" in said.json["error"]
    assert cli("nonsense").code == 2


NEEDS_BROKER = [
    ("topics", "create"),
    ("topics", "list"),
    ("topics", "tail", "signals"),
    ("feed", "candles.csv"),
    ("run", "--wait", 0),
    ("run", "--workers", 2, "--wait", 0),
    ("demo", "--once", "--bootstrap-servers", "127.0.0.1:1"),
    ("strategy", "list"),
    ("strategy", "show", "swing"),
    ("strategy", "stop", "swing"),
    ("strategy", "restart", "swing"),
]


@pytest.mark.parametrize("words", NEEDS_BROKER, ids=lambda words: " ".join(map(str, words)))
def test_a_broker_that_is_not_there_is_one_clear_message(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, words: tuple[object, ...]
) -> None:
    monkeypatch.setenv("CANDELABRA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    monkeypatch.setattr("ui.cli.reach.PATIENCE_SECONDS", 0.2)
    said = cli(*words, "--json")
    assert said.code == 1
    assert said.err.count("error:") == 1
    assert "no Kafka broker answered at 127.0.0.1:1" in said.json["error"]


def test_who_waits_for_a_broker_is_told_within_ten_seconds() -> None:
    assert PATIENCE_SECONDS <= 7  # the rest is for starting up
