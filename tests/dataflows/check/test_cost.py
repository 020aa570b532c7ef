"""What a candle costs is measured for everything that the strategy reads, and only the absurd is held against it."""

import pytest

from dataflows.check.check import check
from tests.dataflows.check.planted import series, strategy, walk

ROWS = walk(400)


def test_every_indicator_and_rule_has_its_cost_beside_a_plain_rsi() -> None:
    found = check(strategy("rsi_14 < 40 AND close < sma_20", "rsi_14 > 60"), [series(ROWS)])
    cost = found.series[0].cost
    assert cost is not None
    assert cost.candles == len(ROWS)
    assert {one.key for one in cost.indicators} == {"rsi(close,period=14)", "sma(close,period=20)"}
    assert [one.rule for one in cost.rules] == ["entry", "exit"]
    assert all(one.live_us > 0 and one.behind_us > 0 for one in cost.rules)
    assert all(one.times_rsi == pytest.approx(one.live_us / cost.rsi_us) for one in cost.indicators)
    assert cost.rsi_us > 0
    assert cost.remarks == []


def test_an_absurd_cost_is_a_finding_that_says_how_many_candles_it_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dataflows.check.cost.ABSURD_US", 0.0)
    found = [one for one in check(strategy("rsi_14 < 40"), [series(ROWS)]).findings if one.part == "cost"]
    assert {one.where for one in found} >= {"entry", "exit"}
    assert all("one core would keep up with" in one.message for one in found)
