"""Rules that cannot act are found, with the part of the condition to mend."""

from collections.abc import Sequence

import pytest

from dataflows.check.check import check
from dataflows.check.remark import Remark
from dataflows.check.rules import RuleOnData
from operators.strategy.compile import compile_strategy
from schemas.strategy_file import parse_strategy
from tests.dataflows.check.planted import series, strategy, walk

ROWS = walk(700)


def said(entry: str, leave: str = "close < open") -> tuple[list[Remark], dict[str, RuleOnData]]:
    found = check(strategy(entry, leave), [series(ROWS)])
    return found.remarks, {rule.rule: rule for rule in found.series[0].rules}


def about(remarks: Sequence[Remark], rule: str, severity: str = "finding") -> list[str]:
    return [one.message for one in remarks if (one.where, one.severity) == (rule, severity)]


def test_a_rule_that_can_never_fire_is_found_with_the_values_that_it_compared() -> None:
    remarks, rules = said("rsi_14 > 100")
    (message,) = about(remarks, "entry")
    assert message.startswith(f"never fires on the {len(ROWS) - 14:,} candles at which it is ready: ")
    assert '"rsi_14 > 100" never holds: its left side is ' in message
    assert message.endswith("its right side 100")
    assert (rules["entry"].fires, rules["entry"].held, rules["entry"].first) == ("never", 0, None)


def test_of_an_and_the_part_that_never_holds_is_named_and_no_other() -> None:
    remarks, _ = said("close > open AND (rsi_14 > 100 OR rsi_14 < 0)")
    (message,) = about(remarks, "entry")
    assert '"rsi_14 > 100" never holds' in message
    assert '"rsi_14 < 0" never holds' in message
    assert "close > open" not in message


def test_parts_that_exclude_each_other_are_named_with_how_often_each_holds() -> None:
    remarks, _ = said("close > open AND volume > 0 AND close < open")
    (message,) = about(remarks, "entry")
    rising = sum(row[6] > row[3] for row in ROWS) / len(ROWS)
    falling = sum(row[6] < row[3] for row in ROWS) / len(ROWS)
    expected = f'"close > open" ({rising:.1%}) and "close < open" ({falling:.1%}) never hold at the same candle'
    assert expected in message


def test_not_of_what_always_holds_is_explained_by_what_always_holds() -> None:
    remarks, _ = said("NOT close > 0")
    (message,) = about(remarks, "entry")
    assert '"close > 0" always holds' in message


def test_a_rule_that_always_fires_is_found() -> None:
    remarks, rules = said("close > 0")
    (message,) = about(remarks, "entry")
    assert message.startswith(f"fires at each of the {len(ROWS)} candles at which it is ready: ")
    assert '"close > 0" always holds' in message
    assert rules["entry"].fires == "always"


def test_alternatives_that_leave_nothing_out_are_named() -> None:
    remarks, _ = said("close > open OR close <= open")
    (message,) = about(remarks, "entry")
    assert "at every candle one of its parts holds" in message


def test_a_rule_that_is_never_ready_is_told_how_many_candles_it_takes() -> None:
    found = check(strategy("close > sma_500"), [series(ROWS[:400])])
    (message,) = about(found.remarks, "entry")
    assert "is never ready on these 400 candles: its indicators take about 499 candles" in message


def test_a_part_that_changes_nothing_is_a_note() -> None:
    remarks, rules = said("close > open AND volume > 0")
    assert about(remarks, "entry") == []
    (message,) = about(remarks, "entry", "note")
    assert message.startswith('"volume > 0" held at every candle')
    assert rules["entry"].fires == "at times"


def test_what_a_rule_did_is_counted() -> None:
    _, rules = said("close > open", "close < open")
    rising = [row for row in ROWS if row[6] > row[3]]
    entry = rules["entry"]
    assert entry.held == len(rising)
    assert entry.first is not None
    assert entry.first.timestamp() * 1000 == rising[0][2]
    assert abs(entry.signals - rules["exit"].signals) <= 1
    assert entry.per_thousand(len(ROWS)) == pytest.approx(1000 * entry.signals / len(ROWS))


def document(*rules: tuple[str, str, str, str]) -> list[Remark]:
    signals = [{"id": id_, "type": type_, "side": side, "expression": text} for id_, type_, side, text in rules]
    config = parse_strategy({"id": "sides", "signals": signals}, origin="test")
    return check(compile_strategy(config), [series(ROWS)]).remarks


def test_an_exit_of_a_side_that_nothing_enters_can_never_be_reached() -> None:
    remarks = document(("in", "entry", "long", "close > open"), ("out", "exit", "short", "close < open"))
    (message,) = about(remarks, "out")
    assert message == "can never be reached: it leaves a short position, and no entry opens one"
    assert "no rule ever closes its long position" in about(remarks, "in", "note")[0]


def test_an_exit_that_holds_only_while_flat_is_never_reached() -> None:
    remarks = document(
        ("in", "entry", "long", "close > open"),
        ("out", "exit", "long", "close < open"),
        ("flat", "exit", "long", "close > open AND close[1] < open[1]"),
    )
    (message,) = about(remarks, "flat")
    assert message.startswith("is never reached: it held at ")


def test_a_rule_behind_another_that_always_comes_first_is_a_note() -> None:
    remarks = document(
        ("in", "entry", "long", "close > open"),
        ("late", "entry", "long", "close > open AND volume > 50"),
        ("out", "exit", "long", "close < open"),
    )
    assert about(remarks, "late") == []
    assert "and entries before it always came first" in about(remarks, "late", "note")[-1]


def test_a_rule_that_reads_the_position_is_judged_where_it_is_asked() -> None:
    remarks, rules = said("close > open", "position.bars_held >= 3")
    assert about(remarks, "exit") == []
    assert rules["exit"].held == rules["exit"].signals > 0
    remarks, rules = said("close > open", "position.bars_held >= 0")
    assert "fires at each of the" in about(remarks, "exit")[0]


def test_an_exit_that_reads_a_position_which_there_never_was_is_a_note() -> None:
    remarks, rules = said("rsi_14 > 100", "position.pnl > 0.01")
    assert rules["exit"].fires == "not asked"
    assert about(remarks, "exit") == []
    assert "no long position was ever open" in about(remarks, "exit", "note")[0]


def test_a_rule_that_fires_on_one_series_is_only_noted_on_another() -> None:
    calm = [(*row[:1], *row[1:7], 0.5, row[8]) for row in ROWS]
    both = check(strategy("volume > 50"), [series(ROWS), series([("CALM", *row[1:]) for row in calm])])
    assert about(both.remarks, "entry") == []
    assert any("never fires" in message for message in about(both.remarks, "entry", "note"))
    alone = check(strategy("volume > 50"), [series(calm)])
    assert "never fires" in about(alone.remarks, "entry")[0]


def test_a_stop_that_was_not_needed_is_a_note() -> None:
    remarks = document(
        ("in", "entry", "long", "close > open"),
        ("out", "exit", "long", "close < open"),
        ("stop", "exit", "long", "position.pnl < -0.9"),
    )
    assert about(remarks, "stop") == []
    assert '"position.pnl < -0.9" never holds' in about(remarks, "stop", "note")[0]
