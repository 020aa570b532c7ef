"""Whatever order reports come in, wherever it is restored: the same decisions; and no limit is ever broken by one."""

from collections.abc import Sequence
from math import inf
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from operators.risk.barrier import Barrier
from operators.risk.kill_switch import Reset
from operators.risk.portfolio import Portfolio
from operators.risk.portfolio_limits import amounts, exceeded
from operators.risk.report import Report
from operators.risk.verdict import Allowed, Leave, Tripped, Verdict
from schemas.portfolio import PortfolioConfig
from tests.operators.risk.reports import configuration, report

SERIES = ("a BTC", "a ETH", "b BTC", "b GOOG", "c BTC")
QUANTITIES = (-20.0, -5.0, 0.0, 5.0, 20.0, 60.0)

configs = st.fixed_dictionaries(
    {
        "conflict": st.sampled_from(["net", "first", "priority"]),
        "priorities": st.just(["c", "a"]),
        "groups": st.just({"coins": ["BTC", "ETH"]}),
        "limits": st.fixed_dictionaries(
            {},
            optional={
                "max_gross_exposure": st.sampled_from([0.05, 0.3]),
                "max_net_exposure": st.sampled_from([0.05, 0.2]),
                "max_symbol_exposure": st.sampled_from([0.03, 0.1]),
                "max_group_exposure": st.just({"coins": 0.08}),
                "max_heat": st.sampled_from([0.02, 0.1]),
                "max_daily_loss": st.sampled_from([0.01, 0.2]),
            },
        ),
        "kill_switch": st.none()
        | st.fixed_dictionaries(
            {"action": st.sampled_from(["freeze", "flatten"]), "max_drawdown": st.sampled_from([0.03, 0.2])}
        ),
    }
).map(lambda one: configuration(**one))


@st.composite
def reports(draw: st.DrawFn, series: str) -> list[Report]:
    """Of one series, in order; each but the last says when the next comes."""
    minutes = sorted(draw(st.sets(st.integers(1, 8), min_size=1)))
    found: list[Report] = []
    for minute in minutes:
        held = draw(st.sampled_from(QUANTITIES))
        more = (
            draw(st.sampled_from([None, -1.0, 1.0, 2.0]))
            if held
            else draw(st.sampled_from([None, *QUANTITIES[:2], 5.0]))
        )
        wants = None if more is None else held * more if held else more
        equity, price = draw(st.sampled_from([900.0, 1_000.0, 1_050.0])), draw(st.sampled_from([8.0, 10.0]))
        stop = None if draw(st.booleans()) else price * (0.9 if (wants or held) > 0 else 1.1)
        found.append(
            report(series, minute, held=held, equity=equity, price=price, stop=stop, wants=wants, wants_stop=stop)
        )
    ends = [*(one.at_ms for one in found[1:]), None]
    return [one._replace(next_ms=next_ms) for one, next_ms in zip(found, ends, strict=True)]


stories = st.tuples(*[reports(series) for series in SERIES])


def told(config: PortfolioConfig, story: Sequence[list[Report]], data: st.DataObject, *, cut: bool) -> list[Verdict]:
    """What is decided, with series interleaved at will and, where ``cut``, everything restored in between."""
    barrier, portfolio = Barrier(), Portfolio(config, 0)
    portfolio.reset(Reset("lift", 5 * 60_000))
    waiting = [list(each) for each in story]
    for each in waiting:
        barrier.expect(each[0].key, 0)
    out: list[Verdict] = []
    while waiting := [each for each in waiting if each]:
        number = data.draw(st.integers(0, len(waiting) - 1)) if cut else 0
        barrier.add(waiting[number].pop(0))
        for instant in barrier.released():
            out += portfolio.at(instant)
        if cut and data.draw(st.booleans()):
            kept: tuple[dict[str, Any], dict[str, Any]] = barrier.snapshot(), portfolio.snapshot()
            barrier, portfolio = Barrier(resume=kept[0]), Portfolio(config, 0, resume=kept[1])
            assert (barrier.snapshot(), portfolio.snapshot()) == kept
    assert barrier.complete_before() == inf
    assert not portfolio.exposures.members
    assert portfolio.exposures.gross == portfolio.exposures.net == portfolio.exposures.equity == 0.0
    return out


@settings(max_examples=60, deadline=None)
@given(configs, stories, st.data())
def test_decisions_do_not_depend_on_the_order_in_which_reports_come(
    config: PortfolioConfig, story: tuple[list[Report], ...], data: st.DataObject
) -> None:
    assert told(config, story, data, cut=True) == told(config, story, data, cut=False)


@settings(max_examples=60, deadline=None)
@given(configs, stories)
def test_what_is_decided_keeps_the_limits(config: PortfolioConfig, story: tuple[list[Report], ...]) -> None:
    barrier, portfolio = Barrier(), Portfolio(config, 0)
    for each in story:
        barrier.expect(each[0].key, 0)
        for one in each:
            barrier.add(one)
    for instant in barrier.released():
        # Without what it allows, the same instant says what stood before the entries.
        silent = Portfolio(config, 0, resume=portfolio.snapshot())
        silent.at(instant._replace(reports=[one._replace(entry=None) for one in instant.reports]))
        verdicts = portfolio.at(instant)
        allowed = [one.key for one in verdicts if isinstance(one, Allowed)]
        asked = [one.key for one in instant.reports if one.entry is not None and one.next_ms is not None]
        leaving = {one.key for one in verdicts if isinstance(one, Leave)}
        assert set(allowed) <= set(asked)
        assert sum(not isinstance(one, Leave | Tripped) for one in verdicts) == len(asked), "one answer to each"
        if portfolio.tripped is not None:
            assert not allowed
        symbols = sorted({one.symbol for one in portfolio.exposures.members.values()})
        before = {amount[:2]: amount.value for amount in amounts(config.limits, silent.exposures, symbols)}
        for amount in amounts(config.limits, portfolio.exposures, symbols):
            if amount.value > max(before[amount[:2]], 0.0) and not leaving:
                assert exceeded(amount, portfolio.exposures.equity) is None, "no entry breaks a limit"
        if config.conflict == "first" and allowed:
            sides = {
                (member.symbol, member.strategy): member.value > 0
                for key, member in portfolio.exposures.members.items()
                if key in allowed
            }
            for (symbol, strategy), side in sides.items():
                assert all(side == other for (on, who), other in sides.items() if on == symbol and who != strategy)
