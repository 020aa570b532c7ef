"""From the market's rolls to a portfolio: in whatever order, however items are cut, wherever it is restored."""

from collections.abc import Iterable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from operators.events import Beat, Heard, PortfolioRoll, Worked
from operators.market.portfolio_rolls import read
from operators.risk.follower import Told
from schemas.portfolio import PortfolioConfig, PortfolioEntry, PortfolioReset
from schemas.portfolio_event import PortfolioEvent
from schemas.portfolio_metrics import PortfolioMetrics
from schemas.record import from_milliseconds
from tests.operators.risk.portfolio_world import (
    MINUTES,
    Orders,
    Story,
    World,
    entry,
    market,
    mixed,
    plain,
    reset,
    written,
)
from tests.operators.risk.reports import configuration
from tests.operators.risk.traders import CAPITAL, MINUTE, Act, plans, trader

SERIES = ("a BTC", "b BTC", "a ETH", "c ETH")
SYMBOLS = ("BTC", "ETH")


def config(**more: object) -> PortfolioConfig:
    return configuration(symbols=list(SYMBOLS), **more)


@st.composite
def worlds(draw: st.DrawFn) -> Story:
    stories = [trader(series, draw(plans), minutes=MINUTES, always=True) for series in SERIES]
    switch = {"action": draw(st.sampled_from(["freeze", "flatten"])), "max_drawdown": 0.01}
    second: list[PortfolioEntry | PortfolioReset] = [
        reset("lift"),
        entry("other", configuration(strategies=["a"], symbols=["BTC"])),
    ]
    third = [
        entry("later", config(strategies=["a", "c"], conflict="first")),
        entry("beside", configuration(id="second", strategies=["a"], symbols=list(SYMBOLS)), "second"),
        entry("gone", None),
    ]
    log = [
        entry("first", config(kill_switch=switch, limits={"max_symbol_exposure": 0.1})),
        draw(st.sampled_from(second)),
        draw(st.sampled_from(third)),
    ]
    places = {symbol: sorted(draw(st.lists(st.integers(0, 8), min_size=3, max_size=3))) for symbol in SYMBOLS}
    return Story(stories, [({one: places[one][at] for one in SYMBOLS}, record) for at, record in enumerate(log)])


@settings(max_examples=150, deadline=None)
@given(worlds(), st.data())
def test_what_a_portfolio_tells_depends_on_event_time_alone(world: Story, data: st.DataObject) -> None:
    assert written(mixed(data, *world)) == written(plain(*world)) == written(plain(*world, symbols=("ETH", "BTC")))


def happenings(told: Iterable[Told]) -> list[tuple[int, str, str | None]]:
    found = [one for one in told if isinstance(one, PortfolioEvent)]
    return [(int(one.close_time.timestamp()) // 60, one.event, one.strategy) for one in found]


def test_it_takes_effect_at_the_first_close_after_all_of_its_symbols_have_heard_of_it() -> None:
    stories = [trader("a BTC", {1: Act(4.0), 5: Act(0.0), 7: Act(8.0)}, minutes=MINUTES, always=True)]
    told = plain(stories, [({"BTC": 0, "ETH": 6}, entry("first", config()))])["portfolio:main"]
    assert happenings(told) == [(7, "configured", None), (8, "followed", "a")]
    metrics = [one for one in told if isinstance(one, PortfolioMetrics)]
    assert metrics[0].equity == CAPITAL, "who stood there as it began is a member"
    assert metrics[0].members == 1


def test_an_effective_time_puts_it_off() -> None:
    stories = [trader("a BTC", {1: Act(4.0), 9: Act(8.0)}, minutes=MINUTES, always=True)]
    later = entry("first", config()).model_copy(update={"effective_from": from_milliseconds(8 * MINUTE)})
    told = plain(stories, [({"BTC": 0, "ETH": 0}, later)])["portfolio:main"]
    assert happenings(told)[0] == (9, "configured", None)


def test_a_reset_lifts_the_switch_once_all_have_heard_of_it() -> None:
    stories = [trader("a BTC", {1: Act(32.0), 6: Act(0.0), 9: Act(4.0)}, minutes=MINUTES, always=True)]
    switch = config(kill_switch={"action": "flatten", "max_drawdown": 0.01})
    both = {"BTC": 0, "ETH": 0}
    told = plain(stories, [(both, entry("first", switch)), ({"BTC": 7, "ETH": 8}, reset("lift"))])["portfolio:main"]
    assert happenings(told)[1:] == [
        (2, "tripped", None),
        (2, "leaving", "a"),
        (2, "followed", "a"),
        (9, "reset", None),
        (10, "followed", "a"),
    ]


def test_a_symbol_that_a_new_configuration_leaves_out_leaves_with_its_positions() -> None:
    stories = [
        trader("a BTC", {1: Act(4.0)}, minutes=MINUTES, always=True),
        trader("c ETH", {1: Act(4.0)}, minutes=MINUTES, always=True),
    ]
    both = {"BTC": 0, "ETH": 0}
    narrower = entry("narrower", configuration(symbols=["BTC"]))
    told = plain(stories, [(both, entry("first", config())), ({"BTC": 5, "ETH": 5}, narrower)])["portfolio:main"]
    assert happenings(told)[3:] == [(6, "configured", None), (6, "followed", "c")]
    assert [one.members for one in told if isinstance(one, PortfolioMetrics)][-1] == 1


def test_who_is_named_by_another_portfolio_leaves_the_one_that_names_nobody() -> None:
    stories = [trader(series, {1: Act(4.0)}, minutes=MINUTES, always=True) for series in ("a BTC", "b BTC")]
    both = {"BTC": 0, "ETH": 0}
    second = entry("beside", configuration(id="second", strategies=["a"], symbols=["BTC"]), "second")
    told = plain(stories, [(both, entry("first", config())), ({"BTC": 5, "ETH": 5}, second)])
    assert happenings(told["portfolio:main"])[3:] == [(6, "followed", "a")], "it is left at that close"
    assert [one.members for one in told["portfolio:second"] if isinstance(one, PortfolioMetrics)] == [1]


def test_one_that_is_removed_says_so_and_nothing_more() -> None:
    stories = [trader("a BTC", {1: Act(4.0)}, minutes=MINUTES, always=True)]
    both = {"BTC": 0, "ETH": 0}
    told = plain(stories, [(both, entry("first", config())), ({"BTC": 5, "ETH": 6}, entry("gone", None))])
    assert happenings(told["portfolio:main"])[-1] == (6, "removed", None)


def test_a_symbol_on_which_nothing_runs_is_not_waited_for_in_vain() -> None:
    stories = [trader("a BTC", {1: Act(4.0)}, minutes=MINUTES, always=True)]
    told = plain(stories, [({"BTC": 0, "ETH": 0}, entry("first", config()))])["portfolio:main"]
    assert happenings(told)[-1] == (2, "followed", "a")


def test_one_that_has_fallen_silent_is_waited_for_as_long_as_patience_lasts() -> None:
    stories = [trader("a BTC", {1: Act(4.0)}, minutes=MINUTES, always=True)]
    impatient = configuration(symbols=list(SYMBOLS), patience_seconds=180)
    world = World()
    for symbol, ends in (("ETH", range(3)), ("BTC", range(MINUTES + 1))):
        for roll in market(symbol, stories, [({"BTC": 0, "ETH": 0}, entry("first", impatient))], ends):
            for item in roll:
                world.take(item)
    metrics = [one for one in world.told["portfolio:main"] if isinstance(one, PortfolioMetrics)]
    points = [one for one in world.told["portfolio:main"] if not isinstance(one, PortfolioEvent | PortfolioMetrics)]
    assert metrics[-1].positions == 1
    assert len(points) == MINUTES, "from 1 on; ETH spoke last at 2"


def test_a_symbol_that_is_left_out_later_is_followed_until_then() -> None:
    plan = {1: Act(8.0), 6: Act(0.0)}
    stories = [trader(one, plan if one == "a BTC" else {}, minutes=MINUTES, always=True) for one in ("a BTC", "c ETH")]
    second = entry("second", configuration(symbols=["ETH"]))
    later = second.model_copy(update={"effective_from": from_milliseconds(8 * MINUTE)})
    orders: Orders = [({"BTC": 0, "ETH": 0}, entry("first", config())), ({"BTC": 3, "ETH": 3}, later)]
    told = plain(stories, orders)["portfolio:main"]
    assert happenings(told) == [
        (1, "configured", None),
        (2, "followed", "a"),
        (7, "followed", "a"),
        (9, "configured", None),
    ]
    assert [one.members for one in told if isinstance(one, PortfolioMetrics)][-1] == 1


def test_resets_of_one_time_are_in_the_order_of_the_log_after_a_restore_too() -> None:
    world = World()
    orders: Orders = [
        ({"BTC": 0, "ETH": 0}, entry("first", config())),
        ({"BTC": 3, "ETH": 3}, reset("zz")),
        ({"BTC": 3, "ETH": 3}, reset("aa")),
    ]
    rolls = [item for symbol in SYMBOLS for roll in market(symbol, [], orders, [0, 3]) for item in roll]
    done: list[list[str]] = []
    for item in rolls:
        world.take(item)
        world.restart()
        kept: Any = world.portfolios["portfolio:main"].snapshot()
        done.append([read(one).record.command for one, *_ in kept["commands"]["waiting"]])
    assert ["first", "zz", "aa"] in done


def test_a_slash_in_the_name_of_a_symbol_does_not_count() -> None:
    stories = [trader("a BTC", {1: Act(8.0)}, minutes=MINUTES, always=True)]
    slashed = configuration(symbols=["B/TC", "ETH"])
    world = World()
    for symbol in SYMBOLS:
        heard = Heard(entry("first", slashed), 0, ("B/TC", "ETH"))
        mine = [one for story in stories for one in story if one.symbol == symbol]
        items = 1 if mine else 0
        roll = PortfolioRoll(1, MINUTES * MINUTE, items, (heard,))
        reports = tuple(one for one in mine if one.at_ms)
        worked = Worked("a", 1, symbol, "1m", None, None, (), portfolio_roll=roll, reports=reports)
        world.take(worked if mine else Beat(symbol, roll))
        world.restart()
    assert happenings(world.told["portfolio:main"]) == [(1, "configured", None), (2, "followed", "a")]


def test_what_is_put_off_however_often_leaves_in_force_what_is() -> None:
    stories = [trader(one, {1: Act(4.0)}, minutes=MINUTES, always=True) for one in ("a BTC", "b BTC")]
    named = entry("named", configuration(id="second", symbols=["BTC"], strategies=["a"]), "second")
    later = [
        named.model_copy(update={"command": f"later-{one}", "effective_from": from_milliseconds(9 * MINUTE + one)})
        for one in range(12)
    ]
    orders: Orders = [({"BTC": 0}, one) for one in (entry("all", configuration(symbols=["BTC"])), named, *later)]
    told = plain(stories, orders)
    metrics = [one for one in told["portfolio:main"] if isinstance(one, PortfolioMetrics)]
    assert {one.members for one in metrics} == {1}, "the other one is of the second portfolio all the time"
    world = World()
    for item in [one for roll in market("BTC", stories, orders, [MINUTES]) for one in roll]:
        world.take(item)
    assert written(world.told) == written(told)
