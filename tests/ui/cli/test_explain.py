"""`candelabra explain`: why a strategy did that at a bar, of a file and of a deployment."""

import json
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from dataflows.brokers.broker import Broker
from dataflows.live import Live
from dataflows.replay import replay
from dataflows.settings import Settings
from dataflows.worker import run_worker
from schemas.lifecycle import DesiredState
from schemas.position import PositionChange
from schemas.signal import Signal
from schemas.strategy import StrategyConfig
from schemas.strategy_file import parse_strategy
from tests.dataflows.deployment import Deployment, as_file, minute, swing, version, walk, wanted
from tests.ui.cli.conftest import Cli

Write = Callable[..., Path]

BARS = 200


@pytest.fixture
def candles(tmp_path: Path) -> Path:
    return as_file(walk(BARS), tmp_path / "walk.parquet").path


def first_entry(candles: Path) -> Signal:
    """The first signal of the strategy that the tests of this program run."""
    signals = replay(as_file(walk(BARS), candles), [swing("swing")]).signals
    return next(one for one in signals if one.symbol == "AAA")


def at(signal: Signal) -> str:
    return signal.close_time.strftime("%Y-%m-%dT%H:%M")


def test_a_signal_is_explained_on_one_screen(cli: Cli, candles: Path, strategy_file: Write) -> None:
    signal = first_entry(candles)
    said = cli("explain", "swing", "AAA", at(signal), "--candles", candles, "-s", strategy_file())
    assert said.code == 0
    assert said.out.startswith("swing on AAA 1m, the bar from 2025-01-01 ")
    assert "UTC: the time asked for is its close" in said.out
    assert "version 1, 🟢 running since the bar of 2025-01-01 00:00" in said.out
    assert "It signalled an entry, long, by entry." in said.out
    assert "✓ entry long entry: it held" in said.out
    assert f"✓ rsi < 45  {signal.values['rsi']:.8g}  45" in said.out
    assert "· exit long exit: not asked, for no long position was held" in said.out
    assert "signal   entry long by entry at " in said.out
    assert "(at the next bar)" in said.out
    assert said.out.count("\n") < 24
    assert said.err == ""


def test_machines_get_all_of_it_as_one_object(cli: Cli, candles: Path, strategy_file: Write) -> None:
    signal = first_entry(candles)
    said = cli("explain", strategy_file(), "AAA", at(signal), "--candles", candles, "--json")
    assert said.out.count("\n") == 1
    assert said.json["summary"] == "It signalled an entry, long, by entry."
    [own] = [one for one in said.json["records"] if one["record"] == "Signal"]
    assert (own["id"], own["close_time"]) == (signal.id, said.json["bar"]["close_time"])
    [rule] = [one for one in said.json["rules"] if one["acted"]]
    assert rule["values"] == signal.values


def test_of_two_files_with_one_id_none_is_taken_silently(cli: Cli, candles: Path, strategy_file: Write) -> None:
    asked, other = strategy_file(), strategy_file(low=40)
    said = cli("explain", asked, "AAA", "2025-01-01T00:02:30", "--candles", candles, "--strategy", other)
    assert said.code == 1
    assert f"{other}: the id 'swing' is taken by {asked}" in said.err
    more = ("--strategy", asked, "--strategy", strategy_file("another"))
    assert cli("explain", asked, "AAA", "2025-01-01T00:02:30", "--candles", candles, *more).code == 0


def test_why_it_did_nothing_is_told(cli: Cli, candles: Path, strategy_file: Write) -> None:
    said = cli("explain", strategy_file(), "AAA", "2025-01-01T00:02:30", "--candles", candles)
    assert said.code == 0
    assert "UTC: the time asked for lies within it" in said.out
    assert "It did nothing: no rule was ready, for rsi has no value yet." in said.out
    assert "? entry long entry: not ready: no value of rsi" in said.out


def counted() -> StrategyConfig:
    """Of which one position is open at once, over two symbols."""
    limits = {"risk": {"limits": {"max_concurrent_positions": 1}}, "symbols": ["AAA", "BBB"]}
    return parse_strategy({**swing("swing").model_dump(mode="json"), **limits}, origin="test")


def first_refused(candles: Path) -> PositionChange:
    positions = replay(as_file(walk(BARS), candles), [counted()]).positions
    return next(one for one in positions if isinstance(one, PositionChange) and one.change == "refused")


@pytest.fixture
def counted_file(tmp_path: Path) -> Path:
    path = tmp_path / "counted.json"
    path.write_text(counted().canonical_json(), encoding="utf-8")
    return path


def test_a_refusal_among_series_that_are_counted_together_names_the_one_that_had_the_place(
    cli: Cli, candles: Path, counted_file: Path
) -> None:
    refused = first_refused(candles)
    other = "BBB" if refused.symbol == "AAA" else "AAA"
    time = refused.close_time.strftime("%Y-%m-%dT%H:%M")
    said = cli("explain", counted_file, refused.symbol, time, "--candles", candles)
    assert said.code == 0
    assert f"counted with it: {other} 1m held something, or waited for a fill" in said.out
    assert f"It was refused: {refused.reason}." in said.out.replace("\n", " ")
    document = cli("explain", counted_file, refused.symbol, time, "--candles", candles, "--json").json
    assert (document["held_beside"], document["waits"]) == ([f"swing|{other}|1m"], "")


WRONG = [
    (("swing", "AAA", "noon"), "expected a time such as 2025-06-01T14:05 (UTC)"),
    (("swnig", "AAA", "2025-01-01T01:00"), "there is no strategy 'swnig' in these files (did you mean \"swing\"?)"),
    (("swing", "AAB", "2025-01-01T01:00"), "walk.parquet has no candles of 'AAB' (did you mean \"AAA\"?)"),
    (("swing", "AAA", "2024-01-01T01:00"), "it has those from 2025-01-01 00:00 to 2025-01-01 03:20"),
    (("swing", "AAA", "2025-01-01T01:00", "--timeframe", "5m"), "swing does not run on AAA 5m: it runs on 1m"),
]


@pytest.mark.parametrize(("words", "expected"), WRONG)
def test_what_is_not_there_is_one_message(
    cli: Cli, candles: Path, strategy_file: Write, words: tuple[str, ...], expected: str
) -> None:
    said = cli("explain", *words, "--candles", candles, "-s", strategy_file(), "--json")
    assert said.code == 1
    assert expected in said.json["error"]


def test_an_id_without_its_file_is_told_to_need_one(cli: Cli, candles: Path) -> None:
    said = cli("explain", "swing", "AAA", "2025-01-01T01:00", "--candles", candles)
    assert said.code == 1
    assert "expected the file of 'swing' with --strategy FILE" in said.err


def test_files_without_candles_are_refused(cli: Cli, strategy_file: Write) -> None:
    said = cli("explain", "swing", "AAA", "2025-01-01T01:00", "-s", strategy_file())
    assert said.code == 1
    assert "--strategy and --watchlist go with --candles FILE" in said.err


def test_a_file_in_the_place_of_the_id_needs_candles_and_waits_for_no_broker(
    cli: Cli, strategy_file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.cli.reach.reachable", lambda: pytest.fail("it asked for a broker"))
    path = strategy_file()
    said = cli("explain", path, "AAA", "2025-01-01T01:00", "--json")
    assert said.code == 1
    assert said.json["error"].startswith(f"{path}: a file goes with --candles FILE (or `demo`); without it")
    first = cli("explain", path, "AAA", "noon", "--json")  # before what reads a time is even loaded
    assert first.json == said.json


@pytest.fixture
def worked(kafka_topics: Settings, apache_kafka: Broker, tmp_path: Path) -> Settings:
    """A strategy that ran from the first candle on, was paused from bar 120 on, and candles that are all worked."""
    deployment = Deployment(apache_kafka, kafka_topics.topic_prefix, tmp_path)
    paused: DesiredState = wanted("swing", "paused", "pause", effective_from=minute(120))
    deployment.command(version(swing("swing")), wanted("swing"), paused)
    deployment.candles(walk(BARS))
    once = Live(deployment.settings, bounded=True)
    once.tally.stopwatch = count(step=7).__next__  # whoever looks twice finds at least 7 microseconds gone
    run_worker(once)
    return kafka_topics


@pytest.mark.kafka
@pytest.mark.usefixtures("worked")
def test_a_deployment_is_explained_by_its_records(cli: Cli, candles: Path, strategy_file: Write) -> None:
    signal = first_entry(candles)
    said = cli("explain", "swing", "AAA", at(signal), "--json")
    assert said.code == 0, said.err
    alone = cli("explain", strategy_file(), "AAA", at(signal), "--candles", candles, "--json")
    same = ("summary", "bar", "rules", "version", "state", "position_before", "position_after", "notes")
    assert {name: said.json[name] for name in same} == {name: alone.json[name] for name in same}
    assert _kinds(said.json) == {"Signal", "Execution"}
    assert {one["record"] for one in said.json["next_bar"]} >= {"PositionChange", "Execution"}
    assert said.json["microseconds"] >= 7
    assert said.json["microseconds"] % 7 == 0
    shown = cli("explain", "swing", "AAA", at(signal))
    assert (
        "from the topics; what the rules saw is worked out again from the candles; the engine took "
        in shown.out.replace("\n", " ")
    )


@pytest.mark.kafka
def test_a_deployment_is_explained_on_all_symbols_that_are_counted_together(
    cli: Cli, kafka_topics: Settings, apache_kafka: Broker, candles: Path, counted_file: Path
) -> None:
    deployment = Deployment(apache_kafka, kafka_topics.topic_prefix, counted_file.parent)
    deployment.command(version(counted()), wanted("swing"))
    deployment.candles(walk(BARS))
    run_worker(Live(deployment.settings, bounded=True))
    refused = first_refused(candles)
    time = refused.close_time.strftime("%Y-%m-%dT%H:%M")
    said = cli("explain", "swing", refused.symbol, time, "--json")
    assert said.code == 0, said.err
    alone = cli("explain", counted_file, refused.symbol, time, "--candles", candles, "--json")
    same = ("summary", "bar", "rules", "version", "state", "position_before", "held_beside", "waits", "notes")
    assert {name: said.json[name] for name in same} == {name: alone.json[name] for name in same}
    assert said.json["summary"] == f"It was refused: {refused.reason}."


@pytest.mark.kafka
@pytest.mark.usefixtures("worked")
def test_a_pause_is_why_a_deployment_did_nothing(cli: Cli) -> None:
    said = cli("explain", "swing", "AAA", "2025-01-01T02:30", "--json")
    assert said.json["state"] == "paused"
    assert said.json["summary"] == "It did nothing: it was paused."
    assert {one["why_not"] for one in said.json["rules"]} == {"the strategy was paused"}
    assert said.json["records"] == []
    before = cli("explain", "swing", "AAA", "2025-01-01T01:59", "--json")
    assert before.json["state"] == "running"


@pytest.mark.kafka
@pytest.mark.usefixtures("worked")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("swnig", "AAA", "2025-01-01T01:00"), "there is no strategy 'swnig' (did you mean \"swing\"?)"),
        (("swing", "AAAB", "2025-01-01T01:00"), "has no candles of 'AAAB' (did you mean \"AAA\"?)"),
        (("swing", "AAA", "2026-01-01"), "it has those from 2025-01-01 00:00 to 2025-01-01 03:20"),
    ],
)
def test_what_a_deployment_has_not_is_one_message(cli: Cli, words: tuple[str, ...], expected: str) -> None:
    said = cli("explain", *words, "--json")
    assert said.code == 1
    assert expected in json.loads(said.out)["error"]


def _kinds(document: dict[str, Any]) -> set[str]:
    return {one["record"] for one in document["records"]}
