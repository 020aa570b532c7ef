"""What all positions of a portfolio may come to, and who of several may enter."""

from typing import Any

import pytest

from operators.risk.daily_loss import DAY_MS
from operators.risk.portfolio import Portfolio
from operators.risk.report import Report
from operators.risk.verdict import Allowed, Leave, Refused
from operators.snapshot import SnapshotRefused
from tests.operators.risk.reports import MINUTE, answers, configuration, instant, portfolio, report

MAJORS = {"groups": {"majors": ["BTC*", "ETH*"]}}


@pytest.mark.parametrize(
    ("limits", "others", "wanted", "answer"),
    [
        ({"max_gross_exposure": 0.5}, {"a BTC": 60.0, "b ETH": -30.0}, ("c GOOG", 60.0), "allowed"),
        ({"max_gross_exposure": 0.5}, {"a BTC": 60.0, "b ETH": -30.0}, ("c GOOG", -60.1), "max_gross_exposure"),
        ({"max_gross_exposure": 0.5}, {"a BTC": 60.0, "b BTC": -60.0}, ("c GOOG", 150.0), "allowed"),
        ({"max_net_exposure": 0.5}, {"a BTC": 60.0, "b ETH": -30.0}, ("c GOOG", 120.0), "allowed"),
        ({"max_net_exposure": 0.5}, {"a BTC": 60.0, "b ETH": -30.0}, ("c GOOG", 121.0), "max_net_exposure"),
        ({"max_net_exposure": 0.5}, {"a BTC": -60.0, "b ETH": -30.0}, ("c GOOG", -61.0), "max_net_exposure"),
        ({"max_symbol_exposure": 0.2}, {"a BTC": 40.0}, ("c BTC", 20.0), "allowed"),
        ({"max_symbol_exposure": 0.2}, {"a BTC": 40.0}, ("c BTC", 21.0), "max_symbol_exposure BTC"),
        ({"max_symbol_exposure": 0.2}, {"a BTC": 40.0}, ("c ETH", 60.0), "allowed"),
        ({"max_symbol_exposure": 0.2}, {"a BTC": 40.0}, ("c BTC", -100.0), "allowed"),
        ({"max_group_exposure": {"majors": 0.2}}, {"a BTC": 40.0}, ("c ETH", -21.0), "max_group_exposure majors"),
        ({"max_group_exposure": {"majors": 0.2}}, {"a BTC": 40.0}, ("c GOOG", 200.0), "allowed"),
    ],
)
def test_what_brings_an_exposure_to_its_limit_and_not_beyond_is_allowed(
    limits: dict[str, Any], others: dict[str, float], wanted: tuple[str, float], answer: str
) -> None:
    """Of an equity of 3000, at a price of 10. What stands on two sides of a symbol cancels out."""
    held = [report(series, held=quantity) for series, quantity in others.items()]
    series, quantity = wanted
    asking = report(series, wants=quantity, equity=3_000.0 - 1_000.0 * len(held))
    assert answers(portfolio(limits=limits, **MAJORS).at(instant(*held, asking))) == {series: answer}


@pytest.mark.parametrize(
    ("quantity", "stop", "answer"),
    [(10.0, 9.0, "allowed"), (11.0, 9.0, "max_heat"), (1.0, None, "allowed"), (1.5, None, "max_heat")],
)
def test_heat_is_what_all_stops_together_would_cost(quantity: float, stop: float | None, answer: str) -> None:
    """40 of 1000 are at risk; 10 more may be. Without a stop everything is at risk."""
    held = report("a BTC", held=20.0, stop=8.0, equity=500.0)
    asking = report("b BTC", wants=quantity, wants_stop=stop, equity=500.0)
    assert answers(portfolio(limits={"max_heat": 0.05}).at(instant(held, asking))) == {"b BTC": answer}


def test_a_refusal_says_what_would_have_been() -> None:
    one = portfolio(limits={"max_symbol_exposure": 0.5})
    (verdict,) = one.at(instant(report("a BTC", wants=75.0)))
    assert isinstance(verdict, Refused)
    assert str(verdict.refusal) == "max_symbol_exposure (BTC): expected an exposure of at most 0.5 of equity, got 0.75"
    assert one.exposures.gross == 0.0, "nothing came of it"


def test_at_one_instant_the_first_by_key_gets_the_room_there_is() -> None:
    limits = {"max_gross_exposure": 0.1}
    asking = [report("c BTC", wants=20.0), report("a ETH", wants=20.0), report("b GOOG", wants=10.0)]
    verdicts = portfolio(limits=limits).at(instant(*asking))
    assert answers(verdicts) == {"a ETH": "allowed", "b GOOG": "allowed", "c BTC": "max_gross_exposure"}


def test_what_was_allowed_counts_until_it_is_told_what_came_of_it() -> None:
    one = portfolio(limits={"max_gross_exposure": 0.1})
    one.at(instant(report("a BTC", wants=20.0), report("b ETH")))
    assert answers(one.at(instant(report("b ETH", 2, wants=1.0)))) == {"b ETH": "max_gross_exposure"}
    one.at(instant(report("a BTC", 3, coming=20.0), report("b ETH", 3)))
    assert answers(one.at(instant(report("b ETH", 4, wants=1.0)))) == {"b ETH": "max_gross_exposure"}
    one.at(instant(report("a BTC", 5)))
    assert answers(one.at(instant(report("b ETH", 6, wants=20.0)))) == {"b ETH": "allowed"}


def test_an_exposure_that_prices_drove_beyond_its_limit_refuses_what_makes_it_larger_alone() -> None:
    one = portfolio(limits={"max_net_exposure": 0.1, "max_gross_exposure": 5.0})
    held = report("a BTC", held=20.0), report("b ETH")
    one.at(instant(*held))
    verdicts = one.at(instant(held[0]._replace(price=30.0, at_ms=2 * MINUTE), report("b ETH", 2, wants=-10.0)))
    assert answers(verdicts) == {"b ETH": "allowed"}, "net exposure falls from 600 to 500"
    assert [refusal.limit for refusal in one.violated(2 * MINUTE)] == ["max_net_exposure"]
    verdicts = one.at(instant(report("b ETH", 3, wants=0.1)))
    assert answers(verdicts) == {"b ETH": "max_net_exposure"}
    verdicts = one.at(instant(report("b ETH", 4, wants=-120.0)))
    assert answers(verdicts) == {"b ETH": "allowed"}, "600 on the other side is no more"
    verdicts = one.at(instant(report("b ETH", 5, wants=-121.0)))
    assert answers(verdicts) == {"b ETH": "max_net_exposure"}


def test_turning_to_the_other_side_is_an_entry_like_any() -> None:
    """It would be flat without it: that it is as large as what it leaves does not help."""
    one = portfolio(limits={"max_gross_exposure": 0.1})
    verdicts = one.at(instant(report("a BTC", held=20.0, wants=-20.0)))
    assert answers(verdicts) == {"a BTC": "max_gross_exposure"}
    assert one.exposures.gross == 200.0, "until it tells that it has left"


def test_without_equity_nothing_is_entered() -> None:
    one = portfolio(limits={"max_gross_exposure": 1_000.0})
    assert answers(one.at(instant(report("a BTC", equity=-1.0, wants=0.1)))) == {"a BTC": "max_gross_exposure"}


def test_a_strategy_has_so_many_positions_at_once() -> None:
    one = portfolio()
    asking = [report(f"a {symbol}", wants=1.0, most=2) for symbol in ("BTC", "ETH", "GOOG")]
    assert answers(one.at(instant(*asking, report("b BTC", wants=1.0, most=1)))) == {
        "a BTC": "allowed",
        "a ETH": "allowed",
        "a GOOG": "max_concurrent_positions a",
        "b BTC": "allowed",
    }
    more = report("a BTC", 2, held=1.0, wants=2.0, most=2)
    assert answers(one.at(instant(more))) == {"a BTC": "allowed"}, "one that it has already is not another"


def test_a_daily_loss_of_all_together_refuses_entries_until_midnight() -> None:
    one = portfolio(limits={"max_daily_loss": 0.1})
    one.at(instant(report("a BTC"), report("b BTC")))
    verdicts = one.at(instant(report("a BTC", 2, equity=800.0), report("b BTC", 2, wants=1.0)))
    assert answers(verdicts) == {"b BTC": "max_daily_loss"}
    assert one.daily_loss == 0.1
    assert [refusal.until_ms for refusal in one.violated(2 * MINUTE)] == [DAY_MS]
    midnight = report("b BTC", 24 * 60, wants=1.0)
    assert answers(one.at(instant(midnight))) == {"b BTC": "allowed"}


def test_who_joins_or_leaves_brings_no_gain_and_no_loss() -> None:
    one = portfolio(limits={"max_daily_loss": 0.1}, kill_switch={"max_drawdown": 0.1})
    one.at(instant(report("a BTC")))
    one.at(instant(report("a BTC", 2, equity=950.0), report("b BTC", 2, equity=9_000.0)))
    assert (one.daily_loss, one.drawdown) == pytest.approx((0.05, 0.05))
    one.at(instant(report("b BTC", 3, equity=9_000.0, last=True)))
    assert (one.daily_loss, one.drawdown) == pytest.approx((0.05, 0.05))
    assert one.exposures.equity == 950.0


def test_what_is_late_is_learnt_and_not_allowed() -> None:
    one = portfolio(limits={"max_gross_exposure": 0.1})
    late = report("a BTC", 1, held=30.0, wants=40.0)
    verdicts = one.at(instant(report("b ETH", 2, wants=1.0), late=(late,)))
    assert answers(verdicts) == {"a BTC": "late", "b ETH": "max_gross_exposure"}


def test_of_several_reports_of_one_series_the_last_counts() -> None:
    one = portfolio()
    one.at(instant(report("a BTC", 2, held=5.0), late=(report("a BTC", 1, held=30.0),)))
    assert one.exposures.gross == 50.0


def one_long(series: str = "b BTC", **config: Any) -> tuple[Portfolio, Report]:  # noqa: ANN401  # of any section
    """A portfolio in which somebody is long."""
    one = portfolio(**config)
    held = report(series, held=5.0)
    one.at(instant(held, *(report(other) for other in ("a BTC", "c BTC") if other != series)))
    return one, held


def test_net_lets_both_sides() -> None:
    one, _ = one_long(conflict="net")
    assert answers(one.at(instant(report("a BTC", 2, wants=-9.0)))) == {"a BTC": "allowed"}
    assert one.exposures.gross == 40.0


def test_first_refuses_who_comes_later_as_long_as_it_lasts() -> None:
    one, _ = one_long(conflict="first")
    asking = report("a BTC", 2, wants=-9.0), report("c BTC", 2, wants=9.0)
    assert answers(one.at(instant(*asking))) == {"a BTC": "conflict b", "c BTC": "allowed"}
    one.at(instant(report("b BTC", 3), report("c BTC", 3)))
    assert answers(one.at(instant(report("a BTC", 4, wants=-9.0)))) == {"a BTC": "allowed"}


def test_first_at_one_instant_is_first_by_key() -> None:
    asking = report("b BTC", wants=-1.0), report("a BTC", wants=1.0)
    assert answers(portfolio(conflict="first").at(instant(*asking))) == {"a BTC": "allowed", "b BTC": "conflict a"}


def test_a_strategy_is_not_in_conflict_with_itself() -> None:
    other = report("b BTC", 2, wants=-1.0)._replace(key="b|BTC|5m")
    one, _ = one_long(conflict="first")
    assert [type(verdict) for verdict in one.at(instant(other))] == [Allowed]


def test_priority_makes_the_lower_leave_and_lets_the_higher_in() -> None:
    one, _ = one_long(conflict="priority", priorities=["a", "b"])
    verdicts = one.at(instant(report("a BTC", 2, wants=-9.0)))
    assert [type(verdict) for verdict in verdicts] == [Leave, Allowed]
    assert [str(verdict.cause)[:12] for verdict in verdicts if isinstance(verdict, Leave)] == ["conflict (a)"]
    assert one.exposures.gross == 90.0, "as if it had left"
    assert one.at(instant(report("b BTC", 3, held=5.0))) == [], "it is told once"


@pytest.mark.parametrize("asking", ["a", "b", "d"])
def test_priority_refuses_who_does_not_rank_before_all(asking: str) -> None:
    """``b`` is long; ``c`` and ``d`` have no rank."""
    one, _ = one_long(conflict="priority", priorities=["a", "b"])
    one.at(instant(report("a BTC", 2, held=1.0)))
    want = report(f"{asking} BTC", 3, wants=1.0 if asking == "a" else -1.0)
    assert answers(one.at(instant(want))) == {
        f"{asking} BTC": {"a": "allowed", "b": "conflict a", "d": "conflict a"}[asking]
    }


def test_without_a_rank_it_is_first_come() -> None:
    one, _ = one_long("c BTC", conflict="priority", priorities=["a"])
    assert answers(one.at(instant(report("d BTC", 2, wants=-1.0)))) == {"d BTC": "conflict c"}


def test_at_one_instant_ranks_are_asked_before_keys() -> None:
    one = portfolio(conflict="priority", priorities=["z", "a"])
    asking = report("a BTC", wants=1.0), report("z BTC", wants=-1.0)
    assert answers(one.at(instant(*asking))) == {"z BTC": "allowed", "a BTC": "conflict z"}


def test_nobody_makes_room_for_an_entry_that_is_too_much() -> None:
    """9 units would fit only as long as the 5 on the other side are there."""
    limits = {"max_symbol_exposure": 0.02}
    one, held = one_long(conflict="priority", priorities=["a"], limits=limits)
    verdicts = one.at(instant(report("a BTC", 2, wants=-9.0)))
    assert answers(verdicts) == {"a BTC": "max_symbol_exposure BTC"}
    assert len(verdicts) == 1
    assert one.exposures.gross == held.quantity * held.price


def test_another_configuration_counts_from_the_next_instant_on() -> None:
    one, _ = one_long(limits={"max_daily_loss": 0.5})
    one.at(instant(report("a BTC", 2, equity=700.0)))
    one.configured(configuration(limits={"max_gross_exposure": 0.02}))
    assert (round(one.daily_loss, 12), one.exposures.gross) == (0.1, 50.0)
    assert answers(one.at(instant(report("a BTC", 3, equity=700.0, wants=1.0)))) == {"a BTC": "max_gross_exposure"}


def test_state_of_another_configuration_is_refused() -> None:
    kept = portfolio(conflict="net").snapshot()
    with pytest.raises(SnapshotRefused, match=r"^portfolio 'main': made with config \w{16}, expected \w{16}$"):
        portfolio(kept, conflict="first")
    with pytest.raises(SnapshotRefused, match=r"^portfolio: schema version 0, expected 1$"):
        portfolio({**kept, "schema_version": 0}, conflict="net")
