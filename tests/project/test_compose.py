"""docker-compose.yml, checked without an engine: the specification's schema, and what hardening and order promise."""

import importlib
import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer
import yaml

from dataflows.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ENGINE = {name: service for name, service in SERVICES.items() if "build" in service}
LASTING = {name: service for name, service in SERVICES.items() if service.get("restart") != "no"}
PINNED = re.compile(r"[a-z0-9./_-]+:v?[0-9]+\.[0-9]+\.[0-9]+[a-z0-9.-]*")

each_service = pytest.mark.parametrize("name", list(SERVICES))


def _dockerfile(service: dict[str, Any]) -> list[str]:
    lines: str = service["build"]["dockerfile_inline"]
    return lines.replace("\\\n", " ").splitlines()


def test_it_is_a_compose_file() -> None:
    schema = json.loads(files("check_jsonschema").joinpath("builtin_schemas/vendor/compose-spec.json").read_text())
    validator = jsonschema.Draft202012Validator(schema)
    assert [f"{error.json_path}: {error.message}" for error in validator.iter_errors(COMPOSE)] == []


def test_the_schema_would_notice_a_misspelt_key() -> None:
    schema = json.loads(files("check_jsonschema").joinpath("builtin_schemas/vendor/compose-spec.json").read_text())
    broken = {"services": {"kafka": {"image": "x", "heathcheck": {}}}}
    assert not jsonschema.Draft202012Validator(schema).is_valid(broken)


def test_the_services_are_the_broker_the_topics_one_worker_and_who_shows_them() -> None:
    assert list(SERVICES) == ["kafka", "topics", "worker", "dashboard", "prometheus", "grafana"]


@each_service
def test_every_image_has_a_full_version(name: str) -> None:
    service = SERVICES[name]
    images = [service["image"]]
    if name in ENGINE:
        images += [line.split()[1] for line in _dockerfile(service) if line.startswith("FROM ")]
    assert [image for image in images if not PINNED.fullmatch(image)] == []


def test_the_broker_is_the_version_that_the_tests_run_on() -> None:
    tested = importlib.import_module("dataflows.brokers.kafka_jars").KAFKA_VERSION
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{tested}"


@each_service
def test_no_service_runs_as_root_or_can_become_it(name: str) -> None:
    service = SERVICES[name]
    assert service["user"].split(":")[0] not in {"", "0", "root"}
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert not {"privileged", "cap_add", "network_mode", "pid"} & set(service)


@pytest.mark.parametrize("name", list(ENGINE))
def test_the_engine_writes_only_where_it_must(name: str) -> None:
    service = ENGINE[name]
    assert service["read_only"] is True
    assert [path.partition(":")[0] for path in service["tmpfs"]] == ["/tmp"]  # noqa: S108  a path in the container
    assert service.get("volumes", []) == (["recovery:/recovery"] if name == "worker" else [])
    user_lines = [line for line in _dockerfile(service) if line.startswith("USER ")]
    assert user_lines == [f"USER {service['user']}"]


@pytest.mark.parametrize("name", list(LASTING))
def test_every_lasting_service_is_watched(name: str) -> None:
    check = LASTING[name]["healthcheck"]
    assert check["test"][0] == "CMD"
    assert {"interval", "timeout", "retries", "start_period"} <= set(check)
    assert LASTING[name]["restart"] == "unless-stopped"


def test_nobody_starts_before_what_it_needs() -> None:
    after_kafka = {"kafka": {"condition": "service_healthy"}}
    after_topics = after_kafka | {"topics": {"condition": "service_completed_successfully"}}
    assert {name: service.get("depends_on") for name, service in SERVICES.items()} == {
        "kafka": None,
        "topics": after_kafka,
        "worker": after_topics,
        "dashboard": after_topics,
        "prometheus": None,
        "grafana": {"prometheus": {"condition": "service_healthy"}},
    }


def test_nothing_is_published_beyond_this_machine() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert len(ports) == 4
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


@each_service
def test_no_secret_stands_in_it(name: str) -> None:
    environment = SERVICES[name].get("environment", {})
    assert [key for key in environment if re.search(r"PASSWORD|SECRET|TOKEN|CREDENTIAL", key)] == []


@pytest.mark.parametrize("name", list(ENGINE))
def test_the_engines_variables_are_settings(name: str) -> None:
    ours = {key for key in ENGINE[name]["environment"] if key.startswith(PREFIX)}
    assert ours <= {PREFIX + field.upper() for field in Settings.model_fields}
    assert ENGINE[name]["environment"][f"{PREFIX}BOOTSTRAP_SERVERS"] == "kafka:19092"


@pytest.mark.parametrize("name", list(ENGINE))
def test_every_command_is_a_verb_of_the_command_line_with_options_it_has(name: str) -> None:
    words: list[str] = ENGINE[name]["command"]
    command: Any = typer.main.get_command(importlib.import_module("ui.cli.main").app)
    while verbs := getattr(command, "commands", None):
        assert words, f"{command.name} needs a verb"
        assert words[0] in verbs, f"{words[0]!r} is not one of {sorted(verbs)}"
        command, words = verbs[words[0]], words[1:]
    options = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= options
    arguments = [word for word in words if not word.startswith("--")]
    assert len(arguments) <= len(command.params)


def test_what_the_image_copies_is_let_through_to_the_build() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    let_through = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    copied = {
        source
        for line in _dockerfile(ENGINE["worker"])
        if line.startswith("COPY ") and "--from" not in line
        for source in line.split()[1:-1]
    }
    assert ignored[0] == "*"
    assert copied == let_through
