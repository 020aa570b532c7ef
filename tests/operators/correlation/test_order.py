"""However signals are cut into rolls, in whatever order series come, wherever a step is restored: the same records."""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from operators.correlation.consensus import ConsensusStep
from operators.correlation.correlate import CorrelateStep
from operators.events import Worked
from operators.tally import Tally
from schemas.composite import Composite, Consensus, LateSignal
from schemas.composite_confidence import recompute, recompute_agreement
from schemas.correlation import CorrelationConfig, WindowConfig
from schemas.record import to_milliseconds
from schemas.watchlist import ConsensusConfig
from tests.operators.correlation.oracle import Agreed, Expected, expected_composites, expected_consensus
from tests.operators.correlation.stories import (
    Chain,
    Cut,
    Series,
    at,
    cuts,
    histories,
    whole_rolls,
    worked,
    worked_by_all,
)

SMALL = {
    "day": WindowConfig(length="4m", every="1m"),
    "swing": WindowConfig(length="6m", every="2m", half_life="1m"),
    "position": WindowConfig(length="9m", every="3m"),
}
OTHER = {
    "day": WindowConfig(length="2m", every="2m"),
    "swing": WindowConfig(length="5m", every="5m"),
    "position": WindowConfig(length="10m", every="30s"),
}
SETTINGS: dict[int, CorrelationConfig] = {
    1: CorrelationConfig.model_validate({"windows": SMALL, "minimum_supporting": 0}),
    2: CorrelationConfig.model_validate({"windows": OTHER, "one_per_window": False, "weights": {"1m": 9.0}}),
    3: CorrelationConfig.model_validate(
        {"windows": SMALL, "cool_down": "3m", "minimum_supporting": 0, "minimum_confidence": 0.3}
    ),
    4: CorrelationConfig.model_validate(
        {"windows": SMALL, "top": 1, "one_per_window": False, "conflict_penalty": 1.0, "cool_down": "1m"}
    ),
}
"""By version."""
SUPPORTED = st.tuples(*[st.integers(0, 3)] * len(SETTINGS)).map(
    lambda least: {
        version: one.model_copy(update={"minimum_supporting": number})
        for number, (version, one) in zip(least, SETTINGS.items(), strict=True)
    }
)
"""The same with any number of timeframes that a composite needs behind it."""
CONSENSUS: tuple[ConsensusConfig | None, ...] = (
    ConsensusConfig.model_validate({"windows": SMALL}),
    ConsensusConfig.model_validate({"windows": SMALL, "minimum_strategies": 1, "cool_down": "2m", "top": 1}),
    ConsensusConfig.model_validate({"windows": OTHER, "minimum_agreement": 0.7, "weights": {"5m": 0.5}}),
    None,
)
STRATEGIES = ("a", "b", "c")


def correlate(resume: dict[str, object] | None = None) -> CorrelateStep:
    return CorrelateStep(Tally(), resume)


def consensus(resume: dict[str, object] | None = None) -> ConsensusStep:
    return ConsensusStep(Tally(), resume)


Step = CorrelateStep | ConsensusStep


class Delivery:
    """Items on their way to one step: of each series in order, of different series as they come."""

    def __init__(
        self, cut: Cut, build: Callable[..., Step], weighing: Mapping[int, CorrelationConfig] = SETTINGS
    ) -> None:
        self._build = build
        self._waiting: dict[Series, list[Worked]] = {
            series: [worked_by_all(item) if build is consensus else worked(item, weighing) for item in items]
            for series, items in cut.items.items()
        }
        self._step = build()
        self._end = max(roll.until for items in cut.items.values() for roll, _, _ in items)
        self.out: list[Any] = []

    @property
    def open(self) -> list[Series]:
        return [series for series, items in self._waiting.items() if items]

    def deliver(self, batch: Sequence[Series]) -> None:
        """The next item of each of these series, as one batch."""
        self.out += self._step.on_batch([self._waiting[series].pop(0) for series in batch if self._waiting[series]])
        assert not self._step.finished, "who forgets how far it has come cannot tell which chain comes next"

    def restore(self) -> None:
        self._step = self._build(json.loads(json.dumps(self._step.snapshot())))

    def all(self, choose: random.Random, most: int) -> list[Any]:
        """Deliver everything, in batches of up to ``most``, with a restore now and then."""
        while self.open:
            self.deliver([choose.choice(self.open) for _ in range(choose.randint(1, most))])
            if choose.random() < 0.2:
                self.restore()
        state = self._step.snapshot()
        assert state.pop("barrier") == {"until": self._end, "in_force": None, "ahead": [], "pending": []}
        left = {name: held for name, held in state.items() if held and name not in {"schema_version", "symbol"}}
        assert left == {}, "every chain has ended: nothing is kept but how far they came"
        return self.out


def seen(out: Sequence[Any]) -> list[Expected]:
    return [
        Expected(
            to_milliseconds(one.window_end),
            one.trading_style,
            one.version,
            one.base.signal,
            tuple(voice.signal for voice in one.supporting),
            tuple(voice.signal for voice in one.opposing),
            one.correlation_strength,
            one.composite_confidence,
        )
        for one in out
        if isinstance(one, Composite)
    ]


def agreed(out: Sequence[Any]) -> list[Agreed]:
    return [
        Agreed(
            to_milliseconds(one.window_end),
            one.trading_style,
            one.side,
            frozenset(voice.signal for voice in one.agreeing),
            frozenset(voice.signal for voice in one.opposing),
            one.strategies,
            one.agreement,
        )
        for one in out
        if isinstance(one, Consensus)
    ]


def late(out: Sequence[Any]) -> list[tuple[str, int]]:
    return [(one.id, to_milliseconds(one.watermark)) for one in out if isinstance(one, LateSignal)]


def text(out: Sequence[Any]) -> list[str]:
    return [one.model_dump_json() for one in out]


class CorrelateMachine(RuleBasedStateMachine):
    """Any legal order of delivery, in any batches, restored at any point, against the oracle."""

    build: ClassVar[Callable[..., Step]] = staticmethod(correlate)
    kinds: ClassVar[st.SearchStrategy[list[Chain]]] = histories()

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        self.history = data.draw(self.kinds)
        self.cut = data.draw(cuts(self.history, late=True))
        self.weighing = data.draw(SUPPORTED)
        self.delivery = Delivery(self.cut, self.build, self.weighing)

    @precondition(lambda self: self.delivery.open)
    @rule(choice=st.lists(st.integers(0, 99), min_size=1, max_size=8))
    def deliver(self, choice: list[int]) -> None:
        open_series = self.delivery.open
        self.delivery.deliver([open_series[number % len(open_series)] for number in choice])

    @precondition(lambda self: self.delivery.open)
    @rule(number=st.integers(0, 99), count=st.integers(1, 12))
    def deliver_one_series(self, number: int, count: int) -> None:
        self.delivery.deliver([self.delivery.open[number % len(self.delivery.open)]] * count)

    @rule()
    def restore(self) -> None:
        self.delivery.restore()

    def expected(self) -> None:
        assert seen(self.delivery.out) == expected_composites(self.history, self.weighing)

    def teardown(self) -> None:
        if not hasattr(self, "delivery"):
            return
        out = self.delivery.all(random.Random(0), most=4)
        self.expected()
        assert sorted(late(out)) == sorted((one.id, at(watermark)) for watermark, one in self.cut.late)


class ConsensusMachine(CorrelateMachine):
    """The same for three strategies on one symbol."""

    build = staticmethod(consensus)
    kinds = histories(STRATEGIES, CONSENSUS)

    def expected(self) -> None:
        assert agreed(self.delivery.out) == expected_consensus(self.history)


CorrelateMachine.TestCase.settings = settings(max_examples=80, stateful_step_count=20, deadline=None)
ConsensusMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
TestCorrelate = CorrelateMachine.TestCase
TestConsensus = ConsensusMachine.TestCase


@settings(max_examples=40, deadline=None)
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_any_cut_into_rolls_gives_the_same_composites(data: st.DataObject, seed: int) -> None:
    history = data.draw(histories())
    choose = random.Random(seed)
    once = Delivery(data.draw(cuts(history)), correlate).all(choose, most=1)
    again = Delivery(data.draw(cuts(history)), correlate).all(choose, most=50)
    assert text(again) == text(once)


@settings(max_examples=40, deadline=None)
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_any_cut_into_rolls_gives_the_same_consensus(data: st.DataObject, seed: int) -> None:
    history = data.draw(histories(STRATEGIES, CONSENSUS))
    choose = random.Random(seed)
    once = Delivery(data.draw(cuts(history)), consensus).all(choose, most=1)
    again = Delivery(data.draw(cuts(history)), consensus).all(choose, most=50)
    assert text(again) == text(once)


@settings(max_examples=40, deadline=None)
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_late_signals_are_told_in_one_order_with_a_count(data: st.DataObject, seed: int) -> None:
    cut = data.draw(cuts(data.draw(histories()), late=True))
    choose = random.Random(seed)
    outs = [Delivery(cut, correlate).all(choose, most) for most in (1, 50)]
    told = [[one for one in out if isinstance(one, LateSignal)] for out in outs]
    assert text(told[0]) == text(told[1])
    assert all(one.close_time <= one.watermark for one in told[0])


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_figures_are_fractions_and_follow_from_the_record_to_the_bit(data: st.DataObject) -> None:
    history = data.draw(histories())
    for one in Delivery(data.draw(cuts(history)), correlate).all(random.Random(0), most=9):
        assert isinstance(one, Composite)
        read_back = Composite.model_validate_json(one.model_dump_json())
        assert recompute(read_back) == (one.correlation_strength, one.composite_confidence)
        assert 0 <= one.correlation_strength <= 1
        assert 0 <= one.composite_confidence <= 1


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_agreement_follows_from_the_record_to_the_bit(data: st.DataObject) -> None:
    history = data.draw(histories(STRATEGIES, [one for one in CONSENSUS if one is not None and one.top is None]))
    for one in Delivery(data.draw(cuts(history)), consensus).all(random.Random(0), most=9):
        assert isinstance(one, Consensus)
        assert recompute_agreement(Consensus.model_validate_json(one.model_dump_json())) == one.agreement
        assert 0.5 <= one.agreement <= 1


def swapped(history: list[Chain]) -> list[Chain]:
    """The same history with long for short and short for long."""
    sides = {"long": "short", "short": "long", "flat": "flat"}
    return [
        chain._replace(
            signals={
                series: [
                    (close, one.model_copy(update={"position_after": sides[one.position_after]})) for close, one in said
                ]
                for series, said in chain.signals.items()
            }
        )
        for chain in history
    ]


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_consensus_knows_no_side(data: st.DataObject) -> None:
    history = data.draw(histories(STRATEGIES, CONSENSUS))
    # the same drawn cut for both: only the signals differ
    seed = data.draw(st.integers(0, 2**32))

    def run(one: list[Chain]) -> list[Agreed]:
        whole = Delivery(whole_rolls(one), consensus).all(random.Random(seed), most=9)
        return agreed(whole)

    other = {"long": "short", "short": "long"}
    assert run(swapped(history)) == [one._replace(side=other[one.side]) for one in run(history)]
