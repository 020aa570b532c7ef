"""`candelabra strategy`: versions with their history, on Apache Kafka; who, when, why, and what changed."""

import getpass
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dataflows.control_client import ControlClient
from dataflows.settings import Settings
from tests.ui.cli.conftest import Cli

pytestmark = pytest.mark.kafka

Write = Callable[..., Path]

NO_WAIT = ("--wait", 0)


@pytest.fixture
def updated(cli: Cli, kafka_topics: Settings, strategy_file: Write) -> Settings:
    """Version 1 by whoever is logged in, version 2 by Ada."""
    assert cli("strategy", "deploy", strategy_file(), *NO_WAIT).code == 0
    said = cli("strategy", "update", strategy_file(low=40), "--author", "ada", "-m", "fewer trades", *NO_WAIT)
    assert said.code == 0
    assert 'signal entry: expression "rsi < 45" -> "rsi < 40"' in said.out
    return kafka_topics


def history(cli: Cli) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cli("strategy", "versions", "swing", "--json").json["versions"]
    return found


@pytest.mark.usefixtures("updated")
def test_the_history_says_who_when_why_from_which_and_what_was_current(cli: Cli) -> None:
    first, second = history(cli)
    assert (first["author"], first["reason"], first["based_on"]) == (getpass.getuser(), "", None)
    assert (second["author"], second["reason"], second["based_on"]) == ("ada", "fewer trades", 1)
    assert (first["current"], second["current"]) == (False, True)
    assert first["created_at"] < second["created_at"]
    [held] = first["held"]
    assert held["issued_at"].endswith("Z")  # as every other time of the document
    assert held["ended_at"] == second["held"][0]["issued_at"]
    assert first["fingerprint"] != second["fingerprint"]
    told = cli("strategy", "versions", "swing")
    assert "fewer trades" in told.out
    assert "● 2" in told.out
    assert told.err == ""


def test_a_rollback_makes_no_version_and_is_in_the_history(cli: Cli, updated: Settings) -> None:
    said = cli("strategy", "rollback", "swing", "-m", "too few", "--author", "bob", *NO_WAIT)
    assert said.code == 0
    assert "swing version 1: running" in said.out
    assert 'signal entry: expression "rsi < 40" -> "rsi < 45"' in said.out
    first, second = history(cli)
    assert (first["current"], second["current"]) == (True, False)
    assert [(one["author"], one["reason"]) for one in first["held"]] == [(getpass.getuser(), ""), ("bob", "too few")]
    again = cli("strategy", "rollback", "swing", "--to", 1, "--json", *NO_WAIT)
    assert again.json["unchanged"] is True
    assert again.json["changes"] == []
    assert sorted(ControlClient(updated).versions("swing")) == [1, 2]


@pytest.mark.usefixtures("updated")
def test_an_update_against_another_version_than_expected_is_refused(cli: Cli, strategy_file: Write) -> None:
    stale = cli("strategy", "update", strategy_file(low=35), "--expect", 1, "--json")
    assert stale.code == 1
    assert "you expect version 1 of strategy 'swing', and version 2 is current (by ada)" in stale.json["error"]
    fresh = cli("strategy", "update", strategy_file(low=35), "--expect", 2, "--json", *NO_WAIT)
    assert (fresh.code, fresh.json["command"]["version"]) == (0, 3)
    assert fresh.json["changes"] == ['signal entry: expression "rsi < 40" -> "rsi < 35"']


@pytest.mark.usefixtures("updated")
def test_the_same_file_twice_is_one_version(cli: Cli, strategy_file: Write) -> None:
    again = cli("strategy", "update", strategy_file(low=40), "--author", "bob", "-m", "again", "--json", *NO_WAIT)
    assert again.json["unchanged"] is True
    assert [one["author"] for one in history(cli)] == [getpass.getuser(), "ada"]


@pytest.mark.usefixtures("updated")
def test_versions_are_compared_with_each_other_and_with_files(cli: Cli, strategy_file: Write) -> None:
    change = '  signal entry: expression "rsi < 45" -> "rsi < 40"'
    assert cli("strategy", "diff", "swing").out.splitlines() == ["swing@1 -> swing@2", change]
    assert cli("strategy", "diff", "swing@1", "swing@2").out.splitlines() == ["swing@1 -> swing@2", change]
    assert cli("strategy", "diff", "swing@2").out.splitlines()[1:] == [change]
    file = strategy_file(low=35)
    deployed_against = cli("strategy", "diff", file).out.splitlines()
    assert deployed_against == [f"swing@2 -> {file}", '  signal entry: expression "rsi < 40" -> "rsi < 35"']
    assert cli("strategy", "diff", "swing", file).out.splitlines() == deployed_against
    assert cli("strategy", "diff", "swing@2", strategy_file(low=40)).out.endswith(": unchanged\n")


@pytest.mark.usefixtures("updated")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("diff", "swing@1"), "swing@1: nothing is known to have come before it"),
        (("diff", "swing@9"), "strategy 'swing' has no version 9, it has 1, 2"),
        (("diff", "swing@x"), "swing@x: expected a file, an id such as swing, or a version such as swing@2"),
        (("diff", "swingg"), "there is no strategy 'swingg' (did you mean \"swing\"?)"),
        (("versions", "swingg"), "there is no strategy 'swingg'"),
        (("rollback", "swing", "--to", 9), "strategy 'swing' has no version 9, it has 1, 2"),
    ],
)
def test_what_is_not_there_is_named(cli: Cli, arguments: tuple[object, ...], message: str) -> None:
    said = cli("strategy", *arguments, "--json")
    assert said.code == 1
    assert message in said.json["error"]


@pytest.mark.usefixtures("updated")
def test_what_is_deployed_is_cloned_explained_and_shown_as_files_are(cli: Cli) -> None:
    shown = cli("strategy", "show", "swing@1", "--normalized", "--json").json["config"]
    assert shown["signals"][0]["expression"] == "rsi < 45"
    assert cli("strategy", "clone", "swing", "copy").code == 0
    assert cli("strategy", "diff", "swing", "copy.json").out.splitlines()[1:] == ['  id "swing" -> "copy"']
    explained = cli("strategy", "explain", "copy.json", "--deployed", "--json").json
    assert explained["strategies"] == ["copy", "swing"]
    assert (explained["wanted"], explained["computed"]) == (4, 1)
    cli("strategy", "stop", "swing", *NO_WAIT)
    assert cli("strategy", "explain", "--deployed").code == 1


@pytest.mark.usefixtures("kafka_topics")
def test_a_model_that_cannot_run_yet_is_refused_by_name(cli: Cli, strategy_file: Write) -> None:
    model = {"id": "trend", "type": "traditional", "subtype": "ets", "inputs": ["close"], "outputs": ["forecast"]}
    said = cli("strategy", "deploy", strategy_file(models=[model]), "--json")
    assert said.code == 1
    assert "models.0: expected a model that this release can run (none yet)" in said.json["error"]
    assert cli("strategy", "list", "--json").json["strategies"] == []


@pytest.mark.parametrize(
    ("flag", "text", "message"),
    [("--author", "x" * 101, "at most 100"), ("--reason", "x" * 501, "at most 500"), ("-m", "a\nb", "one line")],
)
def test_an_author_or_reason_that_does_not_fit_is_refused_at_once(
    cli: Cli, strategy_file: Write, flag: str, text: str, message: str
) -> None:
    said = cli("strategy", "deploy", strategy_file(), flag, text, "--json")
    assert said.code == 2
    assert message in said.json["error"]
