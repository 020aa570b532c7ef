"""Every query of the dashboard and of the alert rules names metrics, and labels of them, that a real worker has."""

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tests.dataflows.health.conftest import Seen
from tests.dataflows.health.queries import selected

HEALTH = Path(__file__).parents[3] / "dataflows" / "health"
DASHBOARD: dict[str, Any] = json.loads((HEALTH / "grafana/dashboards/candelabra.json").read_text(encoding="utf-8"))
PANELS: list[dict[str, Any]] = DASHBOARD["panels"]
RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((HEALTH / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]
OF_PROMETHEUS = {"instance", "job"}
"""Labels that a scrape adds."""


class Query(NamedTuple):
    """A query with where it stands and the labels that its text shows."""

    where: str
    text: str
    shown: frozenset[str]


def _shown(*texts: str) -> frozenset[str]:
    return frozenset(re.findall(r"{{\s*(?:\$labels\.)?(\w+)\s*}}", " ".join(texts)))


QUERIES = [
    *(
        Query(f"{panel['title']} {target['refId']}", target["expr"], _shown(target["legendFormat"]))
        for panel in PANELS
        for target in panel.get("targets", ())
    ),
    *(Query(rule["alert"], rule["expr"], _shown(*rule["annotations"].values())) for rule in RULES),
]


@pytest.mark.kafka
@pytest.mark.parametrize("query", QUERIES, ids=[query.where for query in QUERIES])
def test_a_query_names_what_a_worker_exposes(query: Query, seen: Seen) -> None:
    exposed = {**seen.first.labels, **seen.second.labels}
    found = selected(query.text)
    assert found
    for metric, labels in found:
        if metric == "up":  # Prometheus makes it itself
            assert labels <= OF_PROMETHEUS
            continue
        assert metric in exposed, f"no worker exposes {metric}"
        assert labels - OF_PROMETHEUS <= exposed[metric], f"{metric} has {sorted(exposed[metric])}"
    known = OF_PROMETHEUS.union(*(exposed.get(one.metric, ()) for one in found))
    assert query.shown <= known


@pytest.mark.kafka
def test_no_metric_of_ours_is_left_out_of_the_dashboard(seen: Seen) -> None:
    shown = {one.metric for query in QUERIES for one in selected(query.text)}
    ours = {name for name in {*seen.first.labels, *seen.second.labels} if name.startswith("candelabra_")}
    families = {re.sub(r"_(bucket|sum|count)$", "", name) for name in ours}
    used = {re.sub(r"_(bucket|sum|count)$", "", name) for name in shown}
    assert families - used == {"candelabra_alive"}  # whoever restarts a worker asks /healthz


def test_quantiles_are_made_of_buckets_by_their_bounds() -> None:
    quantiles = [query for query in QUERIES if "histogram_quantile" in query.text]
    assert len(quantiles) >= 6
    for query in quantiles:
        assert all(one.metric.endswith("_bucket") and "le" in one.labels for one in selected(query.text)), query.where


def test_rates_are_of_what_only_rises() -> None:
    for query in QUERIES:
        for rated in re.findall(r"(?:rate|increase)\((\w+)", query.text):
            assert re.search(r"_(total|bucket|sum|count)$", rated), f"{query.where}: {rated}"


def test_the_rows_are_there() -> None:
    rows = [panel["title"] for panel in PANELS if panel["type"] == "row"]
    assert rows == [
        "Now",
        "Throughput",
        "Lag",
        "Latency",
        "Signals",
        "What went wrong",
        "Snapshots and resume",
        "Process",
    ]


def test_panels_have_ids_of_their_own_and_do_not_overlap() -> None:
    ids = [panel["id"] for panel in PANELS]
    assert len(ids) == len(set(ids))
    taken: dict[tuple[int, int], str] = {}
    for panel in PANELS:
        place = panel["gridPos"]
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert (x, y) not in taken, f"{panel['title']} lies over {taken.get((x, y))}"
                taken[x, y] = panel["title"]
        assert place["x"] + place["w"] <= 24


def test_an_alert_is_there_for_what_warrants_a_page() -> None:
    severities = {rule["alert"].removeprefix("Candelabra"): rule["labels"]["severity"] for rule in RULES}
    assert severities == {
        "Down": "page",
        "NotReady": "page",
        "LagGrowing": "page",
        "NoCandles": "page",
        "SnapshotsFailing": "page",
        "StrategyWaits": "ticket",
        "Restarts": "page",
        "Quarantined": "page",
        "DeadLetters": "ticket",
        "Slow": "ticket",
    }
    for rule in RULES:
        assert rule["annotations"]["summary"]
        assert rule["annotations"]["description"].endswith(".")
