"""`candelabra portfolio`: files checked without a broker; portfolios shown and changed on Apache Kafka."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from dataflows.portfolio_client import PortfolioClient
from dataflows.settings import Settings
from schemas.portfolio_schema import portfolio_schema
from tests.ui.cli.conftest import Cli

WriteFile = Callable[..., Path]

MAIN = {
    "id": "main",
    "symbols": ["BTCUSDT", "ETHUSDT"],
    "limits": {"max_gross_exposure": 1.5},
    "kill_switch": {"action": "freeze", "max_drawdown": 0.2},
}


@pytest.fixture
def portfolio_file(tmp_path: Path) -> WriteFile:
    def write(**more: object) -> Path:
        path = tmp_path / "main.json"
        path.write_text(json.dumps({**MAIN, **more}), encoding="utf-8")
        return path

    return write


@pytest.fixture
def applied(cli: Cli, kafka_topics: Settings, portfolio_file: WriteFile) -> Settings:
    """One portfolio, that somebody signed for."""
    said = cli("portfolio", "apply", portfolio_file(), "--author", "ada", "-m", "first", "--json")
    assert said.json["done"] == "added"
    return kafka_topics


def test_files_are_checked_without_a_broker(cli: Cli, portfolio_file: WriteFile) -> None:
    path = portfolio_file()
    said = cli("portfolio", "validate", path)
    assert (said.code, said.out.strip(), said.err) == (0, f"ok {path}: main", "")
    told = cli("portfolio", "validate", path, "--json").json
    assert told == {"valid": True, "problems": {str(path): []}, "warnings": {str(path): []}}


def test_every_file_is_told_of_whatever_is_wrong_with_the_one_before(
    cli: Cli, portfolio_file: WriteFile, tmp_path: Path
) -> None:
    fine, broken, worse = portfolio_file(symbols=[]), tmp_path / "broken.json", tmp_path / "worse.json"
    broken.write_text(json.dumps({**MAIN, "conflict": "nett"}), encoding="utf-8")
    worse.write_text("[]", encoding="utf-8")
    said = cli("portfolio", "validate", broken, fine, worse)
    assert (said.code, said.out.strip()) == (1, f"ok {fine}: main")
    assert f"{broken}: 1 problem\n" in said.err
    assert f"{worse}: 1 problem\n" in said.err
    document = cli("portfolio", "validate", broken, fine, worse, "--json")
    assert (document.code, document.err, document.json["valid"]) == (1, "", False)
    assert document.json["warnings"] == {str(fine): ["to deploy it, name its symbols"]}
    problems = document.json["problems"]
    assert list(problems) == sorted(map(str, (broken, fine, worse)))
    assert problems[str(fine)] == []
    assert problems[str(broken)][0].startswith("conflict: ")
    assert problems[str(worse)] == ["expected a JSON object, got a list"]


def test_a_portfolio_without_symbols_is_one_but_cannot_be_deployed(cli: Cli, portfolio_file: WriteFile) -> None:
    said = cli("portfolio", "validate", portfolio_file(symbols=[]))
    assert said.code == 0
    assert said.err.strip().endswith("main.json: to deploy it, name its symbols")


def test_a_group_of_none_of_its_symbols_is_told(cli: Cli, portfolio_file: WriteFile) -> None:
    path = portfolio_file(groups={"majors": ["BTC*"], "memes": ["DOGE*"]}, limits={"max_group_exposure": {"memes": 1}})
    said = cli("portfolio", "validate", path)
    assert said.code == 0
    assert said.err.count("\n") == 1
    told = "groups.memes.0: 'DOGE*' means none of the portfolio's symbols: nothing is in this group"
    assert said.err == f"{path}: {told}\n"
    assert cli("portfolio", "validate", path, "--json").json["warnings"] == {str(path): [told]}
    assert (
        cli("portfolio", "validate", portfolio_file(groups={"memes": ["DOGE*"]}, symbols=[])).err.count("groups") == 0
    )


@pytest.mark.parametrize("verb", ["validate", "apply"])
def test_a_broken_file_is_one_message_that_lists_all_problems(cli: Cli, portfolio_file: WriteFile, verb: str) -> None:
    path = portfolio_file(conflict="nett", limits={"max_gros_exposure": 1})
    said = cli("portfolio", verb, path)
    assert said.code == 1
    assert "2 problems" in said.err
    assert 'did you mean "net"?' in said.err
    assert 'did you mean "max_gross_exposure"?' in said.err


def test_a_file_that_is_not_there_is_one_message(cli: Cli) -> None:
    said = cli("portfolio", "apply", "none.json", "--json")
    assert said.code == 1
    assert said.json["error"].startswith("none.json: cannot be read")


@pytest.mark.kafka
@pytest.mark.usefixtures("kafka_topics")
def test_where_there_is_none_it_is_said_how_to_add_one(cli: Cli) -> None:
    said = cli("portfolio", "list")
    assert (said.code, said.out.strip()) == (0, "there is no portfolio: `candelabra portfolio apply FILE` adds one")
    assert cli("portfolio", "list", "--json").json == {"portfolios": []}


@pytest.mark.kafka
def test_applied_again_nothing_is_sent_and_a_change_is_told(
    cli: Cli, applied: Settings, portfolio_file: WriteFile
) -> None:
    assert cli("portfolio", "apply", portfolio_file()).out.strip() == "main: unchanged"
    changed = cli("portfolio", "apply", portfolio_file(conflict="first"), "--effective-from", "2031-01-01")
    assert changed.out.strip() == "main: changed from 2031-01-01 00:00 UTC on"
    config = PortfolioClient(applied).entry("main").config
    assert config is not None
    assert config.conflict == "first"


@pytest.mark.kafka
@pytest.mark.usefixtures("applied")
def test_the_list_has_what_matters_of_each(cli: Cli) -> None:
    (row,) = [line for line in cli("portfolio", "list").out.splitlines() if "main" in line]
    for cell in ("all others: 0", "2", "net", "freeze"):
        assert cell in row
    (entry,) = cli("portfolio", "list", "--json").json["portfolios"]
    assert (entry["portfolio"], entry["author"], entry["reason"]) == ("main", "ada", "first")


@pytest.mark.kafka
@pytest.mark.usefixtures("applied")
def test_what_show_prints_is_a_file_that_apply_takes(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "shown.json"
    path.write_text(cli("portfolio", "show", "main").out, encoding="utf-8")
    assert cli("portfolio", "apply", path).out.strip() == "main: unchanged"
    assert cli("portfolio", "show", "main", "--json").json["entry"]["reason"] == "first"


@pytest.mark.kafka
def test_its_kill_switch_is_reset_and_it_is_removed(cli: Cli, applied: Settings) -> None:
    reset = cli("portfolio", "reset", "main", "--effective-from", "2031-01-01T09:30", "-m", "looked into it", "--json")
    record = reset.json["reset"]
    assert (record["portfolio"], record["reason"]) == ("main", "looked into it")
    assert record["effective_from"].startswith("2031-01-01T09:30:00")
    told = cli("portfolio", "reset", "main", "--effective-from", "2031-01-02")
    assert told.out.strip() == "main: entries are followed again from 2031-01-02 00:00 UTC on"
    assert cli("portfolio", "remove", "main").out.strip() == "main: removed from the next candle on"
    assert PortfolioClient(applied).entries == {}


@pytest.mark.kafka
@pytest.mark.usefixtures("applied")
@pytest.mark.parametrize("verb", ["show", "reset", "remove"])
def test_an_unknown_one_is_refused_with_the_nearest(cli: Cli, verb: str) -> None:
    said = cli("portfolio", verb, "mian", "--json")
    assert said.code == 1
    assert "there is no portfolio 'mian' (did you mean \"main\"?)" in said.json["error"]


@pytest.mark.kafka
@pytest.mark.usefixtures("kafka_topics")
def test_one_without_symbols_is_not_deployed(cli: Cli, portfolio_file: WriteFile) -> None:
    said = cli("portfolio", "apply", portfolio_file(symbols=[]), "--json")
    assert said.code == 1
    assert "main: symbols: expected the symbols on which it follows its strategies, got none" in said.json["error"]


@pytest.mark.kafka
@pytest.mark.usefixtures("kafka_topics")
def test_who_is_not_there_is_told_on_apply_and_who_is_on_show_and_list(
    cli: Cli, portfolio_file: WriteFile, strategy_file: WriteFile
) -> None:
    assert cli("strategy", "deploy", strategy_file(symbols=["BTCUSDT", "ETHUSDT"]), "--wait", 0).code == 0
    path = portfolio_file(strategies=["swing", "swng"])
    missing = (
        "main: strategies: there is no strategy 'swng' (did you mean \"swing\"?); it counts from when it is deployed"
    )
    applied = cli("portfolio", "apply", path)
    assert (applied.code, applied.out.strip()) == (0, "main: added from the next candle on")
    assert applied.err.strip() == missing
    assert cli("portfolio", "apply", path, "--json").json["warnings"] == [missing.removeprefix("main: ")]
    shown = cli("portfolio", "show", "main")
    assert json.loads(shown.out)["strategies"] == ["swing", "swng"]
    there, absent = (line.split() for line in shown.err.splitlines() if "│" in line)
    assert {"swing", "running", "BTCUSDT,", "ETHUSDT"} < set(there)
    assert {"swng", "not", "there", "-"} < set(absent)
    listed = cli("portfolio", "list")
    assert "1 of 2 there" in listed.out
    assert listed.err.strip() == missing
    (row,) = cli("portfolio", "list", "--json").json["portfolios"]
    assert row["members"][1] == {"strategy": "swng", "state": "not there", "symbols": []}


def test_its_schema_is_printed_for_an_editor(cli: Cli) -> None:
    schema = portfolio_schema()
    assert json.loads(cli("portfolio", "schema").out) == schema
    assert cli("portfolio", "schema", "--json").json == schema
