"""`candelabra strategy check`: a plain report, exit code 1 on a finding."""

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from dataflows.check.check import check
from dataflows.graph import Parameters
from operators.strategy.compile import compile_strategy
from tests.dataflows.check.planted import CentredMean, walk, with_fault
from tests.ui.cli.conftest import Cli

Write = Callable[..., Path]
NAMES = ("symbol", "timeframe", "open_time", "open", "high", "low", "close", "volume")


@pytest.fixture
def candles(tmp_path: Path) -> Path:
    rows = walk(1_200, symbols=2)
    columns = {name: [row[place] for row in rows] for place, name in enumerate(NAMES)}
    pyarrow.parquet.write_table(pa.table(columns), tmp_path / "walk.parquet")
    return tmp_path / "walk.parquet"


def test_a_clean_strategy_is_reported_and_ends_well(cli: Cli, candles: Path, strategy_file: Write) -> None:
    said = cli("strategy", "check", strategy_file(), "--data", candles)
    assert said.code == 0
    assert "SYM000 1m: 1,200 candles, 2025-01-01 00:00 to 2025-01-01 19:59" in said.out
    assert "1,200 candles each once as the newest" in said.out
    assert "rsi(close,period=5)" in said.out
    assert said.out.splitlines()[-1] == "swing on walk.parquet: no finding, 0 note(s)"


def test_a_rule_that_never_fires_ends_with_code_1(cli: Cli, candles: Path, strategy_file: Write) -> None:
    said = cli("strategy", "check", strategy_file(low=-1), "--data", candles, "--symbol", "SYM001")
    assert said.code == 1
    assert "SYM001 1m: 1,200 candles" in said.out
    assert "SYM000" not in said.out
    assert "finding rules  SYM001 1m: entry: never fires on the " in said.out
    assert "swing on walk.parquet: 1 finding(s)" in said.out


def test_a_strategy_that_peeks_ends_with_code_1(
    cli: Cli, candles: Path, strategy_file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = {"entry": {"condition": "close > sma_6"}, "exit": {"condition": "close < sma_6"}}
    path = strategy_file(rules=rules)
    monkeypatch.setattr(
        "operators.strategy.compile.compile_strategy",
        lambda config, **more: with_fault(compile_strategy(config, **more), "sma", kernel=CentredMean()),
    )
    said = cli("strategy", "check", path, "--data", candles, "--series", "1")
    assert said.code == 1
    assert "finding look-ahead  SYM000 1m: sma(close,period=6), candle of 2025-01-01 " in said.out
    assert "not checked: SYM001 1m" in said.out


def test_machines_get_everything_in_one_object(cli: Cli, candles: Path, strategy_file: Write) -> None:
    said = cli("strategy", "check", strategy_file(low=-1), "--data", candles, "--json", "--candles", "900")
    assert said.code == 1
    found = said.json
    assert (found["strategy"], found["findings"]) == ("swing", 2)
    assert {one["where"] for one in found["remarks"] if one["severity"] == "finding"} == {"entry"}
    first, second = found["series"]
    assert (first["candles"], first["more"], first["first"]) == (900, True, "2025-01-01T00:00:00+00:00")
    assert second["series"] == "SYM001 1m"
    assert first["look_ahead"]["candles"] == 900
    assert first["warm_up"]["indicators"][0]["key"] == "rsi(close,period=5)"
    assert [rule["fires"] for rule in first["rules"]] == ["never", "at times"]
    assert first["cost"]["indicators"][0]["live_us"] >= 0


def test_a_file_of_one_series_takes_its_name_from_the_flags(
    cli: Cli, candles: Path, strategy_file: Write, tmp_path: Path
) -> None:
    table = pyarrow.parquet.read_table(candles).slice(0, 1)
    rows = walk(600)
    columns = {name: [row[place] for row in rows] for place, name in enumerate(NAMES) if place > 1}
    assert table.num_rows == 1
    pyarrow.parquet.write_table(pa.table(columns), tmp_path / "bare.parquet")
    said = cli(
        "strategy",
        "check",
        strategy_file(),
        "--data",
        tmp_path / "bare.parquet",
        "--symbol",
        "BTC/USDT",
        "--timeframe",
        "1m",
    )
    assert said.code == 0
    assert "BTC/USDT 1m: 600 candles" in said.out


def test_candles_of_another_symbol_are_one_message(cli: Cli, candles: Path, strategy_file: Write) -> None:
    said = cli("strategy", "check", strategy_file(symbols=["XRPUSDT"]), "--data", candles, "--json")
    assert said.code == 1
    assert "expected candles of XRPUSDT on *, which swing is for; the file holds SYM000 1m" in said.json["error"]


def test_series_are_made_of_the_candles_of_the_file(cli: Cli, candles: Path, strategy_file: Write) -> None:
    file = strategy_file(symbols=["SYM001"], timeframes=["5m", "1h"], low=60)
    said = cli("strategy", "check", file, "--data", candles)
    assert said.code == 0
    assert "SYM001 5m: 240 candles, made of 1,200 candles of 1m, 2025-01-01 00:00 to 2025-01-01 19:59" in said.out
    assert "SYM001 1h: 20 candles, made of 1,200 candles of 1m" in said.out
    assert "1,200 candles of 1m each once as the newest" in said.out
    assert "us a 1h candle for all indicators live" in said.out
    found = cli("strategy", "check", file, "--data", candles, "--timeframe", "5m", "--candles", 600, "--json").json
    [one] = found["series"]
    assert (one["timeframe"], one["base"], one["candles"], one["bars"]) == ("5m", "1m", 600, 120)
    assert one["cost"]["candles"] == 120


def test_a_timeframe_that_the_strategy_may_mean_is_checked_when_asked_for(
    cli: Cli, candles: Path, strategy_file: Write
) -> None:
    said = cli("strategy", "check", strategy_file(), "--data", candles, "--timeframe", "7m", "--symbol", "SYM000")
    assert said.out.startswith("SYM000 7m: 171 candles, made of 1,200 candles of 1m")
    finer = cli("strategy", "check", strategy_file(), "--data", candles, "--timeframe", "30s", "--json")
    assert finer.code == 1
    assert "SYM000 30s (30s is shorter than the 1m candles of the feed)" in finer.json["error"]


def test_a_watchlist_says_what_a_style_means(cli: Cli, candles: Path, strategy_file: Write, tmp_path: Path) -> None:
    watchlist = tmp_path / "watchlist.json"
    watchlist.write_text(
        json.dumps({"assets": [{"symbol": "SYM000", "timeframes": ["5m", "15m", "1h"], "consensus": True}]})
    )
    file = strategy_file(timeframes=["day"])
    found = cli("strategy", "check", file, "--data", candles, "--watchlist", watchlist, "--json").json
    assert [one["series"] for one in found["series"]] == ["SYM000 5m", "SYM000 15m"]


def test_the_bars_are_those_of_the_deployment(
    cli: Cli, candles: Path, strategy_file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Parameters] = []

    def noted(*arguments: object, parameters: Parameters, **more: object) -> object:
        told.append(parameters)
        return check(*arguments, parameters=parameters, **more)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr("dataflows.check.check.check", noted)
    monkeypatch.setenv("CANDELABRA_TIMEFRAMES", "3m,1h")
    monkeypatch.setenv("CANDELABRA_HISTORY_BARS", "500")
    assert cli("strategy", "check", strategy_file(), "--data", candles, "--series", 1).code == 0
    assert told == [Parameters(500, 0, ("3m", "1h"))]


def test_what_cannot_run_on_a_series_is_a_finding(cli: Cli, candles: Path, strategy_file: Write) -> None:
    rules = {"entry": {"condition": "close > sma_6@1m"}, "exit": {"condition": "close < sma_6@1m"}}
    said = cli("strategy", "check", strategy_file(rules=rules, timeframes=["5m"]), "--data", candles, "--series", 1)
    assert said.code == 1
    assert "finding rules  SYM000 5m: swing: cannot run on this series, and would be quarantined there: " in said.out
    assert "1m is shorter than the 5m bars of this series" in said.out


def test_help_says_what_a_finding_is(cli: Cli) -> None:
    said = cli("strategy", "check", "--help")
    assert said.code == 0
    assert "Exit code 1 where there is a finding" in said.out
