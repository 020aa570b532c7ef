"""Chains of rolls: whole, cut where what is weighed changes, and told apart by their links alone."""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from operators.correlation.consensus import ConsensusStep
from operators.correlation.correlate import CorrelateStep
from operators.events import Frames, Roll, Rolled, Transition, Worked
from operators.market.parameters import Parameters
from operators.market.step import MarketStep
from operators.strategy.catalog import Catalog
from operators.strategy.step import StrategyStep
from operators.tally import Tally
from schemas.composite import ALL_STRATEGIES, LateSignal
from schemas.correlation import CorrelationConfig, WindowConfig
from schemas.watchlist import AssetConfig, ConsensusConfig
from tests.operators.market.logs import Events, event_logs
from tests.operators.plain_engine import (
    MINUTE,
    START,
    SYMBOL,
    batched,
    command,
    desired,
    listing,
    row,
    scripted,
    stored,
    version,
)

WEIGHED = CorrelationConfig(windows={"day": WindowConfig(length="6m", every="2m")})
VERSIONS = (
    version("one", 1, timeframes=("1m", "2m"), correlation=WEIGHED),
    version("one", 2, timeframes=("3m", "4m"), correlation=WEIGHED),
    version("one", 3, timeframes=("1m",)),
    version("one", 4, timeframes=("1m", "2m"), correlation=CorrelationConfig(enabled=False)),
    version("two", 1, timeframes=("day",), correlation=WEIGHED),
    version("two", 2, timeframes=("2m", "4m")),
    version("three", 1, timeframes=("3m",)),
)
CONSENSUS = ConsensusConfig(windows={"day": WindowConfig(length="6m", every="2m")}, minimum_strategies=1)
ASSETS = tuple(
    AssetConfig.model_validate({"symbol": SYMBOL, "base_timeframe": "1m", **fields})
    for fields in (
        {"timeframes": ["1m", "2m"], "consensus": CONSENSUS},
        {"timeframes": ["1m", "2m", "3m"], "consensus": ConsensusConfig()},
        {"timeframes": ["2m", {"name": "4m", "trading_style": "swing"}], "consensus": CONSENSUS},
        {"timeframes": ["1m", "2m"]},
    )
)


@st.composite
def stops_and_starts(draw: st.DrawFn) -> Events:
    """Minutes without a gap, and between them strategies begin, change, pause and stop, and the watchlist changes."""
    events: Events = [listing(ASSETS[0])]
    for number in range(draw(st.integers(10, 50))):
        what = draw(st.integers(0, 9))
        if what < 3:
            about = draw(st.sampled_from(VERSIONS))
            state = draw(st.sampled_from(["running", "running", "stopped", "paused"]))
            after = draw(st.sampled_from([None, None, number - 3, number + 3]))
            events.append(command(about, desired(about, state, after=after, name=f"c{number}")))
        elif what == 3:
            events.append(listing(draw(st.sampled_from(ASSETS)), name=f"w{number}"))
        events.append(row(number, volume=float(draw(st.integers(0, 31)))))
    return events


@dataclass
class Sent:
    """What a market sent, and what its rolls are: those of a strategy under its name, of all under ``*``."""

    items: list[tuple[str, Frames | Transition | Rolled]] = field(default_factory=list)

    @property
    def rolled(self) -> Iterator[tuple[str, str, Roll, Frames | Transition]]:
        """Whose roll, the key of the item, the roll and what it is about."""
        for key, item in self.items:
            if isinstance(item, Rolled):
                if item.roll is not None:
                    yield key.partition("|")[0], key, item.roll, item.event
                if item.symbol_roll is not None:
                    yield ALL_STRATEGIES, key, item.symbol_roll, item.event

    @property
    def chains(self) -> dict[str, list[Roll]]:
        """Each roll once, as they came."""
        found: dict[str, dict[int, Roll]] = defaultdict(dict)
        for of, _, roll, _ in self.rolled:
            assert found[of].setdefault(roll.until, roll) == roll, "two rolls of a chain end at one time"
        return {of: list(rolls.values()) for of, rolls in found.items()}

    @property
    def holding(self) -> dict[tuple[str, str, str, int], list[object]]:
        """What holds where each bar closes and each transition takes effect, by whose roll, key, kind and time."""
        found: dict[tuple[str, str, str, int], list[object]] = defaultdict(list)
        for of, key, roll, event in self.rolled:
            holds = roll.timeframes, roll.strategies, roll.consensus
            for close in closes(event):
                found[of, key, type(event).__name__, close].append(holds)
        return found


def closes(event: Frames | Transition) -> list[int]:
    """When what an item is about closed."""
    if isinstance(event, Transition):
        return [event.close_time]
    return [event.close_ms(place) for place in range(len(event.open_times))]


def sent(events: Events, sizes: Sequence[int], restarts: frozenset[int] = frozenset()) -> Sent:
    catalog, parameters = Catalog(scripted), Parameters(6, 1, ("2m", "5m", "1h"))
    market = MarketStep(catalog, Tally(), parameters)
    found = Sent()
    for number, batch in enumerate(batched(events, sizes)):
        found.items += [one for one in market.on_batch(batch) if isinstance(one, tuple)]
        if number in restarts:
            market = MarketStep(catalog, Tally(), parameters, stored(market.snapshot()))
    return found


SIZES = st.lists(st.integers(1, 25), min_size=1)
RESTARTS = st.frozensets(st.integers(0, 20))


def check_chains(found: Sent) -> None:
    counts: dict[tuple[str, int], int] = defaultdict(int)
    times: dict[tuple[str, int], list[int]] = defaultdict(list)
    for of, _, roll, event in found.rolled:
        counts[of, roll.until] += 1
        times[of, roll.until] += closes(event)
    for of, rolls in found.chains.items():
        since: int | None = None
        for roll in rolls:
            assert roll.since == since, "each begins where the one before ended, the very first nowhere"
            assert since is None or roll.until > since, "event time passes in every roll"
            assert counts[of, roll.until] == roll.items
            assert max(times[of, roll.until]) == roll.until
            assert since is None or min(times[of, roll.until]) > since
            since = roll.until


@settings(max_examples=150, deadline=None)
@given(events=st.one_of(event_logs(), stops_and_starts()), sizes=SIZES, restarts=RESTARTS)
def test_a_chain_is_whole_and_grows_and_is_taken_up_where_it_ended(
    events: Events, sizes: list[int], restarts: frozenset[int]
) -> None:
    check_chains(sent(events, sizes, restarts))


@settings(max_examples=150, deadline=None)
@given(events=st.one_of(event_logs(), stops_and_starts()), sizes=SIZES, restarts=RESTARTS)
def test_what_holds_at_an_instant_does_not_depend_on_batches(
    events: Events, sizes: list[int], restarts: frozenset[int]
) -> None:
    """So a roll is cut wherever timeframes, styles or settings change, however long the batch."""
    assert sent(events, sizes, restarts).holding == sent(events, [1]).holding


ONE, BOTH = VERSIONS[0], VERSIONS[1]
OTHER_STYLE = AssetConfig.model_validate(
    {
        "symbol": SYMBOL,
        "timeframes": ["1m", {"name": "2m", "trading_style": "swing"}],
        "base_timeframe": "1m",
        "consensus": CONSENSUS,
    }
)
OTHER_CONSENSUS = OTHER_STYLE.model_copy(update={"consensus": ConsensusConfig()})


def test_one_batch_is_cut_where_timeframes_styles_and_settings_change() -> None:
    events: Events = [listing(ASSETS[0]), command(ONE, desired(ONE))]
    events += [row(number) for number in range(8)]
    events += [listing(OTHER_STYLE, name="w2"), *(row(number) for number in range(8, 16))]
    events += [listing(OTHER_CONSENSUS, name="w3"), *(row(number) for number in range(16, 24))]
    events += [command(BOTH, desired(BOTH, name="c2")), *(row(number) for number in range(24, 32))]
    events += [command(BOTH, desired(BOTH, "stopped", name="c3")), row(32)]
    chains = sent(events, [len(events)]).chains
    day, swing = (("1m", "day"), ("2m", "day")), (("1m", "day"), ("2m", "swing"))
    after = (("3m", "day"), ("4m", "day"))
    by_consensus = [(roll.until, roll.timeframes, roll.strategies, roll.consensus) for roll in chains[ALL_STRATEGIES]]
    assert by_consensus == [
        (at(8), day, 1, CONSENSUS),
        (at(16), swing, 1, CONSENSUS),
        (at(24), swing, 1, ConsensusConfig()),
        (at(32), after, 1, ConsensusConfig()),
        (at(33), (), 0, None),
    ]
    assert [(roll.until, roll.timeframes) for roll in chains["one"]] == [
        (at(8), day),
        (at(16), swing),
        (at(24), swing),
        (at(32), after),
        (at(33), ()),
    ]


def at(minutes: int) -> int:
    return START + minutes * MINUTE


def test_a_chain_that_is_taken_up_again_begins_where_it_ended() -> None:
    events: Events = [listing(ASSETS[0]), command(ONE, desired(ONE)), row(0), row(1)]
    events += [command(ONE, desired(ONE, "stopped", name="c2")), row(2), row(3), row(4)]
    events += [command(ONE, desired(ONE, name="c3")), row(5), row(6)]
    for restarts in (frozenset[int](), frozenset(range(len(events)))):
        chains = sent(events, [1], restarts).chains
        for of in ("one", ALL_STRATEGIES):
            ended, again = chains[of][-3:-1]
            assert (ended.until, ended.timeframes) == (at(3), ())
            assert (again.since, again.until) == (at(3), at(6)), "nothing was in between"
            assert [roll.since for roll in chains[of]].count(None) == 1


def worked(found: Sent) -> dict[str, list[Worked]]:
    """What the strategies make of it, by key, as each key gives it."""
    catalog = Catalog(scripted)
    steps: dict[str, StrategyStep] = {}
    answers: dict[str, list[Worked]] = defaultdict(list)
    for key, item in found.items:
        step = steps.setdefault(key, StrategyStep(catalog, Tally()))
        answers[key] += [one for one in step.on_batch([item]) if isinstance(one, Worked)]
        if step.finished:
            del steps[key]
    return answers


class Receivers:
    """The steps that weigh, each restored now and then."""

    def __init__(self) -> None:
        self._steps: dict[str, CorrelateStep | ConsensusStep] = {}
        self.out: dict[str, list[Any]] = defaultdict(list)

    def take(self, some: Sequence[Worked]) -> None:
        """One batch."""
        for name in sorted({one.strategy for one in some}):
            own = [one for one in some if one.strategy == name and one.roll is not None]
            if own:
                step = self._steps.setdefault(name, CorrelateStep(Tally()))
                self.out[name] += step.on_batch(own)
        all_of_them = [one for one in some if one.symbol_roll is not None]
        if all_of_them:
            step = self._steps.setdefault(ALL_STRATEGIES, ConsensusStep(Tally()))
            self.out[ALL_STRATEGIES] += step.on_batch(all_of_them)

    def restore(self) -> None:
        for name, step in self._steps.items():
            self._steps[name] = type(step)(Tally(), stored(step.snapshot()))

    def records(self) -> dict[str, list[str]]:
        """As text; all that was taken has been worked, and nothing was late."""
        for step in self._steps.values():
            barrier: Any = step.snapshot()["barrier"]
            assert (barrier["pending"], barrier["ahead"]) == ([], [])
        records = [one for given in self.out.values() for one in given]
        assert not any(isinstance(one, LateSignal) for one in records)
        return {name: [one.model_dump_json() for one in given] for name, given in self.out.items() if given}


def as_they_came(events: Events) -> dict[str, list[str]]:
    """Candle by candle, each batch of the market worked before the next one."""
    receivers = Receivers()
    answers = worked(sent(events, [1]))
    in_time = sorted(
        (one for given in answers.values() for one in given),
        key=lambda one: max(roll.until for roll in (one.roll, one.symbol_roll) if roll is not None),
    )
    for one in in_time:
        receivers.take([one])
    return receivers.records()


@settings(max_examples=150, deadline=None)
@given(events=stops_and_starts(), sizes=SIZES, restarts=RESTARTS, seed=st.integers(0, 2**32))
def test_any_legal_order_of_delivery_gives_the_same_composites(
    events: Events, sizes: list[int], restarts: frozenset[int], seed: int
) -> None:
    """Of one series in order, of different ones in any: as far ahead as another worker may be."""
    choose = random.Random(seed)
    waiting = {key: given for key, given in worked(sent(events, sizes, restarts)).items() if given}
    receivers = Receivers()
    while waiting:
        chosen = choose.choices(list(waiting), k=choose.randint(1, 6))
        receivers.take([waiting[key].pop(0) for key in chosen if waiting[key]])
        waiting = {key: left for key, left in waiting.items() if left}
        if choose.random() < 0.2:
            receivers.restore()
    assert receivers.records() == as_they_came(events)


def test_the_histories_above_bring_chains_that_are_taken_up_again_by_other_series() -> None:
    """So that the properties say something: composites of either kind after a chain had ended, and none in common."""
    seen: set[str] = set()

    @settings(max_examples=200, deadline=None, database=None, derandomize=True)
    @given(events=stops_and_starts())
    def look(events: Events) -> None:
        found = sent(events, [7])
        for of, rolls in found.chains.items():
            ends = [place for place, roll in enumerate(rolls) if not roll.timeframes]
            if ends and ends[0] + 1 < len(rolls):
                before, after = rolls[ends[0] - 1], rolls[ends[0] + 1]
                seen.add(f"{of} again")
                if not {name for name, _ in before.timeframes} & {name for name, _ in after.timeframes}:
                    seen.add(f"{of} on others")
        seen.update(f"{name} speaks" for name in as_they_came(events))

    look()
    assert {"one again", "two again", "* again", "one on others", "one speaks", "two speaks", "* speaks"} <= seen
