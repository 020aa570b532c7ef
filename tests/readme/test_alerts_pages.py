"""The pages on alerts: their files can be used, their Python prints what they show, their tables have every name."""

from pathlib import Path

import pytest

from dataflows.alerts.rule_files import read_rules
from schemas.alert_figures import HEALTH_FIGURES, SHARES
from schemas.alert_rule_file import load_alert_rules, load_reference
from tests.readme.pages import GUIDE, alert_rules, references
from tests.readme.test_guide import BLOCK, run_python

ALERTS = (GUIDE / "alerts.md").read_text(encoding="utf-8")
DEGRADATION = (GUIDE / "degradation.md").read_text(encoding="utf-8")
TYPES = ("metric", "equity", "portfolio", "health", "stale_feed", "silent_strategy", "band", "degradation")


def test_the_rules_and_the_figures_of_the_pages_are_right(tmp_path: Path) -> None:
    (rules,) = alert_rules(ALERTS)
    assert len(load_alert_rules(rules.encode(), origin="alerts.md").rules) == 8
    (watch,), (figures,) = alert_rules(DEGRADATION), references(DEGRADATION)
    (tmp_path / "watch.json").write_text(watch, encoding="utf-8")
    (tmp_path / "backtest.json").write_text(figures, encoding="utf-8")
    found = read_rules(tmp_path / "watch.json")
    assert len(found.rules.rules) == 3
    assert found.references["backtest.json"] == load_reference(figures.encode(), origin="degradation.md")


def test_what_the_page_shows_of_a_right_file_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (rules,) = alert_rules(ALERTS)
    monkeypatch.chdir(tmp_path)
    Path("rules.json").write_text(rules, encoding="utf-8")
    count = len(read_rules(Path("rules.json")).rules.rules)
    assert f"$ candelabra alerts validate rules.json\nok rules.json: {count} rules\n" in ALERTS


def test_python_of_the_page_prints_what_it_shows() -> None:
    names: dict[str, object] = {}
    blocks = [content for kind, content in BLOCK.findall(DEGRADATION) if kind == "python"]
    for block in blocks:
        run_python(block, names)
    assert len(blocks) == 2


@pytest.mark.parametrize("name", [*HEALTH_FIGURES, *sorted(SHARES), *TYPES])
def test_every_figure_and_every_type_is_explained(name: str) -> None:
    assert f"`{name}`" in ALERTS
