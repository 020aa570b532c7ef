"""A strategy that asks for what the engine cannot do yet is told what that is."""

import json

import pytest

from operators.strategy.runnable import unrunnable
from schemas.strategy_examples import MODELS, POSTPROCESSING, STRATEGY
from schemas.strategy_file import load_strategy, parse_strategy
from tests.schemas.seed_documents import FLAT, LISTED, advanced


@pytest.mark.parametrize("text", [FLAT, LISTED, json.dumps(STRATEGY)], ids=["flat", "listed", "normal"])
def test_technical_strategy_can_run(text: str) -> None:
    assert unrunnable(load_strategy(text.encode(), origin="seed")) == []


def test_each_model_that_cannot_run_is_named_with_its_type() -> None:
    config = parse_strategy(advanced(), origin="seed")
    assert [str(problem) for problem in unrunnable(config)] == [
        ("models.0: expected a model that this release can run (none yet), got 'lstm_price_predictor' of type ml/lstm"),
        "models.1: expected a model that this release can run (none yet), got 'arima_trend' of type traditional/arima",
    ]


def test_postprocessing_is_named_too() -> None:
    document = {**STRATEGY, "models": MODELS, "postprocessing": POSTPROCESSING}
    found = [problem.where for problem in unrunnable(parse_strategy(document, origin="example"))]
    assert found == ["models.0", "models.1", "postprocessing.0", "postprocessing.1"]
