"""Exposures, against sums made anew of everything."""

from math import fsum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.risk.exposure import Exposures
from operators.risk.member import Member, ReportRefused, at_risk, member
from tests.operators.risk.reports import report

GROUPS = {"coins": ["BTC*", "ETH/USDT"], "all": ["*"], "none": ["X"]}
keys = st.sampled_from([f"{strategy}|{symbol}|1m" for strategy in "ab" for symbol in ("BTC", "ETHUSDT", "GOOG")])
members = st.tuples(st.floats(-1e6, 1e6), st.sampled_from([-250.1, -0.1, 0.0, 0.1, 33.3]), st.floats(0, 1e6))


@given(st.lists(st.tuples(keys, st.none() | members), max_size=40))
def test_sums_are_those_of_all_that_is_held(changes: list[tuple[str, tuple[float, float, float] | None]]) -> None:
    exposures, held = Exposures(GROUPS), dict[str, Member]()
    for key, now in changes:
        if now is None:
            exposures.put(key, None)
            held.pop(key, None)
            continue
        strategy, symbol, _ = key.split("|")
        equity, value, risk = now
        held[key] = Member(strategy, symbol, equity, value, risk if value else 0.0)
        exposures.put(key, held[key])
    symbols = {one.symbol for one in held.values() if one.value}
    by_symbol = {
        symbol: abs(fsum(one.value for one in held.values() if one.symbol == symbol))
        for symbol in ("BTC", "ETHUSDT", "GOOG")
    }
    assert exposures.members == held
    assert exposures.symbols == sorted(symbols)
    assert {symbol: exposures.of_symbol(symbol) for symbol in by_symbol} == by_symbol
    assert exposures.gross == exposures.of_group("all") == pytest.approx(sum(by_symbol.values()))
    assert exposures.of_group("coins") == pytest.approx(by_symbol["BTC"] + by_symbol["ETHUSDT"])
    assert exposures.of_group("none") == 0.0
    assert exposures.net == fsum(one.value for one in held.values())
    assert exposures.equity == pytest.approx(fsum(one.equity for one in held.values()))
    assert exposures.at_risk == pytest.approx(fsum(one.at_risk for one in held.values()))
    for strategy in "ab":
        assert exposures.positions_of(strategy) == sum(
            one.strategy == strategy and one.value != 0 for one in held.values()
        )
        assert exposures.against(strategy, "BTC", 1.0) == sorted(
            key for key, one in held.items() if one.symbol == "BTC" and one.strategy != strategy and one.value < 0
        )


@pytest.mark.parametrize(
    ("quantity", "stop", "expected"),
    [
        (3.0, 90.0, 30.0),
        (3.0, 100.0, 0.0),
        (3.0, 110.0, 0.0),
        (-3.0, 110.0, 30.0),
        (-3.0, 90.0, 0.0),
        (-3.0, None, 300.0),
    ],
)
def test_what_a_stop_leaves_at_risk(quantity: float, stop: float | None, expected: float) -> None:
    assert at_risk(quantity, 100.0, stop) == expected


@pytest.mark.parametrize(
    ("held", "coming", "value"), [(2.0, 2.0, 20.0), (2.0, 0.0, 20.0), (0.0, -3.0, -30.0), (1.0, -1.0, -10.0)]
)
def test_orders_that_wait_count_where_that_is_more(held: float, coming: float, value: float) -> None:
    assert member(report("a BTC", held=held, coming=coming)).value == value


def test_a_price_that_is_none_is_refused_with_its_place() -> None:
    told = (
        r"^a\|BTC\|1m at 60000 ms: expected a finite price above 0, a finite equity and quantity, "
        r"got -1.0, 1000.0 and 0.0$"
    )
    with pytest.raises(ReportRefused, match=told):
        member(report("a BTC", price=-1.0))
