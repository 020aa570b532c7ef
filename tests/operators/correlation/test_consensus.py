"""What the strategies on one symbol agree on, example by example."""

from collections.abc import Mapping

import pytest

from operators.correlation.consensus import ConsensusStep
from operators.events import Roll, Worked
from operators.tally import Tally
from schemas.composite import ALL_STRATEGIES, MAX_VOICES, Consensus, LateSignal
from schemas.signal import Position
from schemas.trading_style import TradingStyle
from schemas.watchlist import ConsensusConfig
from tests.operators.correlation.stories import SYMBOL, at, signal

TIMEFRAMES: tuple[tuple[str, TradingStyle], ...] = (("1m", "day"), ("5m", "day"), ("1h", "swing"))
WINDOWS = {"day": {"length": "10m", "every": "5m"}}

Said = tuple[str, str, int, Position, float]


class Told:
    """A step that is told what several strategies say, all that is known up to a time in one roll."""

    def __init__(self, *, correlated: bool = False, **settings: object) -> None:
        self.tally = Tally()
        self._config = ConsensusConfig.model_validate({"windows": WINDOWS, **settings})
        self._step = ConsensusStep(self.tally)
        self._until: int | None = None
        self._number = 0
        self._own = Roll(None, at(0), 1, TIMEFRAMES) if correlated else None

    def to(self, until: int, *said: Said) -> list[Consensus | LateSignal]:
        roll = Roll(self._until, at(until), max(1, len(said)), TIMEFRAMES, 5, self._config)
        self._until = at(until)
        items = []
        for strategy, timeframe, close, position, confidence in said:
            self._number += 1
            one = signal(self._number, (strategy, timeframe), close, position, confidence=confidence)
            items.append(Worked(strategy, 1, SYMBOL, timeframe, self._own, roll, (one,)))
        return self._step.on_batch(items or [Worked("a", 1, SYMBOL, "1m", self._own, roll, ())])

    def one(self, until: int, *said: Said) -> Consensus:
        (found,) = self.to(until, *said)
        assert isinstance(found, Consensus)
        return found


def names(consensus: Consensus) -> Mapping[str, list[str]]:
    sides = {"agreeing": consensus.agreeing, "opposing": consensus.opposing}
    return {side: [f"{voice.strategy} {voice.timeframe}" for voice in voices] for side, voices in sides.items()}


def test_the_side_that_counts_more_is_the_consensus() -> None:
    found = Told().one(10, ("a", "5m", 10, "long", 1.0), ("b", "5m", 10, "long", 0.5), ("c", "5m", 10, "short", 0.5))
    assert (found.side, found.agreement, found.strategies) == ("long", 0.75, 5)
    assert names(found) == {"agreeing": ["a 5m", "b 5m"], "opposing": ["c 5m"]}
    assert found.key == f"*|{SYMBOL}"


def test_each_strategy_has_the_voice_of_its_highest_timeframe() -> None:
    found = Told().one(10, ("a", "1m", 10, "short", 1.0), ("a", "5m", 9, "long", 1.0), ("b", "1m", 10, "long", 1.0))
    assert names(found) == {"agreeing": ["a 5m", "b 1m"], "opposing": []}


def test_a_voice_fades_with_age() -> None:
    found = Told().one(20, ("a", "5m", 10, "long", 1.0), ("b", "5m", 20, "short", 1.0))
    assert found.side == "short"
    assert found.agreement == pytest.approx(1 / 1.5), "half the length of the window is its half life"


def test_even_sides_agree_on_nothing() -> None:
    assert Told().to(10, ("a", "5m", 10, "long", 0.5), ("b", "5m", 10, "short", 0.5)) == []


def test_too_few_strategies_are_no_consensus() -> None:
    said: list[Said] = [("a", "5m", 10, "long", 1.0), ("a", "1m", 10, "long", 1.0)]
    assert Told().to(10, *said) == []
    assert len(Told(minimum_strategies=1).to(10, *said)) == 1


def test_a_weak_majority_is_kept_back() -> None:
    said: list[Said] = [("a", "5m", 10, "long", 0.6), ("b", "5m", 10, "short", 0.4)]
    assert Told(minimum_agreement=0.7).to(10, *said) == []
    assert Told(minimum_agreement=0.55).one(10, *said).agreement == pytest.approx(0.6)


def test_a_cool_down_keeps_back_the_same_side() -> None:
    told = Told(cool_down="10m")
    assert len(told.to(10, ("a", "5m", 10, "long", 1.0), ("b", "5m", 10, "long", 1.0))) == 1
    assert told.to(20, ("a", "5m", 20, "long", 1.0)) == []
    assert len(told.to(30, ("a", "5m", 30, "long", 1.0), ("b", "5m", 30, "long", 1.0))) == 1


def test_the_heaviest_are_listed_and_all_are_counted() -> None:
    said: list[Said] = [
        (name, "5m", 10, "long", confidence) for name, confidence in zip("abc", (0.2, 0.9, 0.5), strict=True)
    ]
    found = Told(top=2).one(10, *said, ("d", "5m", 10, "short", 0.4))
    assert names(found) == {"agreeing": ["b 5m", "c 5m"], "opposing": ["d 5m"]}
    assert found.agreement == pytest.approx(1.6 / 2.0)


def test_a_record_lists_no_more_voices_than_it_has_room_for() -> None:
    found = Told().one(10, *[(f"s{number}", "5m", 10, "long", 1.0) for number in range(MAX_VOICES + 9)])
    assert len(found.agreeing) == MAX_VOICES


def test_styles_are_worked_apart() -> None:
    found = Told().to(
        30,
        *[(name, timeframe, 30, "long", 1.0) for name in "ab" for timeframe in ("5m", "1h")],
    )
    assert [one.trading_style for one in found if isinstance(one, Consensus)] == ["day", "swing"]


def test_a_late_signal_is_told_here_unless_the_strategys_own_step_tells() -> None:
    alone, correlated = Told(), Told(correlated=True)
    late: Said = ("a", "1m", 8, "long", 1.0)
    for told in (alone, correlated):
        told.to(10, ("b", "5m", 9, "long", 1.0))
    (found,) = alone.to(20, late)
    assert isinstance(found, LateSignal)
    assert (found.strategy, found.count) == ("a", 1)
    assert correlated.to(20, late) == []


def test_a_consensus_is_counted_as_that_of_all_strategies() -> None:
    told = Told()
    told.to(10, ("a", "5m", 10, "long", 1.0), ("b", "5m", 10, "long", 1.0))
    assert told.tally.composites == {ALL_STRATEGIES: 1}
