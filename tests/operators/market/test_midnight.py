"""Midnight from Sunday to Monday, UTC, when 1m, 5m, 1h, 4h, 1d and 1w close at once, in whatever order they come."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import permutations

import pytest

from operators.events import Command, Frames, Listing, Rolled, Transition
from operators.lift import Snapshot
from operators.market.parameters import Parameters
from operators.market.step import MarketStep
from operators.strategy.catalog import Catalog
from operators.tally import Tally
from schemas.candle_row import CandleRow
from schemas.dead_letter import Reason
from schemas.watchlist import AssetConfig
from tests.operators.plain_engine import Event, Feed, batched, command, desired, expression, listing, row

LADDER = ("5m", "1h", "4h", "1d", "1w")
PARAMETERS = Parameters(history_bars=160, timeframes=LADDER)
MINUTES = {"5m": 5, "1h": 60, "4h": 240, "1d": 1_440, "1w": 10_080}
MIDNIGHT = 4 * 1_440
"""Minutes from the start of the tests' calendar, a Thursday, to the Monday after it."""
FIRST = MIDNIGHT - 7 * 1_440

READER = expression("reader", " AND ".join(f"close@{timeframe} > 0" for timeframe in LADDER), "close < 0")
LATE = expression("late", " AND ".join(f"high@{timeframe} > 0" for timeframe in LADDER), "close < 0")
EVERYWHERE = expression("everywhere", "sma_2 > 0 OR close@1w > 0", "close < 0")
EVERYWHERE = EVERYWHERE.model_copy(
    update={"config": EVERYWHERE.config.model_copy(update={"timeframes": ("1m", *LADDER)})}
)
VERSIONS = READER, LATE, EVERYWHERE
COME_LATE = command(LATE, desired(LATE, after=MIDNIGHT))
"""A command that takes effect with the first minute of Monday, wherever before it it comes."""


def minute(number: int) -> CandleRow:
    return row(number, close=100.0 + number * 7 % 101, volume=1.0)


WEEK = [minute(number) for number in range(FIRST, MIDNIGHT)]
AFTERWARDS = [minute(number) for number in range(MIDNIGHT, MIDNIGHT + 7)]


def closing(timeframe: str) -> CandleRow:
    """The candle of the exchange that closes at midnight."""
    some = WEEK[-MINUTES[timeframe] :]
    prices = some[0][3], max(one[4] for one in some), min(one[5] for one in some), some[-1][6]
    return "BTCUSDT", timeframe, some[0][2], *prices, 1.0, True


AT_MIDNIGHT: tuple[Feed, ...] = (WEEK[-1], *map(closing, LADDER))
Story = dict[str, list[object]]
"""What each key was told, bar by bar."""


def catalog() -> Catalog:
    found = Catalog()
    for version in VERSIONS:
        found.add(version)
    return found


def told(step: MarketStep, batches: Sequence[Sequence[Event]]) -> Story:
    """What comes out by key, whatever the batches; records under their type."""
    story: Story = defaultdict(list)
    for events in batches:
        for item in step.on_batch(events):
            if not isinstance(item, tuple):
                story[type(item).__name__].append(item)
                continue
            frames = item[1].event if isinstance(item[1], Rolled) else item[1]
            if isinstance(frames, Frames):
                for number in range(len(frames.open_times)):
                    values = {
                        name: (repr(column[number]), repr(column[number + 1]))
                        for name, column in frames.columns.items()
                    }
                    lacks = number in frames.partial
                    story[item[0]].append((frames.open_times[number], frames.close_ms(number), values, lacks))
            else:
                story[item[0]].append(frames)
    return story


@pytest.fixture(scope="module")
def sunday() -> Snapshot:
    """The state of a symbol a minute before midnight, after a whole week."""
    step = MarketStep(catalog(), Tally(), PARAMETERS)
    step.on_batch([command(READER, desired(READER)), command(EVERYWHERE, desired(EVERYWHERE))])
    for some in batched(WEEK[:-1], [500]):
        step.on_batch(some)
    return step.snapshot()


@pytest.fixture(scope="module")
def plain(sunday: Snapshot) -> Story:
    """What comes of the base timeframe alone."""
    step = MarketStep(catalog(), Tally(), PARAMETERS, sunday)
    return told(step, batched([COME_LATE, WEEK[-1], *AFTERWARDS], [1]))


def test_a_minute_sees_every_bar_that_closed_with_it(plain: Story) -> None:
    story = plain["reader|BTCUSDT|1m"]
    last_minute = story[0]
    assert isinstance(last_minute, tuple)
    close = WEEK[-1][6]
    for timeframe in LADDER:
        before, now = last_minute[2][f"close@{timeframe}.price"]
        assert now == repr(close), timeframe
        earlier = WEEK[-1 - MINUTES[timeframe]][6] if timeframe != "1w" else float("nan")
        assert before == repr(earlier), timeframe


def test_every_timeframe_closes_whole_at_midnight_and_sees_the_others(plain: Story) -> None:
    for timeframe in ("1m", *LADDER):
        bar = plain[f"everywhere|BTCUSDT|{timeframe}"][0]
        assert isinstance(bar, tuple)
        assert bar[1] == minute(MIDNIGHT)[2]
        assert not bar[3]
        week = "close" if timeframe == "1w" else "close@1w.price"
        assert bar[2][week][1] == repr(WEEK[-1][6])


def test_a_command_of_midnight_holds_from_the_first_minute_after_it(plain: Story) -> None:
    transition, first, *_ = plain["late|BTCUSDT|1m"]
    assert isinstance(transition, Transition)
    assert isinstance(first, tuple)
    assert transition.open_time == first[0] == minute(MIDNIGHT)[2]
    assert transition.warm_up == 0
    week = max(one[4] for one in WEEK)
    assert first[2]["high@1w.price"] == (repr(week), repr(week))


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "one by one"])
def test_every_order_of_arrival_gives_the_same(*, together: bool, sunday: Snapshot, plain: Story) -> None:
    shared, tally = catalog(), Tally()
    for number, order in enumerate(permutations(AT_MIDNIGHT)):
        events = list(order)
        events.insert(number % 7, COME_LATE)
        step = MarketStep(shared, tally, PARAMETERS, sunday)
        story = told(step, batched([*events, *AFTERWARDS], [20 if together else 1]))
        assert story == plain, [one[1] for one in order if isinstance(one, tuple)]
    assert tally.duplicates == 720 * len(LADDER)


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "one by one"])
def test_a_cold_start_at_midnight_gives_the_same_where_the_base_is_declared(*, together: bool) -> None:
    declared: Listing = listing(AssetConfig(symbol="BTCUSDT", base_timeframe="1m"))
    begin: list[Command | Listing] = [
        declared,
        command(READER, desired(READER)),
        command(EVERYWHERE, desired(EVERYWHERE)),
    ]
    shared = catalog()
    alone = told(MarketStep(shared, Tally(), PARAMETERS), batched([*begin, WEEK[-1], COME_LATE, *AFTERWARDS], [1]))
    first = alone["reader|BTCUSDT|1m"][1]
    assert isinstance(first, tuple)
    assert {name: values[1] for name, values in first[2].items() if "@" in name} == {
        f"close@{timeframe}.price": repr(WEEK[-1][6]) for timeframe in LADDER
    }
    for number, order in enumerate(permutations(AT_MIDNIGHT)):
        events = list(order)
        events.insert(number % 7, COME_LATE)
        step = MarketStep(shared, Tally(), PARAMETERS)
        story = told(step, batched([*begin, *events, *AFTERWARDS], [20 if together else 1]))
        letters = story.pop("DeadLetter")  # the first bars lack candles, so the exchange says otherwise
        assert {getattr(one, "reason", None) for one in letters} == {Reason.CONFLICTING_DUPLICATE}
        assert len(letters) == len(LADDER)
        assert story == alone
