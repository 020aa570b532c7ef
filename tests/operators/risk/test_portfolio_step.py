"""From the market's rolls to a portfolio: in whatever order, however items are cut, wherever it is restored."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from operators.events import Beat, Heard, PortfolioRoll, Worked
from operators.market.portfolio_rolls import read
from operators.risk.follower import Told
from operators.risk.gathering import Gathered, GatherStep
from operators.risk.portfolio_step import PortfolioStep
from operators.risk.report import Report
from schemas.portfolio import PortfolioConfig, PortfolioEntry, PortfolioReset
from schemas.portfolio_event import PortfolioEvent
from schemas.portfolio_metrics import PortfolioMetrics
from schemas.record import from_milliseconds
from tests.operators.risk.reports import configuration
from tests.operators.risk.traders import CAPITAL, MINUTE, Act, plans, trader

MINUTES = 12
SERIES = ("a BTC", "b BTC", "a ETH", "c ETH")
SYMBOLS = ("BTC", "ETH")

Item = Worked | Beat
Orders = Sequence[tuple[Mapping[str, int], PortfolioEntry | PortfolioReset]]
"""By symbol the minute after whose close it hears of them, in the order of the log."""


def entry(command: str, config: PortfolioConfig | None, portfolio: str = "main") -> PortfolioEntry:
    return PortfolioEntry(portfolio=portfolio, config=config, command=command)


def reset(command: str) -> PortfolioReset:
    return PortfolioReset(portfolio="main", command=command)


def links(orders: Orders, record: PortfolioEntry | PortfolioReset) -> tuple[tuple[str, ...], str | None]:
    """The symbols that a record concerns, and the command of the entry before it: as the control log has them."""
    symbols: set[str] = set()
    after: str | None = None
    for _, one in orders:
        if one.portfolio == record.portfolio and isinstance(one, PortfolioEntry):
            own = set() if one.config is None else set(one.config.symbols)
            if one is record:
                return tuple(sorted(symbols | own)), after
            symbols, after = own or symbols, one.command
        elif one is record:
            break
    return tuple(sorted(symbols)), after


def market(symbol: str, stories: Sequence[list[Report]], orders: Orders, ends: Iterable[int]) -> list[list[Item]]:
    """What comes of a symbol, roll by roll: one ends at each of these minutes."""
    rolls: list[list[Item]] = []
    before = -1
    log = [(minutes[symbol], Heard(record, None, *links(orders, record))) for minutes, record in orders]
    left = [one for one in log if symbol in one[1].concerned]
    begins = min((minute for minute, _ in left), default=MINUTES + 1)
    for end in ends:
        if end < begins:
            before = end
            continue
        heard = tuple(one._replace(from_ms=minute * MINUTE) for minute, one in left if minute <= end)
        left = [one for one in left if one[0] > end]
        mine = [story for story in stories if story[0].symbol == symbol]
        roll = PortfolioRoll(len(rolls) + 1, end * MINUTE, len(mine), heard)
        items: list[Item] = [
            Worked(
                story[0].strategy,
                1,
                symbol,
                "1m",
                None,
                None,
                (),
                portfolio_roll=roll,
                reports=tuple(one for one in story if before * MINUTE < one.at_ms <= end * MINUTE),
            )
            for story in mine
        ]
        rolls.append(items or [Beat(symbol, roll)])
        before = end
    return rolls


class World:
    """Gather steps by symbol and portfolio steps by key, each restored whenever somebody says so."""

    def __init__(self) -> None:
        self.gathering: dict[str, GatherStep] = defaultdict(GatherStep)
        self.portfolios: dict[str, PortfolioStep] = defaultdict(PortfolioStep)
        self.told: dict[str, list[Told]] = defaultdict(list)

    def take(self, item: Item) -> None:
        for key, gathered in self.gathering[item.symbol].on_batch([item]):
            self.hand_on(key, gathered)

    def hand_on(self, key: str, gathered: Gathered) -> None:
        self.told[key] += self.portfolios[key].on_batch([gathered])

    def restart(self) -> None:
        for symbol, gathering in self.gathering.items():
            kept: dict[str, Any] = json.loads(json.dumps(gathering.snapshot()))
            self.gathering[symbol] = GatherStep(kept)
            assert self.gathering[symbol].snapshot() == kept
        for key, portfolio in self.portfolios.items():
            kept = json.loads(json.dumps(portfolio.snapshot()))
            self.portfolios[key] = PortfolioStep(kept)
            assert self.portfolios[key].snapshot() == kept


def plain(stories: Sequence[list[Report]], orders: Orders, symbols: Iterable[str] = SYMBOLS) -> dict[str, list[Told]]:
    """Symbol by symbol, roll by roll, each of one minute."""
    world = World()
    for symbol in symbols:
        for roll in market(symbol, stories, orders, range(MINUTES + 1)):
            for item in roll:
                world.take(item)
    return dict(world.told)


def mixed(stories: Sequence[list[Report]], orders: Orders, data: st.DataObject) -> dict[str, list[Told]]:
    """Cut and interleaved at will, in order within each series; restored in between."""
    world = World()
    queues: dict[str, list[Item]] = defaultdict(list)
    for symbol in SYMBOLS:
        ends = sorted({*data.draw(st.sets(st.integers(0, MINUTES - 1))), MINUTES})
        for roll in market(symbol, stories, orders, ends):
            for item in roll:
                queues[f"{item.strategy if isinstance(item, Worked) else ''}|{symbol}"].append(item)
    while queues:
        key = data.draw(st.sampled_from(sorted(queues)))
        world.take(queues[key].pop(0))
        if not queues[key]:
            del queues[key]
        if data.draw(st.booleans()):
            world.restart()
    return dict(world.told)


class Story(NamedTuple):
    stories: list[list[Report]]
    orders: Orders


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


def written(told: Mapping[str, list[Told]]) -> dict[str, list[str]]:
    return {key: [one.model_dump_json() for one in each] for key, each in sorted(told.items()) if each}


@settings(max_examples=150, deadline=None)
@given(worlds(), st.data())
def test_what_a_portfolio_tells_depends_on_event_time_alone(world: Story, data: st.DataObject) -> None:
    assert written(mixed(*world, data)) == written(plain(*world)) == written(plain(*world, symbols=("ETH", "BTC")))


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
        done.append([read(one).record.command for one, _ in kept["commands"]])
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
