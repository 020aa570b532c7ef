"""How sure a rule is, from the values that it reads at one candle."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.events import Transition
from operators.expressions.compiled import compile_expression
from operators.expressions.errors import ExpressionErrors
from operators.expressions.scope import Scope
from operators.strategy.catalog import Catalog
from operators.strategy.confidence import CompiledConfidence, compile_confidence
from operators.strategy.names import scope_of
from operators.strategy.step import StrategyStep
from operators.tally import Tally
from schemas.confidence import FORMULAS, recompute
from schemas.signal import Signal
from schemas.signal_config import Confidence, ScaledConfidence, SignalConfig, WeightedConfidence
from tests.operators.plain_engine import MINUTE, START, SYMBOL, desired, version
from tests.operators.strategy.said_records import spoken
from tests.operators.strategy.test_position_rules import frames

SCOPE = Scope(
    columns={"rsi": "rsi", "atr": "atr"},
    states={"rising_day": "close > open"},
    models={"net": ("confidence", "value"), "other": ("value",)},
)
SUBTYPES = {"lstm": "net"}
RULE = "rsi < 30 AND (rising_day OR close > 100) AND net.value > 0"


def compiled(confidence: Confidence, rule: str = RULE) -> CompiledConfidence:
    tree = compile_expression(rule, SCOPE, where="rule").tree
    return compile_confidence(confidence, SCOPE, tree, where="signals.low", subtypes=SUBTYPES)


def weighted(weights: dict[str, float], rule: str = RULE, **parts: str) -> CompiledConfidence:
    return compiled(WeightedConfidence(method="weighted", weights=weights, parts=parts), rule)


def measured(confidence: CompiledConfidence, **values: float) -> tuple[float, dict[str, float]]:
    """At a candle with these values by column, NaN for all others."""
    return confidence.measure(*[values.get(column.rpartition(":")[2], math.nan) for column, _ in confidence.operands])


@pytest.mark.parametrize(
    ("name", "text", "values", "value"),
    [
        ("part", "rsi < 30", {"rsi": 20.0}, 1.0),
        ("part", "rsi < 30", {"rsi": 40.0}, 0.0),
        ("part", "rsi / 100", {"rsi": 40.0}, 0.4),
        ("part", "rsi / 100", {"rsi": 400.0}, 1.0),
        ("part", "rsi / 100", {"rsi": -4.0}, 0.0),
        ("part", "rsi / 100", {}, None),
        ("part", "rsi < 30", {}, None),
        ("atr", None, {"atr": 0.25}, 0.25),
        ("rising_day", None, {"close": 2.0, "open": 1.0}, 1.0),
        ("net.value", None, {"net.value": 0.5}, 0.5),
        ("net_confidence", None, {"net.confidence": 0.5}, 0.5),
        ("lstm_confidence", None, {"net.confidence": 0.75}, 0.75),
        ("lstm_confidence", None, {}, None),
    ],
    ids=[
        "condition that holds",
        "condition that does not",
        "number",
        "number above 1",
        "number below 0",
        "number that is not ready",
        "condition that is not ready",
        "indicator",
        "state",
        "output of a model",
        "confidence by the model's id",
        "confidence by the model's subtype",
        "model that has said nothing yet",
    ],
)
def test_what_a_part_counts(name: str, text: str | None, values: dict[str, float], value: float | None) -> None:
    confidence = weighted({name: 3.0, "sure": 1.0}, sure="1 > 0", **({} if text is None else {name: text}))
    expected = {f"weight.{name}": 3.0, "weight.sure": 1.0, "value.sure": 1.0}
    if value is not None:
        expected[f"value.{name}"] = value
    said, terms = measured(confidence, **values)
    assert said == pytest.approx((3 * (value or 0) + 1) / 4)
    assert terms == expected


@pytest.mark.parametrize(
    ("rule", "values", "share"),
    [
        ("rsi < 30 AND close > 100 AND net.value > 0", {"rsi": 20.0, "close": 99.0}, 0.5),
        ("rsi < 30 OR close > 100 OR net.value > 0", {"rsi": 20.0, "close": 101.0}, 1.0),
        ("rsi < 30 OR rising_day OR close > 100", {"rsi": 20.0, "close": 3.0, "open": 4.0}, 1 / 3),
        ("rsi < 30", {"rsi": 20.0}, 1.0),
        ("rsi < 30 AND (close > 100 OR net.value > 0)", {"rsi": 40.0, "close": 101.0}, 0.0),
    ],
    ids=["and", "or", "a third", "one condition", "a group that reads a model is no technical condition"],
)
def test_technical_confirmation_is_the_share_of_conditions_without_a_model_that_hold(
    rule: str, values: dict[str, float], share: float
) -> None:
    confidence = weighted({"technical_confirmation": 2.0}, rule)
    assert measured(confidence, **values)[0] == pytest.approx(share)


def test_terms_come_by_name_in_whatever_order_the_weights_were_written() -> None:
    one, other = (weighted(dict(order)) for order in ([("rsi", 1.0), ("atr", 2.0)], [("atr", 2.0), ("rsi", 1.0)]))
    terms = [list(measured(each, rsi=0.5, atr=0.25)[1]) for each in (one, other)]
    assert terms[0] == terms[1]


def test_a_part_of_ones_own_may_take_a_built_in_name() -> None:
    confidence = weighted({"technical_confirmation": 1.0}, technical_confirmation="atr")
    assert measured(confidence, atr=0.5)[0] == 0.5


def test_operands_are_read_once_and_their_indicators_are_known() -> None:
    scope = scope_of({}, {})
    tree = compile_expression("rsi_14 < 30", scope, where="rule").tree
    about = WeightedConfidence(
        method="weighted", weights={"a": 1.0, "b": 1.0}, parts={"a": "rsi_9 < 20 AND close > 1", "b": "rsi_9 / close"}
    )
    confidence = compile_confidence(about, scope, tree, where="signals.low")
    assert confidence.operands == (("rsi(close,period=9).rsi", 0), ("close", 0))
    assert [indicator.key for indicator in confidence.indicators] == ["rsi(close,period=9)"]


@pytest.mark.parametrize(("rsi", "confidence"), [(30.0, 0.5), (25.0, 0.75), (10.0, 1.0), (50.0, 0.5), (math.nan, 0.5)])
def test_scaled_by_the_distance_to_the_threshold(rsi: float, confidence: float) -> None:
    scaled = compiled(ScaledConfidence(method="scaled", value="rsi", threshold=30.0, full=20.0))
    said, terms = measured(scaled, rsi=rsi)
    assert said == confidence
    assert ("value" in terms) is not math.isnan(rsi)
    assert {name: terms[name] for name in terms if name != "value"} == {
        "threshold": 30.0,
        "full": 20.0,
        "least": 0.5,
        "most": 1.0,
    }


any_value = st.sampled_from([math.nan, math.inf, -math.inf, 0.0, -0.0, 1e308, -1e308]) | st.floats()


@settings(deadline=None)
@given(values=st.lists(any_value, min_size=6, max_size=6))
def test_any_values_give_a_confidence_that_its_terms_give_again(values: list[float]) -> None:
    parts = {"a": "rsi < atr", "b": "rsi / atr", "c": "close * 1e200"}
    names = {"a": 0.1, "b": 0.7, "c": 1e6, "lstm_confidence": 3.0, "technical_confirmation": 0.3}
    for confidence in (
        weighted(names, **parts),
        compiled(ScaledConfidence(method="scaled", value="rsi / atr", threshold=-1e308, full=1e308)),
    ):
        said, terms = confidence.measure(*values[: len(confidence.operands)])
        assert 0 <= said <= 1
        assert all(map(math.isfinite, terms.values()))
        assert FORMULAS[confidence.method](terms) == said


@pytest.mark.parametrize(
    ("confidence", "rule", "complaint"),
    [
        (
            WeightedConfidence(method="weighted", weights={"rsii": 1.0, "x": 1.0}, parts={"x": "close >"}),
            RULE,
            r'weights\.rsii, .*"rsii"(.|\n)*\nsignals\.low\.confidence\.parts\.x, character 8',
        ),
        (
            WeightedConfidence(method="weighted", weights={"other_confidence": 1.0}),
            RULE,
            r'weights\.other_confidence, .*unknown output "other\.confidence": write other\.value',
        ),
        (
            WeightedConfidence(method="weighted", weights={"technical_confirmation": 1.0}),
            "net.value > 0",
            r"weights\.technical_confirmation, .*: expected a condition that reads no model for",
        ),
        (
            ScaledConfidence(method="scaled", value="rsi < 30", threshold=1.0, full=2.0),
            RULE,
            r"value, character 1: expected a number",
        ),
    ],
    ids=["every part at once", "output that the model has not", "nothing technical", "a condition to scale by"],
)
def test_what_cannot_be_measured_is_refused(confidence: Confidence, rule: str, complaint: str) -> None:
    with pytest.raises(ExpressionErrors, match=rf"^signals\.low\.confidence\.{complaint}"):
        compiled(confidence, rule)


@pytest.mark.parametrize(
    ("confidence", "expected"),
    [
        ({"method": "fixed", "value": 0.25}, 0.25),
        (
            {"method": "weighted", "weights": {"a": 3.0, "b": 1.0}, "parts": {"a": "close > 150", "b": "volume > 1"}},
            0.75,
        ),
        ({"method": "scaled", "value": "close", "threshold": 100.0, "full": 400.0, "least": 0.0}, 1 / 3),
        ({"method": "scaled", "value": "position.bars_held", "threshold": 0.0, "full": 4.0}, 0.75),
    ],
    ids=["fixed", "weighted", "scaled", "by the position"],
)
def test_signal_carries_confidence_method_and_terms(confidence: dict[str, object], expected: float) -> None:
    rules = [
        SignalConfig(id="in", type="entry", expression="volume == 1"),
        SignalConfig.model_validate(
            {"id": "out", "type": "exit", "expression": "close == 200", "confidence": confidence}
        ),
    ]
    about = version("sure", rules=rules)
    step = StrategyStep(Catalog(), Tally())
    go = Transition(SYMBOL, "1m", START, START + MINUTE, 100.0, desired(about), about)
    *_, signal = spoken(step.on_batch([go, frames([(1.0, 100.0), (0.0, 100.0), (0.0, 200.0)])]))
    assert isinstance(signal, Signal)
    assert signal.confidence_method == confidence["method"]
    assert recompute(signal) == signal.confidence == pytest.approx(expected)
