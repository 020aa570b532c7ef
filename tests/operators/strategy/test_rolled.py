"""What came rolled is answered: everything as usual, then one ``Worked`` with the signals of that item."""

from hypothesis import given, settings
from hypothesis import strategies as st

from operators.events import Frames, Roll, Rolled, Transition, Worked
from operators.strategy.catalog import Catalog
from operators.strategy.step import Event, StrategyStep
from operators.tally import Tally
from schemas.correlation import CorrelationConfig
from schemas.lifecycle import StrategyStatus, StrategyVersion
from schemas.signal import Signal
from tests.operators.plain_engine import (
    BUY,
    LEAVE,
    MINUTE,
    RAISES,
    SELL,
    START,
    SYMBOL,
    desired,
    scripted,
    version,
)
from tests.operators.strategy.said_records import columns_of, spoken

ABOUT = version()


def roll(number: int, items: int = 1) -> Roll:
    since = None if number == 0 else START + number * MINUTE
    return Roll(since, START + (number + 1) * MINUTE, items, (("1m", "day"), ("5m", "day")))


def frames(number: int, *masks: int) -> Frames:
    """Minutes from this number on."""
    columns = columns_of([100.0] * len(masks), masks)
    return Frames(SYMBOL, "1m", [START + (number + each) * MINUTE for each in range(len(masks))], columns)


def transition(number: int, state: str = "running", name: str = "go", *, about: StrategyVersion = ABOUT) -> Transition:
    opened = START + number * MINUTE
    return Transition(SYMBOL, "1m", opened, opened + MINUTE, 100.0, desired(about, state, name=name), about)


def said(*events: Event) -> list[object]:
    return list(spoken(StrategyStep(Catalog(scripted), Tally()).on_batch(events)))


def test_worked_comes_after_what_it_is_about_and_carries_both_rolls() -> None:
    own, all_strategies = roll(0, 2), roll(0, 5)
    found = said(Rolled(transition(0), own, all_strategies), Rolled(frames(0, BUY, LEAVE), own, all_strategies))
    status, first, entered, left, second = found
    assert isinstance(status, StrategyStatus)
    assert first == Worked("both", 1, SYMBOL, "1m", own, all_strategies, ())
    assert isinstance(entered, Signal)
    assert isinstance(left, Signal)
    assert second == Worked("both", 1, SYMBOL, "1m", own, all_strategies, (entered, left), CorrelationConfig())


def test_how_the_version_weighs_comes_with_its_signals_and_only_then() -> None:
    """Who weighs them may be another worker, which has never seen the version."""
    weighing = CorrelationConfig(cool_down="1h")
    own = version(number=2, correlation=weighing)
    silent = version(number=3, correlation=CorrelationConfig(enabled=False))
    found = said(
        transition(0, about=own),
        Rolled(frames(0, 0), roll(0), None),
        Rolled(frames(1, BUY), roll(1), None),
        Rolled(transition(2, name="next", about=silent), roll(2), None),
        Rolled(frames(2, LEAVE), roll(3), None),
    )
    worked = [(len(one.signals), one.version, one.correlation) for one in found if isinstance(one, Worked)]
    assert worked == [(0, 2, None), (1, 2, weighing), (0, 3, None), (1, 3, None)]


def test_a_step_that_goes_on_says_how_its_version_weighs() -> None:
    catalog = Catalog(scripted)
    first = StrategyStep(catalog, Tally())
    first.on_batch([transition(0), frames(0, 0)])
    again = StrategyStep(catalog, Tally(), first.snapshot())
    *_, worked = again.on_batch([Rolled(frames(1, BUY), roll(1), None)])
    assert isinstance(worked, Worked)
    assert worked.correlation == CorrelationConfig(), "the defaults, for the version has no section of its own"


def test_the_signal_by_which_a_stop_closes_belongs_to_the_stop() -> None:
    found = said(transition(0), frames(0, BUY), Rolled(transition(1, "stopped", "end"), roll(1), None))
    *_, closing, status, worked = found
    assert isinstance(worked, Worked)
    assert isinstance(status, StrategyStatus)
    assert worked.signals == (closing,)


def test_a_strategy_that_has_nothing_to_say_is_heard_all_the_same() -> None:
    """Paused and quarantined too: who waits for all of a roll must not wait for ever."""
    found = said(
        transition(0, "paused"),
        Rolled(frames(0, BUY), roll(0), None),
        transition(1, name="on"),
        Rolled(frames(1, SELL << RAISES), roll(1), None),
        Rolled(frames(2, BUY), roll(2), None),
    )
    worked = [one for one in found if isinstance(one, Worked)]
    assert [one.roll for one in worked] == [roll(0), roll(1), roll(2)]
    assert [one.signals for one in worked] == [(), (), ()]


@settings(max_examples=100, deadline=None)
@given(
    masks=st.lists(st.lists(st.integers(0, 31), min_size=1, max_size=5), max_size=12),
    rolled=st.lists(st.booleans(), min_size=12, max_size=12),
)
def test_signals_are_those_of_plain_items_each_in_the_answer_to_its_own(
    masks: list[list[int]], rolled: list[bool]
) -> None:
    starts = [sum(map(len, masks[:at])) for at in range(len(masks))]
    plain = [frames(start, *some) for start, some in zip(starts, masks, strict=True)]
    wrapped = [Rolled(one, roll(at), None) if rolled[at] else one for at, one in enumerate(plain)]
    found = said(transition(0), *wrapped)
    assert [one for one in found if not isinstance(one, Worked)] == said(transition(0), *plain)
    answers = [one for one in found if isinstance(one, Worked)]
    items = [one for one in wrapped if isinstance(one, Rolled)]
    for item, answer in zip(items, answers, strict=True):
        assert isinstance(item.event, Frames)
        assert answer.roll is item.roll
        closes = {item.event.close_ms(row) for row in range(len(item.event.open_times))}
        assert {round(one.close_time.timestamp() * 1_000) for one in answer.signals} <= closes
    own = {one.id for answer in answers for one in answer.signals}
    some = {one.id for one in found if isinstance(one, Signal) and _in(one, items)}
    assert own == some


def _in(signal: Signal, items: list[Rolled]) -> bool:
    opened = round(signal.open_time.timestamp() * 1_000)
    return any(isinstance(one.event, Frames) and opened in one.event.open_times for one in items)
