"""What docker-compose.yml, Prometheus and Grafana say of each other's ports and files agrees."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
HEALTH = ROOT / "dataflows" / "health"
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))[
    "services"
]


def _read(path: Path) -> Any:  # noqa: ANN401  # whatever the file holds
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _mounts(service: str) -> dict[str, Path]:
    """Files and folders of the repository that a container sees, by where it sees them; all read-only."""
    found = {}
    for volume in SERVICES[service]["volumes"]:
        if volume.startswith("./"):
            here, there, mode = volume.split(":")
            assert mode == "ro"
            found[there] = ROOT / here
    return found


def test_every_mounted_file_is_there() -> None:
    mounted = [path for service in ("prometheus", "grafana") for path in _mounts(service).values()]
    assert len(mounted) == 4
    assert [path for path in mounted if not path.exists()] == []


def test_prometheus_scrapes_the_ports_that_workers_open() -> None:
    worker = SERVICES["worker"]
    environment = worker["environment"]
    first = int(environment["CANDELABRA_HEALTH_PORT"])
    words = worker["command"]
    workers = int(words[words.index("--workers") + 1]) if "--workers" in words else 1
    wanted = [f"worker:{first + number}" for number in range(workers)]
    jobs = _read(HEALTH / "prometheus.yml")["scrape_configs"]
    assert [target for job in jobs for one in job["static_configs"] for target in one["targets"]] == wanted
    assert [f"worker:{port}" for port in worker["expose"]] == wanted
    assert environment["CANDELABRA_HEALTH_HOST"] == "0.0.0.0"  # noqa: S104  # within the containers' own network
    assert "ports" not in worker


def test_the_worker_is_healthy_when_it_is_ready() -> None:
    worker = SERVICES["worker"]
    [url] = re.findall(r"http://\S+?(?=')", worker["healthcheck"]["test"][-1])
    assert url == f"http://127.0.0.1:{worker['environment']['CANDELABRA_HEALTH_PORT']}/readyz"


def test_prometheus_reads_the_alert_rules_where_they_are_mounted() -> None:
    mounts = _mounts("prometheus")
    [rules] = _read(mounts["/etc/prometheus/prometheus.yml"])["rule_files"]
    assert _read(mounts[rules])["groups"]


def test_grafana_finds_its_source_and_its_dashboard() -> None:
    mounts = _mounts("grafana")
    provisioning = mounts["/etc/grafana/provisioning"]
    [source] = _read(provisioning / "datasources" / "prometheus.yml")["datasources"]
    [published] = SERVICES["prometheus"]["ports"]
    assert source["url"] == f"http://prometheus:{published.rpartition(':')[2]}"
    [provider] = _read(provisioning / "dashboards" / "candelabra.yml")["providers"]
    folder = mounts[provider["options"]["path"]]
    home = SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert [path.name for path in folder.glob("*.json")] == [home.rpartition("/")[2]]
    dashboard = json.loads((folder / "candelabra.json").read_text(encoding="utf-8"))
    used = {panel["datasource"]["uid"] for panel in dashboard["panels"] if panel["type"] != "row"}
    assert used == {source["uid"]}


def test_grafana_shows_without_a_login_and_lets_nobody_log_in() -> None:
    environment = SERVICES["grafana"]["environment"]
    assert environment["GF_AUTH_ANONYMOUS_ENABLED"] == "true"
    assert environment["GF_AUTH_ANONYMOUS_ORG_ROLE"] == "Viewer"
    assert environment["GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION"] == "true"
    assert environment["GF_AUTH_BASIC_ENABLED"] == "false"
    assert environment["GF_AUTH_DISABLE_LOGIN_FORM"] == "true"
