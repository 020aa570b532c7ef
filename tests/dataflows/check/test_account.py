"""What a strategy's account does is counted right: positions that no rule ended, entries that were refused."""

from typing import Any

import pytest

from dataflows.check.check import check
from dataflows.check.holdings import holdings
from dataflows.check.run import Outcome, run
from dataflows.graph import Parameters
from operators.strategy.compile import CompiledStrategy, compile_strategy
from operators.strategy.position import BARS_HELD, ENTRY_PRICE, PNL, SIDE
from schemas.record import to_milliseconds
from schemas.strategy_file import parse_strategy
from tests.dataflows.check.planted import series, walk

ROWS = walk(700)
LEAVE = "position.bars_held >= 3 AND position.entry_price > 0 AND position.pnl > -1"


def strategy(entry: str = "close > open", leave: str = LEAVE, **sections: object) -> CompiledStrategy:
    rules = {"entry": {"condition": entry}, "exit": {"condition": leave}}
    document = {"id": "traded", "timeframes": ["1m"], "rules": rules, **sections}
    return compile_strategy(parse_strategy(document, origin="test"))


def outcome_of(about: CompiledStrategy) -> Outcome:
    return run(about, series(ROWS), Parameters())


RISK = {"stop_loss": {"fraction": 0.002}, "take_profit": {"fraction": 0.003}}


@pytest.mark.parametrize("fill", ["next_open", "signal_close"])
@pytest.mark.parametrize("risk", [{}, RISK, {"max_bars_held": 2}], ids=["rules", "stops", "time"])
def test_what_is_held_is_what_the_rules_saw(fill: str, risk: dict[str, Any]) -> None:
    leave = LEAVE.replace("3", "1") if "max_bars_held" in risk else LEAVE
    whole = outcome_of(strategy(leave=leave, risk=risk, execution={"fill": fill}))
    columns = holdings(whole)
    exits = [one for one in whole.signals if one.rule == "exit"]
    assert len(exits) > 20
    for one in exits:
        row = whole.bar_at(to_milliseconds(one.open_time))
        assert columns[SIDE][row] == 1.0
        assert one.values == {name: columns[name][row] for name in (BARS_HELD, ENTRY_PRICE, PNL)}


def test_a_position_that_a_stop_ended_within_a_bar_is_not_held_at_its_close() -> None:
    whole = outcome_of(strategy(leave="close < 0", risk=RISK))
    columns = holdings(whole)
    ended = [one for one in whole.signals if one.rule in {"position.stop_loss", "position.take_profit"}]
    assert len(ended) > 20
    rows = [whole.bar_at(to_milliseconds(one.open_time)) for one in ended]
    assert not any(columns[SIDE][row] for row in rows)


def test_a_strategy_whose_stops_end_its_positions_is_not_told_that_nothing_does() -> None:
    document = {"id": "traded", "timeframes": ["1m"], "rules": {"entry": {"condition": "close > open"}}}
    stopped, unstopped = (
        check(compile_strategy(parse_strategy({**document, **more}, origin="test")), [series(ROWS)])
        for more in ({"risk": RISK}, {})
    )
    told = "no rule ever closes its long position: only a stop of the strategy does"
    assert told in [one.message for one in unstopped.remarks]
    assert told not in [one.message for one in stopped.remarks]
    assert stopped.findings == []


def test_entries_that_a_limit_refuses_are_a_note_and_no_fault_of_a_rule() -> None:
    limits = {"limits": {"cool_down_bars": 50}, "stop_loss": {"fraction": 0.0005}}
    found = check(strategy(risk=limits), [series(ROWS)])
    (note,) = [one for one in found.remarks if one.message.startswith("entries were refused ")]
    assert (note.severity, note.part, note.where) == ("note", "rules", "traded")
    assert not [one for one in found.findings if one.where == "traded"]


def test_an_account_that_is_too_small_for_every_order_is_a_finding() -> None:
    found = check(strategy(execution={"capital": 10, "minimum_size": 1_000_000}), [series(ROWS)])
    (refused,) = [one for one in found.findings if one.message.startswith("entries were refused ")]
    assert "an order was refused" in refused.message
