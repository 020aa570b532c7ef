"""A portfolio that goes, comes back and changes: what is heard early, or of late, changes nothing that was told."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from operators.risk.follower import Told
from schemas.alert import Alert
from schemas.portfolio import PortfolioConfig, PortfolioEntry, PortfolioReset
from schemas.record import from_milliseconds, to_milliseconds
from tests.operators.risk.portfolio_world import (
    MINUTES,
    Orders,
    Story,
    entry,
    mixed,
    plain,
    reset,
    written,
)
from tests.operators.risk.reports import configuration
from tests.operators.risk.traders import MINUTE, plans, trader

SERIES = ("a BTC", "b BTC", "a ETH", "c ETH", "a SOL")
SYMBOLS = ("BTC", "ETH", "SOL")

Record = PortfolioEntry | PortfolioReset


@st.composite
def configs(draw: st.DrawFn) -> PortfolioConfig:
    return configuration(
        symbols=sorted(draw(st.sets(st.sampled_from(SYMBOLS), min_size=1))),
        strategies=draw(st.sampled_from([(), ("a",), ("a", "c")])),
        conflict=draw(st.sampled_from(["net", "first"])),
        limits=draw(st.sampled_from([{}, {"max_symbol_exposure": 0.1}])),
        kill_switch=draw(st.sampled_from([None, {"action": "flatten", "max_drawdown": 0.01}])),
    )


@st.composite
def records(draw: st.DrawFn, number: int) -> Record:
    """Of one portfolio; some name a time, in which case it is any minute."""
    command = f"c{number}"
    at = draw(st.none() | st.integers(0, MINUTES))
    effective = None if at is None else from_milliseconds(at * MINUTE)
    kind = draw(st.sampled_from(["entry", "entry", "entry", "removal", "reset", "beside"]))
    if kind == "reset":
        return reset(command).model_copy(update={"effective_from": effective})
    if kind == "beside":
        own = configuration(
            id="second", strategies=["a"], symbols=sorted(draw(st.sets(st.sampled_from(SYMBOLS), min_size=1)))
        )
        return entry(command, own, "second").model_copy(update={"effective_from": effective})
    config = None if kind == "removal" else draw(configs())
    return entry(command, config).model_copy(update={"effective_from": None if config is None else effective})


@st.composite
def worlds(draw: st.DrawFn) -> Story:
    """Up to eight records; each symbol hears of them in the order of the log, at its own minutes; some come late."""
    stories = [trader(series, draw(plans), minutes=MINUTES, always=draw(st.booleans())) for series in SERIES]
    count = draw(st.integers(1, 7))
    log: list[Record] = [entry("first", draw(configs())), *(draw(records(number)) for number in range(count))]
    places = {
        symbol: sorted(draw(st.lists(st.integers(0, MINUTES - 2), min_size=len(log), max_size=len(log))))
        for symbol in SYMBOLS
    }
    orders = [({one: places[one][at] for one in SYMBOLS}, record) for at, record in enumerate(log)]
    return Story(stories, orders, {one: draw(st.sampled_from([0, 0, 0, 3, 5, 8])) for one in SYMBOLS})


@settings(max_examples=400, deadline=None)
@given(worlds(), st.data())
def test_what_is_told_depends_on_event_time_alone(world: Story, data: st.DataObject) -> None:
    expected = written(plain(*world))
    assert written(mixed(data, *world)) == written(plain(*world, symbols=SYMBOLS[::-1])) == expected


def until(told: dict[str, list[Told]], minute: int) -> dict[str, list[Told]]:
    return {
        key: [
            one
            for one in each
            if to_milliseconds(one.event_time if isinstance(one, Alert) else one.close_time) <= minute * MINUTE
        ]
        for key, each in told.items()
    }


def put_off(orders: Orders, record: Record, minutes: Sequence[int], at: int) -> Orders:
    """One more at the end of the log, that holds from a minute on."""
    later = record.model_copy(update={"effective_from": from_milliseconds(at * MINUTE)})
    newest = {symbol: max(heard[symbol] for heard, _ in orders) for symbol in SYMBOLS}
    heard = {symbol: max(newest[symbol], minute) for symbol, minute in zip(SYMBOLS, minutes, strict=True)}
    return [*orders, (heard, later)]


@settings(max_examples=400, deadline=None)
@given(worlds(), configs(), st.lists(st.integers(0, MINUTES), min_size=3, max_size=3), st.integers(0, MINUTES))
def test_one_that_holds_from_a_time_on_changes_nothing_before_it_however_early_it_is_heard_of(
    world: Story, config: PortfolioConfig, minutes: Sequence[int], at: int
) -> None:
    later = put_off(world.orders, entry("last", config), minutes, at)
    told = plain(world.stories, later, world.first)
    assert written(until(told, at)) == written(until(plain(*world), at))
