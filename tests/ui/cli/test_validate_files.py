"""`candelabra strategy|portfolio|watchlist|alerts validate` on several files: each is told of, whatever another is."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.ui.cli.conftest import SWING, Cli

Write = Callable[..., Path]

DOCUMENTS: dict[str, object] = {
    "strategy": SWING,
    "portfolio": {"id": "main", "symbols": ["BTCUSDT"]},
    "watchlist": ["BTCUSDT"],
    "alerts": {"rules": [{"id": "deep", "type": "metric", "figure": "performance.drawdown", "above": 0.1}]},
}
KINDS = sorted(DOCUMENTS)


def written(path: Path, kind: str) -> Path:
    path.write_text(json.dumps(DOCUMENTS[kind]), encoding="utf-8")
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_cannot_be_read_leaves_the_others_their_turn(cli: Cli, tmp_path: Path, kind: str) -> None:
    fine = written(tmp_path / "fine.json", kind)
    folder, latin, dangling = tmp_path / "folder", tmp_path / "latin.json", tmp_path / "dangling.json"
    folder.mkdir()
    latin.write_bytes('{"id": "é"}'.encode("latin-1"))
    dangling.symlink_to("nowhere.json")
    said = cli(kind, "validate", tmp_path / "fin.json", folder, latin, dangling, fine)
    assert said.code == 1
    assert said.out.startswith(f"ok {fine}: ")
    assert 'fin.json: cannot be read: No such file or directory (did you mean "fine.json"?)\n' in said.err
    assert f"{folder}: cannot be read: Is a directory\n" in said.err
    assert "latin.json: 1 problem\n  - expected UTF-8 text, got byte 0xe9 at 8" in said.err
    assert "dangling.json: cannot be read: No such file or directory: a link to nowhere.json, which is not" in said.err
    told = cli(kind, "validate", folder, fine, "--json")
    assert (told.code, told.err, told.json["valid"]) == (1, "", False)
    assert told.json["problems"] == {str(folder): ["cannot be read: Is a directory"], str(fine): []}


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("fine", 'No such file or directory (did you mean "fine.json"?)'),
        ("quite_another.json", "No such file or directory\n"),
        ("none/fine.json", "No such file or directory: there is no folder "),
    ],
)
def test_what_may_be_meant_by_a_file_that_is_not_there(cli: Cli, tmp_path: Path, name: str, hint: str) -> None:
    written(tmp_path / "fine.json", "strategy")
    assert f"{name}: cannot be read: {hint}" in cli("strategy", "validate", tmp_path / name).err


@pytest.mark.parametrize("kind", ["strategy", "portfolio"])
def test_two_files_with_one_id_are_told_of(cli: Cli, tmp_path: Path, kind: str) -> None:
    one, two = written(tmp_path / "one.json", kind), written(tmp_path / "two.json", kind)
    said = cli(kind, "validate", one, two, one)
    assert said.code == 0
    assert said.out.count("ok ") == 2
    told = f"is the id of {one} as well: of {kind} files with one id, only one can run"
    assert (said.out + said.err).count(told) == 1
    warnings = cli(kind, "validate", one, two, "--json").json["warnings"]
    assert not any(told in warning for warning in warnings[str(one)])
    assert any(told in warning for warning in warnings[str(two)])


def strategy(folder: Path, **more: object) -> Path:
    path = folder / "strategy.json"
    path.write_text(json.dumps({**SWING, **more}), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "structure",
    [{"timeframe": "9x"}, {"risk": {"stop_loss": -1}}, {"simbol": "AAA"}, {"id": "a b"}, {"meta": {"tags": ["a,b"]}}],
    ids=str,
)
def test_expressions_are_checked_beside_what_is_wrong_elsewhere(
    cli: Cli, tmp_path: Path, structure: dict[str, object]
) -> None:
    rules = {
        "entry": {"condition": "rssi < 45"},
        "exit": {"condition": "rsi > 55 AND closee > 1", "confidence": "high"},
    }
    path = strategy(tmp_path, rules=rules, **structure)
    said = cli("strategy", "validate", path)
    assert said.code == 1
    assert f"{path}: 4 problems\n" in said.err
    assert 'signals.entry, character 1: unknown name "rssi" (did you mean "rsi"?)' in said.err
    assert 'signals.exit, character 14: unknown name "closee" (did you mean "close"?)' in said.err
    assert "rules.exit.confidence: expected a number" in said.err
    assert "are checked once this is mended" not in said.err
    assert len(cli("strategy", "validate", path, "--json").json["problems"][str(path)]) == 4


@pytest.mark.parametrize(
    "names", [{"indicators": {"rsi": {"type": 5}}}, {"indicators": None, "indicatros": {"rsi": {"period": 5}}}], ids=str
)
def test_expressions_whose_names_were_refused_are_left_for_later_and_that_is_said(
    cli: Cli, tmp_path: Path, names: dict[str, object]
) -> None:
    path = strategy(tmp_path, **names)
    said = cli("strategy", "validate", path)
    assert said.err.endswith("\n  expressions, and the names in them, are checked once this is mended\n")
    assert "unknown name" not in said.err
    told = cli("strategy", "validate", path, "--json").json
    assert told["warnings"] == {str(path): ["expressions, and the names in them, are checked once this is mended"]}


def test_a_path_in_brackets_is_printed_whole(cli: Cli, tmp_path: Path) -> None:
    path = written(tmp_path / "dip[bold].json", "strategy")
    assert cli("strategy", "validate", path).out.startswith(f"ok {path}: swing")


def test_a_large_portfolio_is_read_to_its_end(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "main.json"
    strategies = [f"a_strategy_with_a_long_name_{number:010}" for number in range(9_000)]
    path.write_text(json.dumps({"id": "main", "symbols": ["BTCUSDT"], "strategies": strategies}), encoding="utf-8")
    assert path.stat().st_size > 262_144
    assert cli("portfolio", "validate", path).out == f"ok {path}: main\n"
