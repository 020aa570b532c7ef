"""`candelabra replay`: files in, the same bytes out each time."""

import base64
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
    assert "has no candles of" not in plain.err


TOGETHER = {"symbols": ["AAA", "BBB"], "risk": {"limits": {"max_concurrent_positions": 1}}}


def test_what_a_strategy_that_waits_for_its_symbols_did_not_work_is_told(
    cli: Cli, strategy_file: Write, tmp_path: Path
) -> None:
    early = as_file([*walk(120, symbols=["AAA"]), *walk(30, symbols=["BBB"])], tmp_path / "early.parquet").path
    said = cli("replay", early, strategy_file(**TOGETHER), "--json")
    (note,) = said.json["notes"]
    assert note.startswith("swing counts its positions together: no bar after ")
    assert note.endswith(" UTC was worked, for it waits for BBB, whose candles in early.parquet end there")
    assert cli("replay", early, strategy_file(symbols=["AAA", "BBB"]), "--json").json["notes"] == []
    alike = as_file(walk(60, symbols=["AAA", "BBB"]), tmp_path / "alike.parquet").path
    assert cli("replay", alike, strategy_file(**TOGETHER), "--json").json["notes"] == []


def test_a_symbol_that_begins_long_after_the_others_is_told_to_hold_them_up(
    cli: Cli, strategy_file: Write, tmp_path: Path
) -> None:
    late = [(*row[:2], row[2] + 8 * 86_400_000, *row[3:]) for row in walk(30, symbols=["AAA", "BBB"])]
    file = as_file([*walk(30, symbols=["AAA"]), *late], tmp_path / "late.parquet").path
    (note,) = cli("replay", file, strategy_file(**TOGETHER), "--json").json["notes"]
    assert note.startswith("swing counts its positions together: live, nothing would have been worked before ")
    assert note.endswith(" UTC, when the candles of BBB begin")


def test_a_strategy_that_waits_for_a_symbol_without_candles_says_so(
    cli: Cli, candles: Path, strategy_file: Write
) -> None:
    said = cli("replay", candles, strategy_file(**{**TOGETHER, "symbols": ["AAA", "AAAA"]}))
    assert said.code == 1
    assert (
        "swing ran on nothing: it counts the positions of its 2 symbols together, and waits for AAAA, of which "
        'walk.parquet has no candle (did you mean "AAA"?)'
    ) in said.err


def test_symbols_of_the_watchlist_that_the_file_lacks_are_named(
    cli: Cli, candles: Path, strategy_file: Write, tmp_path: Path
) -> None:
    watchlist = tmp_path / "watchlist.json"
    watchlist.write_text('{"assets": ["AAA", "P", "Q", "R", "S", "T"]}', encoding="utf-8")
    said = cli("replay", candles, "-s", strategy_file(), "--watchlist", watchlist)
    assert "walk.parquet has no candles of P, Q, R and 2 more, on the watchlist" in said.err


def test_a_watchlist_that_cannot_be_read_is_one_message(cli: Cli, candles: Path, strategy_file: Write) -> None:
    said = cli("replay", candles, "-s", strategy_file(), "--watchlist", "none.json", "--json")
    assert said.code == 1
    assert said.json["error"].startswith("none.json: cannot be read")


def test_a_strategy_that_ran_on_nothing_is_named(cli: Cli, candles: Path, strategy_file: Write) -> None:
    lost, found = strategy_file(symbols=["XRPUSDT"]), strategy_file("found")
    said = cli("replay", candles, lost, found)
    assert said.code == 0
    note = "swing ran on nothing: it is for XRPUSDT on *, and walk.parquet has none of that"
    assert note in said.err
    assert "nothing was replayed" not in said.err
    alone = cli("replay", candles, lost)
    assert alone.code == 1
    assert alone.err.endswith("nothing was replayed: swing was not evaluated at any bar of walk.parquet\n")
    told = cli("replay", candles, lost, strategy_file("lost", symbols=["XRPUSDT"]), "--json")
    assert told.code == 1
    assert told.json["notes"][0] == note
    assert told.json["notes"][-1].startswith("nothing was replayed: none of the 2 strategies was evaluated at any bar")


def test_a_symbol_without_candles_is_told_of_beside_one_that_has_some(
    cli: Cli, candles: Path, strategy_file: Write
) -> None:
    said = cli("replay", candles, strategy_file(symbols=["AAA", "AAAA", "XRPUSDT"]))
    note = 'swing names AAAA, XRPUSDT, and walk.parquet has no candle of them (did you mean "AAA"?)'
    assert note in said.err
    assert "swing names" not in cli("replay", candles, strategy_file(symbols=["AAA", "*"])).err
    alone = cli("replay", candles, strategy_file(symbols=["AAAA"]))
    assert 'it is for AAAA on *, and walk.parquet has none of that (did you mean "AAA"?)' in alone.err


def test_a_file_in_place_of_the_folder_is_refused_before_any_work(
    cli: Cli, candles: Path, strategy_file: Write, tmp_path: Path
) -> None:
    taken = tmp_path / "out"
    taken.write_text("mine", encoding="utf-8")
    said = cli("replay", candles, strategy_file(), "--out", taken)
    assert said.code == 1
    assert f"{taken}: cannot be written to: expected a folder, got: File exists" in said.err
    assert "evaluations in" not in said.err
    assert taken.read_text(encoding="utf-8") == "mine"


def test_bars_that_cannot_be_made_are_why_a_strategy_ran_on_nothing(
    cli: Cli, candles: Path, strategy_file: Write
) -> None:
    said = cli("replay", candles, strategy_file(timeframes=["30s"], symbols=["AAA"]))
    expected = "swing ran on nothing: 30s bars cannot be made here: 30s is shorter than the 1m candles of the feed"
    assert f"{expected} (AAA 30s)" in said.err


def test_bars_that_never_close_are_why_a_strategy_ran_on_nothing(cli: Cli, candles: Path, strategy_file: Write) -> None:
    said = cli("replay", candles, strategy_file(timeframes=["1w"], symbols=["AAA"]))
    assert "swing ran on nothing: no bar of AAA 1w closed in walk.parquet after its warm-up" in said.err


def test_candles_that_are_all_refused_are_why_a_strategy_ran_on_nothing(
    cli: Cli, candles: Path, strategy_file: Write, tmp_path: Path
) -> None:
    symbols = {row[0] for row in walk(120)}
    watchlist = tmp_path / "watchlist.json"
    watchlist.write_text(
        json.dumps({"assets": [{"symbol": one, "base_timeframe": "5m"} for one in sorted(symbols)]}), encoding="utf-8"
    )
    said = cli("replay", candles, strategy_file(), "--watchlist", watchlist)
    assert f"swing ran on nothing: every candle of walk.parquet was refused ({120 * len(symbols)})" in said.err
    assert "as wrong_timeframe, such as AAA 1m: the symbol's bars are made of its 5m candles" in said.err
    assert "the watchlist declares 5m as the base of AAA" in said.err


def test_styles_without_a_watchlist_are_told_to_need_one(cli: Cli, candles: Path, strategy_file: Write) -> None:
    said = cli("replay", candles, strategy_file(timeframes=["swing"]))
    assert "swing ran on nothing: styles such as swing mean what --watchlist FILE says; without one" in said.err


def test_bars_that_lack_candles_are_counted_and_a_quiet_market_is_suggested(
    cli: Cli, strategy_file: Write, tmp_path: Path
) -> None:
    every = walk(300)
    holes = as_file([row for row in every if row[2] // 60_000 % 5], tmp_path / "holes.parquet").path
    options = strategy_file(timeframes=["5m"], symbols=["AAA"])
    counted = cli("replay", holes, options, "--json").json["partial_bars"]
    bars = {row[2] // 300_000 for row in every if row[0] == "AAA"}
    assert counted in {len(bars) - 1, len(bars)}  # the last may not be closed
    said = cli("replay", holes, options)
    assert f"partial bars {counted}" in said.out
    assert f'{counted} bars lack candles (AAA): if no trade makes no candle there, say "quiet_market": true' in said.err
    assert "partial bars" not in cli("replay", as_file(every, tmp_path / "whole.parquet").path, options).out
    watchlist = tmp_path / "watchlist.json"
    watchlist.write_text('{"assets": [{"symbol": "AAA", "quiet_market": true}]}', encoding="utf-8")
    assert "quiet_market" not in cli("replay", holes, options, "--watchlist", watchlist).err


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
    twice = cli("replay", candles, strategy_file(), strategy_file())
    assert "swing-45.json: expected each file once, got it again" in twice.err


def test_the_demo_misspelt_is_not_a_file_of_another_kind(cli: Cli, strategy_file: Write) -> None:
    said = cli("replay", "demoo", strategy_file())
    assert said.code == 1
    assert 'demoo: there is no such file (did you mean "demo", the candles of the demo?)' in said.err


def test_a_file_without_candles_is_one_message(cli: Cli, strategy_file: Write, tmp_path: Path) -> None:
    words = tmp_path / "words.csv"
    words.write_text("a,b\n1,2\n", encoding="utf-8")
    said = cli("replay", words, strategy_file())
    assert said.code == 1
    assert "missing column symbol" in said.err


HEADER = "symbol,timeframe,open_time,open,high,low,close,volume"


def test_a_file_with_a_header_alone_is_what_is_wrong(cli: Cli, strategy_file: Write, tmp_path: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_text(f"{HEADER}\n", encoding="utf-8")
    said = cli("replay", empty, strategy_file())
    assert said.code == 1
    assert said.err == f"error: {empty}: expected candles, got a header line alone\n"


def test_rows_that_are_refused_are_summed_up_with_the_first(cli: Cli, strategy_file: Write, tmp_path: Path) -> None:
    lines = [f"{row[0]},1m,{row[2]},{row[3]},{row[4]},{row[5]},{row[6]},{row[7]}" for row in walk(60)]
    bad = tmp_path / "bad.csv"
    broken = [line.replace(",1m,", ",1y,") if number in {9, 30} else line for number, line in enumerate(lines)]
    bad.write_text("\n".join([HEADER, *broken[:5], "", *broken[5:]]), encoding="utf-8")  # line 7 is empty
    said = cli("replay", bad, strategy_file(), "--out", tmp_path / "out")
    assert said.code == 0
    assert "bad.csv: 2 rows refused, the first in line 12: expected a timeframe such as 1m, 5m" in said.err
    assert f"; all are in {tmp_path / 'out' / 'dead-letter.jsonl'}\n" in said.err
    letters = [json.loads(line) for line in (tmp_path / "out" / "dead-letter.jsonl").read_text().splitlines()]
    assert [one["detail"].partition(": ")[0] for one in letters] == ["line 12", "line 33"]
    assert [base64.b64decode(one["value"]).decode() for one in letters] == [broken[9], broken[30]]
    [note] = cli("replay", bad, strategy_file(), "--json").json["notes"]
    assert note.endswith("; with --out FOLDER all are kept")
    whole = as_file([*walk(60)[:3], ("A", "1y", *walk(60)[3][2:]), *walk(60)[4:]], tmp_path / "bad.parquet").path
    assert (
        "bad.parquet: 1 row refused, the first in row 4: expected a timef" in cli("replay", whole, strategy_file()).err
    )


def test_a_strategy_that_cannot_run_is_told_of_by_its_file(cli: Cli, candles: Path, strategy_file: Write) -> None:
    model = {"id": "trend", "type": "traditional", "subtype": "ets", "inputs": ["close"], "outputs": ["forecast"]}
    path = strategy_file(models=[model], meta={"kind": "hybrid"})
    said = cli("replay", candles, path, "--json")
    assert said.code == 1
    assert said.json["error"].startswith(f"{path}: 1 problem\n  - models.0: expected a model that this release can run")
