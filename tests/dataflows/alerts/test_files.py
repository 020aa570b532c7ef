"""Rules with their references, and the state, as files."""

import json
from pathlib import Path

import pytest

from dataflows.alerts.rule_files import read_rules
from dataflows.alerts.state_file import StateFile, StateFileRefused
from dataflows.errors import CandelabraError
from schemas.alert_rule_file import AlertRuleFileError

TRADES = {"trades": {"mean": 0.01, "variance": 0.0004, "number": 100}}


def written(folder: Path, *rules: dict[str, object]) -> Path:
    path = folder / "rules.json"
    path.write_text(json.dumps({"rules": rules}), encoding="utf-8")
    return path


def rule(kind: str, name: str) -> dict[str, object]:
    return {"id": name.replace("/", "-"), "type": kind, "reference": {"file": name}}


def test_references_are_beside_the_rules(tmp_path: Path) -> None:
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "a.json").write_text(json.dumps(TRADES), encoding="utf-8")
    found = read_rules(written(tmp_path, rule("degradation", "figures/a.json")))
    held = found.references["figures/a.json"].trades
    assert held is not None
    assert held.number == 100


def test_every_reference_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(TRADES), encoding="utf-8")
    (tmp_path / "b.json").write_text('{"trade": {}}', encoding="utf-8")
    rules = [rule("band", "a.json"), rule("degradation", "b.json"), rule("degradation", "c.json")]
    with pytest.raises(AlertRuleFileError) as caught:
        read_rules(written(tmp_path, *rules))
    told = [str(problem) for problem in caught.value.problems]
    assert told[0] == (
        "rules.0.reference.file: a.json: expected the figures of bars, got none: a band rule judges returns of bars"
    )
    assert told[1].startswith('rules.1.reference.file: b.json: trade: unknown key "trade" (did you mean "trades"?)')
    assert told[2].endswith("c.json: cannot be read: No such file or directory")


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(CandelabraError, match=r"rules.json: cannot be read: No such file"):
        read_rules(tmp_path / "rules.json")


def test_a_state_is_replaced_as_a_whole(tmp_path: Path) -> None:
    file = StateFile(tmp_path / "state.json")
    assert file.read() is None
    file.write({"offsets": [["a", 0, 1]]})
    file.write({"offsets": [["a", 0, 2]]})
    assert file.read() == {"schema_version": 1, "offsets": [["a", 0, 2]]}
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]


@pytest.mark.parametrize(
    ("content", "why"), [("{", "it is no JSON"), ('{"schema_version": 7}', "schema version 7, expected 1")]
)
def test_a_state_that_cannot_be_used_is_refused_with_the_way_out(tmp_path: Path, content: str, why: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(StateFileRefused, match=f"{why}. Remove it to begin anew"):
        StateFile(path).read()


def test_a_state_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(StateFileRefused, match="cannot be written: No such file or directory"):
        StateFile(tmp_path / "nowhere" / "state.json").write({})
