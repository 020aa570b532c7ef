"""Whatever order symbols come in, wherever it is restored: a portfolio mirrors the same; and without limits, all."""

import json
from math import fsum
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from operators.risk.barrier import Barrier
from operators.risk.follower import Follower, Told
from operators.risk.kill_switch import Reset
from operators.risk.report import Report
from schemas.metrics import EquityPoint
from schemas.portfolio import PortfolioConfig
from schemas.portfolio_event import PortfolioEvent
from tests.operators.risk.reports import configuration
from tests.operators.risk.traders import MINUTE, MINUTES, Plan, by_symbol, plans, trader

SERIES = ("a BTC", "b BTC", "a ETH", "c ETH")

configs = st.fixed_dictionaries(
    {
        "conflict": st.sampled_from(["net", "first", "priority"]),
        "priorities": st.just(["c", "a"]),
        "groups": st.just({"coins": ["BTC", "ETH"]}),
        "limits": st.fixed_dictionaries(
            {},
            optional={
                "max_gross_exposure": st.sampled_from([0.1, 0.4]),
                "max_symbol_exposure": st.sampled_from([0.05, 0.2]),
                "max_group_exposure": st.just({"coins": 0.15}),
                "max_daily_loss": st.sampled_from([0.005, 0.2]),
            },
        ),
        "kill_switch": st.none()
        | st.fixed_dictionaries(
            {"action": st.sampled_from(["freeze", "flatten"]), "max_drawdown": st.sampled_from([0.01, 0.2])}
        ),
    }
).map(lambda one: configuration(**one))

stories = st.tuples(*[plans for _ in SERIES], st.sets(st.sampled_from(SERIES)))


def saying(story: tuple[Any, ...]) -> tuple[Any, ...]:
    """The same with every entry told as it is decided."""
    *found, ending = story
    return *({minute: act._replace(says=True) for minute, act in plan.items()} for plan in found), ending


def reported(story: tuple[Any, ...]) -> list[list[Report]]:
    *found, ending = story
    each: list[Plan] = found
    return [trader(series, plan, ends=series in ending) for series, plan in zip(SERIES, each, strict=True)]


def told(config: PortfolioConfig, reports: list[list[Report]], data: st.DataObject | None) -> list[Told]:
    """What is told; with ``data`` symbols are cut and interleaved at will, and everything restored in between."""
    barrier, follower = Barrier(), Follower(config, "apply", 0)
    follower.reset(Reset("lift", 5 * MINUTE))
    waiting = by_symbol(reports)
    reached = dict.fromkeys(waiting, -1)
    for symbol in waiting:
        barrier.expect(symbol, 0)
    out: list[Told] = []
    while waiting:
        symbol = data.draw(st.sampled_from(sorted(waiting))) if data else next(iter(waiting))
        until = data.draw(st.integers(reached[symbol] + 1, MINUTES + 1)) if data else MINUTES + 1
        barrier.reached(symbol, until * MINUTE, [one for one in waiting[symbol] if one.at_ms <= until * MINUTE])
        waiting[symbol] = [one for one in waiting[symbol] if one.at_ms > until * MINUTE]
        reached[symbol] = until
        if until == MINUTES + 1:
            del waiting[symbol]
        for instant in barrier.released():
            out += follower.at(instant)
            if data and data.draw(st.booleans()):
                kept = json.loads(json.dumps(follower.snapshot()))
                follower = Follower(config, "apply", 0, kept)
                assert follower.snapshot() == kept
        if data and data.draw(st.booleans()):
            kept = json.loads(json.dumps(barrier.snapshot()))
            barrier = Barrier(resume=kept)
            assert barrier.snapshot() == kept
    return out


@settings(max_examples=80, deadline=None)
@given(configs, stories, st.data())
def test_what_is_told_does_not_depend_on_the_order_in_which_symbols_come(
    config: PortfolioConfig, story: tuple[Any, ...], data: st.DataObject
) -> None:
    reports = reported(story)
    assert [one.model_dump_json() for one in told(config, reports, data)] == [
        one.model_dump_json() for one in told(config, reports, None)
    ]


@settings(max_examples=80, deadline=None)
@given(stories.map(saying))
def test_without_limits_its_equity_is_that_of_its_strategies(story: tuple[Any, ...]) -> None:
    reports = reported(story)
    points = [one for one in told(configuration(), reports, None) if isinstance(one, EquityPoint)]
    for point in points:
        newest = [[one for one in each if one.at_ms <= point.close_time.timestamp() * 1_000][-1:] for each in reports]
        there = [one.equity for (one,) in newest if one.next_ms is not None]
        assert point.equity == fsum(there)


@settings(max_examples=80, deadline=None)
@given(configs, stories)
def test_at_every_instant_an_account_agrees_with_itself(config: PortfolioConfig, story: tuple[Any, ...]) -> None:
    follower, barrier = Follower(config, "apply", 0), Barrier()
    symbols = by_symbol(reported(story))
    for symbol in symbols:
        barrier.expect(symbol, 0)
    for symbol, reports in symbols.items():
        barrier.reached(symbol, MINUTES * MINUTE, reports)
    for instant in barrier.released():
        out = follower.at(instant)
        accounts = [(key, one.account) for key, one in follower.mirrors.items()]
        assert follower.equity == fsum(one.equity for _, one in accounts)
        for key, account in accounts:
            asked = [report for report in instant.reports if report.key == key]
            for report in asked:
                assert account.quantity * report.quantity >= 0, "never on the other side than its strategy"
                assert abs(account.quantity) <= abs(report.quantity) * (1 + 1e-9), "and never more"
        numbers = [one.number for one in out if isinstance(one, PortfolioEvent)]
        assert numbers == list(range(len(numbers)))
        tripped = follower.portfolio.tripped is not None
        if tripped and config.kill_switch is not None and config.kill_switch.action == "flatten":
            told_now = {report.key for report in instant.reports}
            assert not any(account.quantity for key, account in accounts if key in told_now)
