"""What the steps send is made without validation: it has to be what validation would have made of it."""

from collections.abc import Callable

import pytest

from operators.correlation.consensus import ConsensusStep
from operators.correlation.correlate import CorrelateStep
from operators.events import Roll, Worked
from operators.tally import Tally
from schemas.composite import Composite, Consensus
from schemas.correlation import CorrelationConfig
from schemas.signal import Position
from schemas.trading_style import TradingStyle
from schemas.watchlist import ConsensusConfig
from tests.operators.correlation.stories import SYMBOL, at, signal

TIMEFRAMES: tuple[tuple[str, TradingStyle], ...] = (("1m", "day"), ("5m", "day"), ("1h", "swing"))
SAID: tuple[tuple[str, str, Position], ...] = (("a", "1m", "short"), ("b", "5m", "long"), ("c", "1h", "long"))
END = 1_800
"""15 hours in half minutes: a window of each style ends there."""


def composites() -> list[Composite | Consensus]:
    roll = Roll(None, at(END), len(SAID), TIMEFRAMES)
    weighing = CorrelationConfig(minimum_supporting=0, weights={"1m": 2})
    step = CorrelateStep(Tally())
    return [
        one
        for one in step.on_batch(
            Worked(
                "s", 1, SYMBOL, name, roll, None, (signal(number, ("s", name), END, side, confidence=0.5),), weighing
            )
            for number, (_, name, side) in enumerate(SAID)
        )
        if isinstance(one, Composite)
    ]


def consensuses() -> list[Composite | Consensus]:
    roll = Roll(None, at(END), len(SAID), TIMEFRAMES, len(SAID), ConsensusConfig(minimum_strategies=1))
    step = ConsensusStep(Tally())
    return [
        one
        for one in step.on_batch(
            Worked(who, 1, SYMBOL, name, None, roll, (signal(number, (who, name), END, side, confidence=confidence),))
            for number, ((who, name, side), confidence) in enumerate(zip(SAID, (0.5, 0.25, 1.0), strict=True))
        )
        if isinstance(one, Consensus)
    ]


@pytest.mark.parametrize("sent", [composites, consensuses])
def test_a_record_is_what_validation_makes_of_its_fields(sent: Callable[[], list[Composite | Consensus]]) -> None:
    found = sent()
    assert {one.trading_style for one in found} == {"day", "swing"}
    for one in found:
        validated = type(one).model_validate(dict(one))
        assert one == validated
        assert list(dict(one)) == list(dict(validated)) == list(type(one).model_fields)
        assert one.model_fields_set == validated.model_fields_set
        assert one.model_dump_json() == validated.model_dump_json()
        assert repr(one) == repr(validated)


def test_composites_do_not_share_what_could_be_changed() -> None:
    one, other = composites()
    assert isinstance(one, Composite)
    assert isinstance(other, Composite)
    assert one.timeframes == other.timeframes == {"1m": 2.0, "5m": 1.699, "1h": 2.778}
    assert one.timeframes is not other.timeframes
