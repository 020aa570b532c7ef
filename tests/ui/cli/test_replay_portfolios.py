"""`candelabra replay --portfolio`: what each portfolio came to, in a line and as JSON."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from schemas.portfolio_metrics import PortfolioMetrics
from tests.dataflows.deployment import as_file, walk
from tests.ui.cli.conftest import Cli

Write = Callable[..., Path]


@pytest.fixture
def candles(tmp_path: Path) -> Path:
    return as_file(walk(120), tmp_path / "walk.parquet").path


@pytest.fixture
def portfolio(tmp_path: Path) -> Write:
    def write(name: str, *symbols: str, **more: object) -> Path:
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps({"id": name, "symbols": symbols or ["AAA", "BBB"], **more}), encoding="utf-8")
        return path

    return write


def test_each_has_a_line_with_what_its_last_metrics_say(
    cli: Cli, candles: Path, strategy_file: Write, portfolio: Write, tmp_path: Path
) -> None:
    free = portfolio("free")
    tight = portfolio("tight", kill_switch={"action": "flatten", "max_drawdown": 0.0001})
    said = cli("replay", candles, strategy_file(), "--portfolio", free, "--portfolio", tight, "--out", tmp_path / "out")
    last = {}
    for line in (tmp_path / "out" / "metrics.jsonl").read_text("utf-8").splitlines():
        if "portfolio" in json.loads(line):
            one = PortfolioMetrics.model_validate_json(line)
            last[one.portfolio] = one
    assert sorted(last) == ["free", "tight"]
    for name, one in last.items():
        (told,) = [line for line in said.err.splitlines() if line.startswith(f"portfolio {name}: ")]
        assert f"equity {one.equity:,.2f} (" in told
        assert f"{one.trades.trades:,} trades" in told
        assert f"{one.followed:,} entries followed, {one.refused:,} refused" in told
        assert told.endswith("; kill switch tripped by max_drawdown; beyond max_drawdown") == (name == "tight")
    assert last["tight"].refused > 0


def test_machines_read_the_same_and_null_of_one_that_has_not_begun(
    cli: Cli, candles: Path, strategy_file: Write, portfolio: Write
) -> None:
    files = ("--portfolio", portfolio("free"), "--portfolio", portfolio("waits", "AAA", "ZZZ"))
    came_to = cli("replay", candles, strategy_file(), *files, "--json").json["portfolios"]
    assert came_to["waits"] is None
    assert (came_to["free"]["kill_switch"], came_to["free"]["violated_limits"]) == ("none", [])
    assert came_to["free"]["followed"] > 0
    plain = cli("replay", candles, strategy_file(), *files)
    assert "portfolio waits: followed nothing" in plain.err
    assert (
        "portfolio waits waits for the first candle of each of its symbols, and walk.parquet has none of ZZZ: take "
        "it out"
    ) in plain.err


def test_a_strategy_that_it_names_and_that_is_not_replayed_is_told_with_the_nearest(
    cli: Cli, candles: Path, strategy_file: Write, portfolio: Write
) -> None:
    strategy = strategy_file()
    name = json.loads(strategy.read_text("utf-8"))["id"]
    said = cli("replay", candles, strategy, "--portfolio", portfolio("typo", strategies=[name, f"{name}x"]))
    note = f'portfolio typo names {name}x, and no such strategy is replayed (did you mean "{name}"?)'
    assert note in " ".join(said.err.split())
    assert "is replayed" not in cli("replay", candles, strategy, "--portfolio", portfolio("all")).err


def test_what_is_wrong_with_one_is_told_of_its_file(
    cli: Cli, candles: Path, strategy_file: Write, portfolio: Write, tmp_path: Path
) -> None:
    nowhere = portfolio("free").rename(tmp_path / "nowhere.json")
    nowhere.write_text('{"id": "free"}', encoding="utf-8")
    said = cli("replay", candles, strategy_file(), "--portfolio", nowhere)
    assert said.code == 1
    expected = "symbols: expected the symbols on which it follows its strategies, got none"
    assert said.err.strip() == f"error: {nowhere}: 1 problem\n  - {expected}"
    one, other = portfolio("free"), tmp_path / "other.json"
    other.write_text(one.read_text("utf-8"), encoding="utf-8")
    twice = cli("replay", candles, strategy_file(), "--portfolio", one, "--portfolio", other, "--json")
    assert twice.json["error"] == f"{other}: the id 'free' is taken by {one}"


@pytest.mark.parametrize(
    "more", [{"symbols": ["AAA", "ZZZ"]}, {"strategies": ["another"]}], ids=["waits", "names none"]
)
def test_portfolios_that_all_follow_nothing_are_no_success(
    cli: Cli, candles: Path, strategy_file: Write, portfolio: Write, more: dict[str, object]
) -> None:
    nothing = portfolio("nothing", **more)
    said = cli("replay", candles, strategy_file(), "--portfolio", nothing)
    assert said.code == 1
    assert said.err.endswith("no portfolio followed anything: nothing\n")
    assert cli("replay", candles, strategy_file(), "--portfolio", nothing, "--json").code == 1
    beside = cli("replay", candles, strategy_file(), "--portfolio", nothing, "--portfolio", portfolio("free"))
    assert beside.code == 0
    assert "no portfolio followed anything" not in beside.err


def test_without_one_nothing_is_said_of_portfolios(cli: Cli, candles: Path, strategy_file: Write) -> None:
    assert cli("replay", candles, strategy_file(), "--json").json["portfolios"] == {}
