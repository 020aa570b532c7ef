"""A signal's confidence follows from its own terms: each formula by hand, then whatever the terms are."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import Codec
from schemas.confidence import FORMULAS, Terms, fixed, recompute, scaled, weighted
from schemas.framing import SingleObject
from schemas.signal import ConfidenceMethod, Signal
from tests.records import fractions, numbers
from tests.schemas.test_codec_golden import SIGNAL

RSI = {"threshold": 30.0, "full": 20.0, "least": 0.5, "most": 1.0}
CLIMB = {"threshold": 1.0, "full": 3.0, "least": 0.2, "most": 0.6}


@pytest.mark.parametrize(
    ("formula", "terms", "confidence"),
    [
        (fixed, {"value": 0.25}, 0.25),
        (weighted, {"weight.a": 3.0, "value.a": 1.0, "weight.b": 1.0, "value.b": 0.5}, 0.875),
        (weighted, {"weight.a": 3.0, "weight.b": 1.0, "value.b": 0.5}, 0.125),
        (weighted, {"weight.a": 3.0}, 0.0),
        (weighted, {"weight.macd.histogram": 2.0, "value.macd.histogram": 0.5}, 0.5),
        (scaled, {"value": 30.0, **RSI}, 0.5),
        (scaled, {"value": 35.0, **RSI}, 0.5),
        (scaled, {"value": 27.5, **RSI}, 0.625),
        (scaled, {"value": 20.0, **RSI}, 1.0),
        (scaled, {"value": -1e300, **RSI}, 1.0),
        (scaled, RSI, 0.5),
        (scaled, {"value": 2.0, **CLIMB}, 0.4),
        (scaled, {"value": 0.0, **CLIMB}, 0.2),
    ],
    ids=[
        "fixed",
        "weighted",
        "a part that is not ready counts 0",
        "no part is ready",
        "a part with a dot in its name",
        "at the threshold",
        "before the threshold",
        "a quarter of the way, downwards",
        "full",
        "far beyond full",
        "a value that is not ready",
        "half way, upwards",
        "below the threshold",
    ],
)
def test_formulas(formula: Callable[[Terms], float], terms: Terms, confidence: float) -> None:
    assert formula(terms) == pytest.approx(confidence, abs=1e-15)


parts = st.dictionaries(
    st.text(min_size=1, max_size=8),
    st.tuples(st.floats(min_value=0, exclude_min=True, max_value=1e6), st.none() | fractions),
    min_size=1,
    max_size=32,
)


@st.composite
def terms_of(draw: st.DrawFn, method: ConfidenceMethod) -> dict[str, float]:
    """All that a signal with a confidence of this kind can carry."""
    if method == "fixed":
        return {"value": draw(fractions)}
    if method == "weighted":
        found: dict[str, float] = {}
        for name, (weight, value) in draw(parts).items():
            found[f"weight.{name}"] = weight
            if value is not None:
                found[f"value.{name}"] = value
        return found
    threshold = draw(numbers)
    terms = {"threshold": threshold, "full": draw(numbers.filter(lambda full: full != threshold))}
    terms |= {"least": draw(fractions), "most": draw(fractions)}
    value = draw(st.none() | numbers)
    return terms if value is None else terms | {"value": value}


@pytest.mark.parametrize("method", ["fixed", "weighted", "scaled"])
@given(data=st.data())
def test_confidence_is_recomputed_to_the_bit_from_the_bytes_of_the_signal_alone(
    method: ConfidenceMethod, data: st.DataObject
) -> None:
    terms = data.draw(terms_of(method))
    confidence = FORMULAS[method](terms)
    assert 0 <= confidence <= 1
    made = SIGNAL.model_dump() | {
        "confidence": confidence,
        "confidence_method": method,
        "confidence_terms": terms,
    }
    codec = Codec(SingleObject())
    received = codec.decode(codec.encode(Signal.model_validate(made)), Signal)
    assert recompute(received) == received.confidence == confidence


@given(terms=terms_of("weighted"), seed=st.integers(0, 99))
def test_order_of_the_parts_does_not_matter(terms: dict[str, float], seed: int) -> None:
    shuffled = list(terms.items())
    random.Random(seed).shuffle(shuffled)
    assert weighted(dict(shuffled)) == weighted(terms)


def test_signal_from_before_there_were_terms_has_the_confidence_that_its_rule_stated() -> None:
    old = SIGNAL.model_copy(update={"confidence_method": "fixed", "confidence_terms": {}})
    assert recompute(old) == old.confidence


@pytest.mark.parametrize(
    ("method", "terms", "got"),
    [("weighted", {}, "none"), ("scaled", {"value": 1.0}, "value"), ("fixed", {"weight.a": 1.0}, r"weight\.a")],
)
def test_terms_of_another_method_are_refused(method: str, terms: dict[str, float], got: str) -> None:
    odd = SIGNAL.model_copy(update={"confidence_method": method, "confidence_terms": terms})
    with pytest.raises(
        ValueError, match=rf"^signal [0-9a-f]{{32}}: expected the terms of a {method} confidence, got {got}$"
    ):
        recompute(odd)
