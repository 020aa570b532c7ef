"""State of the steps behind portfolios: what versions before wrote is gone on from, what nobody knows is refused."""

import json
from typing import Any

import pytest

from operators.risk import follower
from operators.risk.follower import Told
from operators.risk.gathering import GatherStep
from operators.risk.portfolio_step import PortfolioStep
from operators.risk.report import Report
from operators.snapshot import SnapshotRefused
from schemas.record import from_milliseconds
from tests.operators.risk.portfolio_world import MINUTES, Orders, World, entry, market, plain, reset, written
from tests.operators.risk.reports import configuration
from tests.operators.risk.traders import MINUTE, Act, trader

SYMBOLS = ("BTC", "ETH")


@pytest.mark.parametrize(
    ("step", "what", "newest"),
    [(GatherStep, "gathered reports", 1), (PortfolioStep, "portfolio step", 2)],
    ids=["gather", "portfolio"],
)
@pytest.mark.parametrize("number", [0, 3, None])
def test_another_version_is_refused(
    step: type[GatherStep | PortfolioStep], what: str, newest: int, number: int | None
) -> None:
    state = step().snapshot()
    assert state["schema_version"] == newest
    assert step(state).snapshot() == state
    with pytest.raises(SnapshotRefused, match=rf"^{what}: schema version {number}, expected {newest}$"):
        step({**state, "schema_version": number})


def test_a_follower_of_another_version_is_refused() -> None:
    with pytest.raises(SnapshotRefused, match=r"^follower: schema version 7, expected 2$"):
        follower.migrated({"schema_version": 7}, configuration(symbols=["BTC"]))


def test_the_form_of_a_version_stays_as_it_is() -> None:
    """A change of it needs another version, and a way there from this one."""
    assert set(GatherStep().snapshot()) == {"schema_version", "symbol", "next", "pending", "claims"}
    assert set(PortfolioStep().snapshot()) == {
        "schema_version",
        "barrier",
        "entry",
        "follower",
        "commands",
        "standing",
        "since",
        "left",
        "ended",
    }


def as_version_1(snapshot: object) -> dict[str, Any]:
    """What the release before would have written; one of its symbols has a slash."""
    state: dict[str, Any] = json.loads(json.dumps(snapshot))
    commands, promises, following = state.pop("commands"), state["barrier"]["promises"], state["follower"]
    del state["since"], state["left"], state["ended"]
    if "BTC" in promises:
        promises["B/TC"] = promises.pop("BTC")
    if following is not None:
        following["look_for_strangers"] = bool(following.pop("strangers"))
        del following["has_begun"]
        following["schema_version"] = 1
    waiting = [[kept, heard] for kept, heard, _ in commands["waiting"]]
    return {**state, "schema_version": 1, "commands": waiting, "done": commands["done"]}


def through_version_1(stories: list[list[Report]], orders: Orders) -> dict[str, list[Told]]:
    """Minute by minute, the state of each portfolio written and read as the release before did in between."""
    rolls = {symbol: market(symbol, stories, orders, range(MINUTES + 1)) for symbol in SYMBOLS}
    world = World()
    for minute in range(MINUTES + 1):
        for item in [one for each in rolls.values() for roll in each for one in roll]:
            if item.portfolio_roll is not None and item.portfolio_roll.until == minute * MINUTE:
                world.take(item)
        for key, step in list(world.portfolios.items()):
            world.portfolios[key] = PortfolioStep(as_version_1(step.snapshot()))
    return dict(world.told)


def test_what_version_1_wrote_is_gone_on_from() -> None:
    stories = [
        trader("a BTC", {1: Act(4.0), 7: Act(-8.0)}, minutes=MINUTES, always=True),
        trader("c ETH", {2: Act(4.0)}, minutes=MINUTES, always=True),
    ]
    orders: Orders = [
        (dict.fromkeys(SYMBOLS, minute), record)
        for minute, record in (
            (0, entry("first", configuration(symbols=list(SYMBOLS)))),
            (3, reset("lift")),
            (5, entry("narrower", configuration(symbols=["BTC"]))),
            (9, entry("gone", None)),
        )
    ]
    assert written(through_version_1(stories, orders)) == written(plain(stories, orders))


def test_who_had_left_in_what_version_1_wrote_is_known() -> None:
    stories = [
        trader("a BTC", {1: Act(4.0), 4: Act(-8.0)}, minutes=MINUTES, always=True),
        trader("c ETH", {2: Act(4.0)}, minutes=MINUTES, always=True),
    ]
    both = configuration(symbols=list(SYMBOLS))
    again = entry("again", both).model_copy(update={"effective_from": from_milliseconds(9 * MINUTE)})
    orders: Orders = [
        ({"BTC": 0, "ETH": 0}, entry("first", both)),
        ({"BTC": 3, "ETH": 6}, entry("gone", None)),
        ({"BTC": 3, "ETH": 6}, again),
    ]
    assert written(through_version_1(stories, orders)) == written(plain(stories, orders))
