"""The formulas of composites and consensus, from their definitions and by property."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.composite import Voice
from schemas.composite_confidence import agreement, counted, faded, weigh
from schemas.correlation import weight_of
from schemas.signal_config import Side

HALF_LIFE = 60_000
LOWER = ("1m", "3m", "5m", "15m", "30m")
weights = st.dictionaries(st.sampled_from([*LOWER, "1h", "4h"]), st.floats(0.001, 1_000_000), max_size=7)


def voice(timeframe: str, side: Side, weight: float, *, confidence: float = 1.0, age_ms: int = 0) -> Voice:
    return Voice("0" * 32, "s", timeframe, "rule", side, confidence, weight, age_ms, 100.0)


def weighed(base: Voice, *lower: Voice, timeframes: dict[str, float], penalty: float = 0.5) -> tuple[float, float]:
    supporting = [one for one in lower if one.side == base.side]
    opposing = [one for one in lower if one.side != base.side]
    return weigh(base, supporting, opposing, timeframes=timeframes, half_life_ms=HALF_LIFE, conflict_penalty=penalty)


@st.composite
def scenes(draw: st.DrawFn) -> tuple[list[Voice], dict[str, float], float]:
    """A base on 1h and lower voices, one a timeframe, with any weights: also with lower ones that weigh more."""
    given_weights = draw(weights)
    timeframes = {name: weight_of(name, given_weights) for name in (*LOWER, "1h", "4h")}
    spoken = ["1h", *draw(st.lists(st.sampled_from(LOWER), unique=True))]
    voices = [
        voice(
            name,
            draw(st.sampled_from(["long", "short"])),
            timeframes[name],
            confidence=draw(st.floats(0, 1)),
            age_ms=draw(st.integers(0, 10 * HALF_LIFE)),
        )
        for name in spoken
    ]
    return voices, timeframes, draw(st.floats(0, 1))


@given(scenes())
def test_both_figures_are_from_0_to_1(scene: tuple[list[Voice], dict[str, float], float]) -> None:
    (base, *lower), timeframes, penalty = scene
    strength, confidence = weighed(base, *lower, timeframes=timeframes, penalty=penalty)
    assert 0 <= strength <= 1
    assert 0 <= confidence <= 1


@given(scenes(), st.data())
def test_a_supporter_never_lowers_and_an_opponent_never_raises_a_confidence(
    scene: tuple[list[Voice], dict[str, float], float], data: st.DataObject
) -> None:
    (base, *lower), timeframes, penalty = scene
    if not lower:
        return
    without = list(lower)
    one = without.pop(data.draw(st.integers(0, len(lower) - 1)))
    before = weighed(base, *without, timeframes=timeframes, penalty=penalty)
    after = weighed(base, *lower, timeframes=timeframes, penalty=penalty)
    if one.side == base.side:
        assert after[0] >= before[0]
        assert after[1] >= before[1]
    else:
        assert after[0] == before[0]
        assert after[1] <= before[1]


@given(scenes())
def test_sides_count_alike(scene: tuple[list[Voice], dict[str, float], float]) -> None:
    (base, *lower), timeframes, penalty = scene
    other: dict[Side, Side] = {"long": "short", "short": "long"}
    turned = [one._replace(side=other[one.side]) for one in (base, *lower)]
    assert weighed(*turned, timeframes=timeframes, penalty=penalty) == weighed(
        base, *lower, timeframes=timeframes, penalty=penalty
    )


def test_a_base_alone_is_as_sure_as_its_signal() -> None:
    base = voice("1h", "long", 2.0, confidence=0.75)
    assert weighed(base, timeframes={"5m": 1.0, "1h": 2.0}) == (0.0, 0.75)


def test_a_base_fades_by_half_in_each_half_life() -> None:
    base = voice("1h", "long", 2.0, confidence=0.5, age_ms=2 * HALF_LIFE)
    assert weighed(base, timeframes={"1h": 2.0}) == (0.0, 0.125)


def test_the_heaviest_timeframe_up_to_the_base_sets_the_scale() -> None:
    base = voice("1h", "long", 2.0)
    assert weighed(base, timeframes={"5m": 4.0, "1h": 2.0, "1d": 100.0})[1] == 0.5


def test_an_opposition_of_full_strength_takes_the_penalty() -> None:
    base, against = voice("1h", "long", 2.0), voice("5m", "short", 2.0)
    for penalty, confidence in ((0.0, 1.0), (0.25, 0.75), (1.0, 0.0)):
        assert weighed(base, against, timeframes={"5m": 2.0, "1h": 2.0}, penalty=penalty) == (0.0, confidence)


def test_strength_is_the_share_of_lower_timeframes_that_support() -> None:
    base = voice("1h", "long", 2.0)
    timeframes = {"1m": 1.0, "5m": 3.0, "1h": 2.0, "1d": 9.0}
    assert weighed(base, voice("5m", "long", 3.0), timeframes=timeframes)[0] == 0.75
    assert weighed(base, voice("5m", "short", 3.0), timeframes=timeframes)[0] == 0.0
    assert weighed(base, voice("1m", "long", 1.0), voice("5m", "long", 3.0), timeframes=timeframes)[0] == 1.0


def test_without_lower_timeframes_there_is_no_strength() -> None:
    assert weighed(voice("1m", "long", 1.0), timeframes={"1m": 1.0, "1h": 2.0})[0] == 0.0


def test_an_age_far_beyond_any_window_leaves_nothing() -> None:
    assert faded(2**62, 1) == 0.0


def test_agreement_is_the_share_of_what_counts() -> None:
    long = [counted(voice("1h", "long", 2.0, confidence=0.5), HALF_LIFE)]
    short = [counted(voice("5m", "short", 1.0, age_ms=HALF_LIFE), HALF_LIFE)]
    assert agreement(long, short) == pytest.approx(1.0 / 1.5)
    assert agreement([], []) == 0.0
    assert agreement([0.0], [0.0]) == 0.0


@given(st.lists(st.floats(0, 1e6), max_size=9), st.lists(st.floats(0, 1e6), max_size=9), st.randoms())
def test_agreement_knows_no_order(pro: list[float], con: list[float], shuffler: Random) -> None:
    shuffled = pro.copy(), con.copy()
    for one in shuffled:
        shuffler.shuffle(one)
    assert agreement(*shuffled) == agreement(pro, con)
    assert 0 <= agreement(pro, con) <= 1
