"""What a portfolio mirrors of its strategies, and what it does not."""

from collections.abc import Iterable, Sequence
from math import inf, isclose, isfinite, nan

from operators.risk.barrier import Barrier
from operators.risk.follower import Follower, Told
from operators.risk.kill_switch import Reset
from operators.risk.report import Report
from schemas.metrics import EquityPoint
from schemas.portfolio_event import PortfolioEvent
from schemas.portfolio_metrics import PortfolioMetrics
from tests.operators.risk.reports import MINUTE, configuration
from tests.operators.risk.traders import CAPITAL, Act, by_symbol, price, trader


def followed(follower: Follower, stories: Sequence[list[Report]]) -> list[Told]:
    """All that these stories make a portfolio tell."""
    barrier = Barrier()
    symbols = by_symbol(stories)
    for symbol in symbols:
        barrier.expect(symbol, 0)
    for symbol, reports in symbols.items():
        barrier.reached(symbol, 1_000 * MINUTE, reports)
    out: list[Told] = []
    for instant in barrier.released():
        out += follower.at(instant)
    return out


def follower(**config: object) -> Follower:
    return Follower(configuration(**config), "apply", 0)


def events(told: Iterable[Told]) -> list[tuple[int, str, str | None]]:
    """By minute: what happened, and to which strategy."""
    found = [one for one in told if isinstance(one, PortfolioEvent) and one.event != "configured"]
    return [(int(one.close_time.timestamp()) // 60, one.event, one.strategy) for one in found]


def last_equity(told: Iterable[Told]) -> float:
    return [one for one in told if isinstance(one, EquityPoint)][-1].equity


def test_it_holds_what_its_strategies_hold_as_long_as_nothing_speaks_against_it() -> None:
    story = trader("a BTC", {1: Act(4.0), 3: Act(8.0), 5: Act(-4.0), 7: Act(0.0)})
    mine = follower()
    told = followed(mine, [story])
    assert events(told) == [(2, "followed", "a"), (4, "followed", "a"), (6, "followed", "a"), (8, "followed", "a")]
    assert last_equity(told) == story[-1].equity != CAPITAL


def test_an_entry_that_is_refused_is_not_mirrored_nor_what_is_added_nor_the_exit() -> None:
    story = trader("a BTC", {1: Act(32.0), 3: Act(40.0), 5: Act(20.0), 6: Act(0.0)})
    told = followed(follower(limits={"max_gross_exposure": 0.25}), [story])
    assert events(told) == [(1, "refused", "a")]
    assert last_equity(told) == CAPITAL


def test_after_a_refusal_the_next_entry_is_asked_about_anew() -> None:
    story = trader("a BTC", {1: Act(32.0), 3: Act(0.0), 4: Act(4.0)})
    mine = follower(limits={"max_gross_exposure": 0.25})
    assert events(followed(mine, [story])) == [(1, "refused", "a"), (5, "followed", "a")]
    assert mine.mirrors["a|BTC|1m"].account.quantity == 4.0


def test_of_an_addition_that_is_refused_the_exit_takes_its_share() -> None:
    story = trader("a BTC", {1: Act(8.0), 3: Act(32.0), 5: Act(8.0), 7: Act(0.0)})
    mine = follower(limits={"max_gross_exposure": 0.25})
    told = followed(mine, [story[:7]])
    assert events(told) == [(2, "followed", "a"), (3, "refused", "a"), (6, "followed", "a")]
    assert mine.mirrors["a|BTC|1m"].account.quantity == 2.0, "a quarter of 8, as the strategy keeps 8 of 32"
    followed(mine, [story[7:]])
    assert mine.mirrors["a|BTC|1m"].account.quantity == 0.0


def test_what_was_not_told_as_it_was_decided_is_asked_about_where_it_was_filled() -> None:
    story = trader("a BTC", {1: Act(4.0, says=False), 4: Act(64.0, says=False)})
    mine = follower(limits={"max_gross_exposure": 0.25})
    assert events(followed(mine, [story])) == [(2, "followed", "a"), (5, "refused", "a")]
    assert mine.mirrors["a|BTC|1m"].account.quantity == 4.0


def test_an_order_at_a_close_is_asked_about_before_it_counts() -> None:
    story = trader("a BTC", {2: Act(4.0, at_close=True), 4: Act(-64.0, at_close=True)})
    mine = follower(limits={"max_gross_exposure": 0.25})
    told = followed(mine, [story])
    assert events(told) == [(2, "followed", "a"), (4, "refused", "a"), (4, "followed", "a")]
    assert mine.mirrors["a|BTC|1m"].account.quantity == 0.0, "it left with the strategy, and did not turn with it"


def test_a_kill_switch_leaves_everything_and_a_reset_lets_it_follow_again() -> None:
    btc = trader("a BTC", {1: Act(32.0), 6: Act(0.0), 7: Act(4.0)}, minutes=10)
    eth = trader("b ETH", {1: Act(-4.0), 5: Act(0.0), 6: Act(8.0)}, minutes=10)
    mine = follower(kill_switch={"action": "flatten", "max_drawdown": 0.01})
    mine.reset(Reset("lift", 6 * MINUTE))
    told = followed(mine, [btc, eth])
    assert price("BTC", 1) - price("BTC", 2) == 0.625, "32 units lose 20 of 2,000"
    assert events(told)[:4] == [(2, "tripped", None), (2, "leaving", "a"), (2, "leaving", "b"), (2, "followed", "a")]
    assert events(told)[4:] == [
        (2, "followed", "b"),
        (6, "refused", "b"),
        (7, "reset", None),
        (8, "followed", "a"),
    ]
    assert mine.mirrors["b|ETH|1m"].account.quantity == 0.0
    states = [one.kill_switch for one in told if isinstance(one, PortfolioMetrics)]
    assert states == ["armed", "tripped", "tripped", "armed", "armed"]


def test_what_has_no_close_at_the_instant_is_left_at_its_next_one() -> None:
    btc = trader("a BTC", {1: Act(32.0)})
    slow = [one for one in trader("b ETH", {1: Act(4.0)}) if one.at_ms <= MINUTE or one.at_ms > 4 * MINUTE]
    late_fill = trader("b ETH", {1: Act(4.0)})[2].fills
    slow[2] = slow[2]._replace(fills=late_fill)
    mine = follower(kill_switch={"action": "flatten", "max_drawdown": 0.01})
    told = followed(mine, [btc, slow])
    assert (2, "leaving", "b") in events(told)
    assert not mine.mirrors["b|ETH|1m"].account.quantity
    assert (5, "followed", "b") not in events(told), "what waited as the switch tripped is not mirrored"


def test_a_position_is_left_at_the_close_with_the_rate_of_fees_that_was_paid_last() -> None:
    btc = trader("a BTC", {1: Act(32.0)})
    told = followed(follower(kill_switch={"action": "flatten", "max_drawdown": 0.01}), [btc])
    ((entered, left),) = [one.fills for one in told if isinstance(one, PortfolioEvent) and one.fills]
    rate = entered.fee / (entered.quantity * entered.price)
    assert (left.side, left.quantity, left.price) == ("sell", 32.0, price("BTC", 2))
    assert isclose(left.fee, rate * 32.0 * price("BTC", 2))
    assert left.reason == "portfolio.left"


def test_who_ranks_before_another_makes_it_leave() -> None:
    weak = trader("b BTC", {1: Act(8.0)})
    strong = trader("a BTC", {3: Act(-8.0)})
    mine = follower(conflict="priority", priorities=["a", "b"])
    told = followed(mine, [weak, strong])
    assert events(told) == [(2, "followed", "b"), (3, "leaving", "b"), (3, "followed", "b"), (4, "followed", "a")]
    assert [one.account.quantity for _, one in sorted(mine.mirrors.items())] == [-8.0, 0.0]


def test_who_comes_first_keeps_the_symbol() -> None:
    told = followed(follower(conflict="first"), [trader("b BTC", {1: Act(8.0)}), trader("a BTC", {3: Act(-8.0)})])
    assert events(told) == [(2, "followed", "b"), (3, "refused", "a")]


def test_who_joins_in_a_position_is_followed_from_its_next_entry_on() -> None:
    story = trader("a BTC", {1: Act(8.0), 4: Act(0.0), 5: Act(4.0)})
    told = followed(follower(), [story[3:]])
    assert events(told) == [(6, "followed", "a")]


def test_only_members_are_followed_and_who_is_none_any_more_leaves() -> None:
    a, b = trader("a BTC", {1: Act(8.0)}), trader("b BTC", {1: Act(4.0)})
    mine = follower(strategies=["a"])
    followed(mine, [a[:4], b[:4]])
    assert sorted(mine.mirrors) == ["a|BTC|1m"]
    mine.configured(configuration(strategies=["b"]), "other")
    told = followed(mine, [a[4:], b[4:]])
    assert events(told) == [(4, "followed", "a")]
    assert sorted(mine.mirrors) == ["b|BTC|1m"]
    assert last_equity(told) == CAPITAL


def test_money_that_comes_and_goes_is_neither_gain_nor_loss() -> None:
    a = trader("a BTC", {1: Act(8.0), 3: Act(0.0)}, minutes=6, ends=True)
    b = [one._replace(at_ms=one.at_ms + 3 * MINUTE) for one in trader("b ETH", {}, minutes=5, ends=True)]
    told = followed(follower(), [a, b])
    points = [one for one in told if isinstance(one, EquityPoint)]
    assert points[-1].equity == 0.0
    joined = next(one for one in points if one.equity > 1.5 * CAPITAL)
    before = points[points.index(joined) - 1]
    assert isclose(joined.drawdown, before.drawdown) or joined.close_time > before.close_time
    assert max(one.drawdown for one in points) < 0.05


def test_figures_are_of_full_hours_and_the_one_that_runs() -> None:
    story = trader("a BTC", {1: Act(8.0), 4: Act(0.0)})
    hours = [
        one._replace(at_ms=one.at_ms * 60, fills=tuple(fill._replace(time=fill.time * 60) for fill in one.fills))
        for one in story
    ]
    told = followed(follower(), [hours])
    metrics = [one for one in told if isinstance(one, PortfolioMetrics)][-1]
    assert metrics.performance is not None
    assert metrics.performance.bars == 6, "the start, the hours that have ended before 5:00, and the one that runs"
    assert metrics.performance.exposed_bars == 4, "from 1:00 on; it is told of at 2:00, and left at 5:00"
    assert isclose(metrics.performance.equity, metrics.equity), "nobody has come or gone"
    assert isclose(metrics.performance.total_return, metrics.equity / CAPITAL - 1)
    assert metrics.trades.trades == 1


def test_an_account_that_begins_anew_at_the_close_at_which_it_ended_is_another_one() -> None:
    first = trader("a BTC", {1: Act(32.0)}, minutes=2, ends=True)
    again = [one._replace(at_ms=one.at_ms + 2 * MINUTE, next_ms=3 * MINUTE) for one in trader("a BTC", {}, minutes=0)]
    mine = follower(kill_switch={"action": "freeze", "max_drawdown": 0.5})
    told = followed(mine, [[*first, *again]])
    assert first[-1].at_ms == again[0].at_ms
    assert first[-1].equity < CAPITAL
    assert last_equity(told) == CAPITAL == mine.mirrors["a|BTC|1m"].account.equity
    point = [one for one in told if isinstance(one, EquityPoint)][-1]
    lost = CAPITAL - first[-1].equity
    assert isclose(mine.portfolio.drawdown, lost / CAPITAL), "the money that came is no gain"
    assert isclose(point.drawdown, lost / (2 * CAPITAL)), "of what was there and what came"
    metrics = [one for one in told if isinstance(one, PortfolioMetrics)][-1]
    assert (metrics.members, metrics.trades.trades, metrics.cash) == (1, 1, CAPITAL)


def test_who_reports_what_no_account_can_have_is_left_out_and_joins_again_later() -> None:
    story = trader("a BTC", {1: Act(8.0)}, always=True)
    for number in (inf, nan, 1e306):
        wild = [one._replace(equity=number) if one.at_ms in {4 * MINUTE, 5 * MINUTE} else one for one in story]
        mine = follower()
        told = followed(mine, [wild, trader("b ETH", {}, always=True)])
        assert events(told) == [(2, "followed", "a"), (4, "refused", "a"), (4, "followed", "a")], "said once"
        assert last_equity(told) == 2 * CAPITAL
        refused = [one.limit for one in told if isinstance(one, PortfolioEvent) and one.event == "refused"]
        assert [one.limit for one in refused if one is not None] == ["absurd"]


def test_no_number_that_a_portfolio_takes_is_too_large_for_its_figures() -> None:
    story = trader("a BTC", {1: Act(8.0)}, minutes=4, always=True)
    for large in (1e60, 1e98, 1e120, 1e200, 1e307):
        hours = [
            one._replace(
                at_ms=one.at_ms * 60,
                price=one.price * (large if one.at_ms == 3 * MINUTE else 1.0),
                fills=tuple(fill._replace(time=fill.time * 60) for fill in one.fills),
            )
            for one in story
        ]
        told = followed(follower(), [hours])
        assert isfinite(last_equity(told))


def test_a_fill_that_no_account_can_have_made_is_not_mirrored() -> None:
    story = trader("a BTC", {1: Act(8.0)}, minutes=4, always=True)
    (fill,) = story[2].fills
    faults = (
        fill._replace(price=inf),
        fill._replace(quantity=0.0),
        fill._replace(fee=nan),
        fill._replace(price=1e-200, quantity=1e-200),
    )
    for fault in faults:
        wild = [one._replace(fills=(fault,)) if one.fills else one for one in story]
        assert events(followed(follower(), [wild])) == [(2, "refused", "a")]
