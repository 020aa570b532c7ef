"""A strategy on bars that the engine makes is checked on those bars; what is cut and begun is their candles."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from dataflows.check.check import CheckedSeries, check
from dataflows.check.remark import Remark
from dataflows.check.run import run
from dataflows.graph import Parameters
from dataflows.replay import replay
from operators.strategy.compile import CompiledStrategy
from schemas.candle_row import CandleRow
from tests.dataflows.check.planted import CentredMean, series, strategy, walk, with_fault
from tests.dataflows.deployment import as_file

ROWS = walk(6_000)
MINUTE = 60_000
ENTRY, LEAVE = "close > sma_6", "close < sma_6"


def about(remarks: Sequence[Remark], part: str) -> list[Remark]:
    return [one for one in remarks if one.part == part]


def test_what_is_checked_is_what_a_replay_of_the_file_says(tmp_path: Path) -> None:
    tried = strategy(ENTRY, LEAVE, timeframes=["5m", "1h"])
    said = replay(as_file(ROWS, tmp_path / "walk.parquet"), [tried.config]).signals
    for timeframe in ("5m", "1h"):
        alone = run(tried, series(ROWS, timeframe), Parameters()).signals
        assert alone
        assert alone == [one for one in said if one.timeframe == timeframe]


@pytest.mark.parametrize("timeframe", ["5m", "7m", "1h"])
def test_an_honest_strategy_is_clean_on_bars_of_its_own(timeframe: str) -> None:
    tried = strategy("rising(ema_3, 2) AND close > sma_6@2h", "close < sma_6 OR position.bars_held > 9")
    found = check(tried, [series(ROWS, timeframe)])
    assert [one for one in found.findings if one.part != "rules"] == []
    one = found.series[0]
    assert (one.series, one.base, one.candles) == (f"SYM000 {timeframe}", "1m", len(ROWS))
    assert one.bars == len(ROWS) * MINUTE // {"5m": 300_000, "7m": 420_000, "1h": 3_600_000}[timeframe]
    assert one.look_ahead is not None
    assert one.look_ahead.candles == len(ROWS), "each base candle is once the newest"
    assert one.look_ahead.signals > 0
    assert sum(rule.signals for rule in one.rules) > 0


def test_a_peek_is_found_on_the_bars_that_it_shows_on() -> None:
    peeking = with_fault(strategy(ENTRY, LEAVE), "sma", kernel=CentredMean())
    found = about(check(peeking, [series(ROWS, "5m")]).findings, "look-ahead")
    assert {one.where for one in found} == {"sma(close,period=6)", "entry", "exit"}
    assert {one.series for one in found} == {"SYM000 5m"}
    assert all(one.bar is not None and one.bar.minute % 5 == 0 for one in found)


def test_memory_that_is_too_short_is_found_wherever_in_a_bar_the_candles_begin() -> None:
    forgetful = with_fault(strategy("rsi_14 < 40", "rsi_14 > 60"), "rsi", memory=30, reach=30)
    found = about(check(forgetful, [series(ROWS, "5m")]).findings, "warm-up")
    assert [one.where for one in found] == ["rsi(close,period=14)"]
    assert "it says that 30 candles make it exact" in found[0].message


def test_a_honest_warm_up_passes_wherever_in_a_bar_the_candles_begin() -> None:
    found = check(strategy("close > sma_20 AND rsi_14 < 60", "close < ema_5"), [series(ROWS, "5m")])
    warm = found.series[0].warm_up
    assert warm is not None
    assert len(warm.starts) > 3
    assert all(one.starts for one in warm.indicators)
    assert warm.verdicts > 0
    assert about(found.findings, "warm-up") == []


def checked(tried: CompiledStrategy, rows: Sequence[CandleRow], timeframe: str) -> CheckedSeries:
    return check(tried, [series(rows, timeframe)]).series[0]


@pytest.mark.parametrize(("partial_bars", "asked"), [("skip", 118), ("exits", 118), ("evaluate", 120)])
def test_a_rule_is_asked_at_bars_that_lack_candles_if_the_strategy_says_so(partial_bars: str, asked: int) -> None:
    rows = [row for number, row in enumerate(ROWS[:600]) if number not in {7, 303}]
    entry = checked(strategy("close > 9999999", partial_bars=partial_bars), rows, "5m").rules[0]
    assert (entry.ready, entry.asked) == (120, asked)


def test_that_many_bars_lack_candles_is_told_with_what_the_strategy_does_on_them() -> None:
    some = [row for number, row in enumerate(ROWS[:600]) if number not in {7, 303}]
    (note,) = [one for one in check(strategy(ENTRY, LEAVE), [series(some, "5m")]).notes if "lack" in one.message]
    assert note.message.startswith("2 of 120 bars lack candles of 1m, and by partial_bars 'skip' no rule acts on them")
    exits = check(strategy(ENTRY, LEAVE, partial_bars="exits"), [series(some, "5m")])
    assert any("by partial_bars 'exits' only exits act on them" in one.message for one in exits.notes)
    evaluated = check(strategy(ENTRY, LEAVE, partial_bars="evaluate"), [series(some, "5m")])
    assert not any("lack" in one.message for one in evaluated.remarks)
    few = check(strategy(ENTRY, LEAVE), [series([*ROWS[:7], *ROWS[8:]], "5m")])
    assert not any("lack" in one.message for one in few.remarks), "one of 1,200"


def test_that_every_bar_lacks_candles_is_a_finding() -> None:
    holey = [row for number, row in enumerate(ROWS[:600]) if number % 5]
    found = [one.message for one in check(strategy(ENTRY, LEAVE), [series(holey, "5m")]).findings]
    assert any(message.startswith("120 of 120 bars lack candles of 1m") for message in found)


def test_a_strategy_that_cannot_run_on_a_series_is_a_finding_with_what_the_engine_does() -> None:
    found = check(strategy("close > sma_6@1m", timeframes=["1m", "5m"]), [series(ROWS[:600], "5m")])
    (one,) = found.findings
    assert one.message == (
        "cannot run on this series, and would be quarantined there: sma(close,period=6)@1m cannot be computed here: "
        "1m is shorter than the 5m bars of this series"
    )
    assert found.series[0].look_ahead is None
    assert found.series[0].bars == 0


def test_a_series_without_a_bar_is_a_finding_unless_another_has_some() -> None:
    tried = strategy(ENTRY, LEAVE)
    (one,) = check(tried, [series(ROWS[:600], "1d")]).findings
    assert one.message == "no bar of 1d is closed within these 600 candles of 1m: give a longer file"
    both = check(tried, [series(ROWS[:600], "5m"), series(ROWS[:600], "1d")])
    assert both.findings == []
    assert any(one.series == "SYM000 1d" and "no bar of 1d" in one.message for one in both.notes)


def test_the_cost_is_that_of_a_bar() -> None:
    one = checked(strategy("close > sma_6 AND rsi_14@1h > 0"), ROWS[:3_000], "5m")
    assert one.cost is not None
    assert one.cost.candles == one.bars == 600
    assert {cost.key for cost in one.cost.indicators} == {"sma(close,period=6)", "rsi(close,period=14)@1h"}
