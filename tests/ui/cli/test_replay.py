"""`candelabra replay`: files in, the same bytes out each time."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.dataflows.deployment import as_file, walk
from tests.ui.cli.conftest import Cli

Write = Callable[..., Path]


@pytest.fixture
def candles(tmp_path: Path) -> Path:
    return as_file(walk(120), tmp_path / "walk.parquet").path


def test_the_same_replay_prints_and_writes_the_same_bytes(
    cli: Cli, candles: Path, strategy_file: Write, tmp_path: Path
) -> None:
    one, two = (cli("replay", candles, "--strategy", strategy_file(), "--out", tmp_path / name) for name in "ab")
    assert one.code == 0
    assert one.out == two.out
    assert " s (" in one.err  # how long it took differs, and stands on standard error
    for name in ("signals.jsonl", "status.jsonl", "alerts.jsonl", "dead-letter.jsonl"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert (tmp_path / "a" / "signals.jsonl").stat().st_size > 0


def test_strategies_may_follow_one_option_or_several(cli: Cli, candles: Path, strategy_file: Write) -> None:
    one, two, three = strategy_file("one"), strategy_file("two", low=40), strategy_file("three", low=35)
    listed = cli("replay", candles, "--strategy", one, two, three, "--json")
    repeated = cli("replay", candles, "-s", one, "-s", two, "-s", three, "--json")
    assert list(listed.json["signals"]) == ["one", "three", "two"]
    assert all(listed.json["signals"].values())
    assert listed.json == repeated.json


def test_a_watchlist_says_what_wildcards_mean(cli: Cli, candles: Path, strategy_file: Write, tmp_path: Path) -> None:
    watchlist = tmp_path / "watchlist.json"
    watchlist.write_text('{"assets": {"AAA": {"timeframes": ["5m"]}}}', encoding="utf-8")
    every, daily = strategy_file("every"), strategy_file("daily", timeframes=["position"])
    said = cli(
        "replay", candles, "-s", every, "-s", daily, "--watchlist", watchlist, "--out", tmp_path / "out", "--json"
    )
    assert said.code == 0
    statuses = [json.loads(line) for line in (tmp_path / "out" / "status.jsonl").read_text("utf-8").splitlines()]
    assert [(one["strategy"], one["symbol"], one["timeframe"]) for one in statuses] == [("every", "AAA", "5m")]
    assert (said.json["composites"], said.json["late_signals"]) == ({}, 0)
    plain = cli("replay", candles, "-s", daily, "--watchlist", watchlist)
    assert (
        "daily ran on nothing: it is for * on position, and walk.parquet has none of that on the watchlist" in plain.err
    )


def test_a_watchlist_that_cannot_be_read_is_one_message(cli: Cli, candles: Path, strategy_file: Write) -> None:
    said = cli("replay", candles, "-s", strategy_file(), "--watchlist", "none.json", "--json")
    assert said.code == 1
    assert said.json["error"].startswith("none.json: cannot be read")


def test_a_strategy_that_ran_on_nothing_is_named(cli: Cli, candles: Path, strategy_file: Write) -> None:
    said = cli("replay", candles, strategy_file(symbols=["XRPUSDT"]))
    assert said.code == 0
    assert "swing ran on nothing: it is for XRPUSDT on *, and walk.parquet has none of that" in said.err


@pytest.mark.parametrize("more", [(), ("--strategy", "none.json")], ids=["none", "missing"])
def test_a_strategy_that_is_not_there_is_one_message(cli: Cli, candles: Path, more: tuple[str, ...]) -> None:
    said = cli("replay", candles, *more, "--json")
    assert said.code == 1
    expected = "none.json: cannot be read" if more else "expected at least one strategy: --strategy FILE"
    assert expected in said.json["error"]


def test_two_strategies_of_one_name_are_refused(cli: Cli, candles: Path, strategy_file: Write) -> None:
    said = cli("replay", candles, strategy_file(), strategy_file(low=40))
    assert said.code == 1
    assert "the id 'swing' is taken by" in said.err


def test_a_file_without_candles_is_one_message(cli: Cli, strategy_file: Write, tmp_path: Path) -> None:
    words = tmp_path / "words.csv"
    words.write_text("a,b\n1,2\n", encoding="utf-8")
    said = cli("replay", words, strategy_file())
    assert said.code == 1
    assert "missing column symbol" in said.err
