"""A strategy's configuration: its rules, its binding, and its one canonical text."""

import json
from typing import Any

import pytest
from hypothesis import given
from pydantic import ValidationError

from schemas.strategy import IndicatorConfig, RiskConfig, RuleConfig, StrategyConfig, slug
from tests.records import configs

ENTRY = RuleConfig(id="up", type="entry", condition="macd > 0")
EXIT = RuleConfig(id="down", type="exit", condition="macd < 0")


def strategy(**changes: Any) -> StrategyConfig:  # noqa: ANN401  # as StrategyConfig's
    return StrategyConfig(**{"id": "macd", "name": "MACD", "rules": (ENTRY, EXIT)} | changes)


def test_the_defaults_run_everywhere_and_are_long_and_sure() -> None:
    config = strategy()
    assert (config.symbols, config.timeframes, config.risk) == (("*",), ("*",), None)
    assert (ENTRY.side, ENTRY.confidence) == ("long", 1.0)
    assert config.binds("ANY", "7m")


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"id": "a|b"}, "match pattern"),
        ({"id": "a@1"}, "match pattern"),
        ({"name": ""}, "at least 1 character"),
        ({"rules": ()}, "at least 1 item"),
        ({"rules": (EXIT,)}, "expected at least one entry rule, got only exits"),
        ({"rules": (ENTRY, ENTRY)}, "expected each rule once, got up more than once"),
        ({"symbols": ("B", "A", "B")}, "expected each symbol once, got B more than once"),
        ({"symbols": ()}, "at least 1 item"),
        ({"timeframes": ("1m", "1m")}, "expected each timeframe once, got 1m more than once"),
        ({"timeframes": ("1x",)}, "expected a timeframe such as 1m"),
        ({"indicators": (IndicatorConfig(name="a", type="rsi"),) * 2}, "expected each indicator once, got a more than"),
        ({"rules": [ENTRY]}, "valid tuple"),
    ],
)
def test_a_configuration_that_cannot_work_is_refused(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        strategy(**changes)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"condition": " \n"}, "expected a condition such as 'rsi < 30', got nothing"),
        ({"condition": "x" * 1_000_000}, "expected at most 2,000 characters, got 1,000,000"),
        ({"confidence": 1.5}, "less than or equal to 1"),
        ({"confidence": float("nan")}, "finite number"),
        ({"side": "flat"}, "'long' or 'short'"),
    ],
)
def test_a_rule_that_cannot_work_is_refused(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        RuleConfig(**{"id": "r", "type": "entry", "condition": "x"} | changes)


@pytest.mark.parametrize("limits", [{"max_position_size": 0.0}, {"stop_loss": 1.0}, {"take_profit": -0.1}])
def test_a_risk_limit_is_a_usable_fraction(limits: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match=next(iter(limits))):
        RiskConfig(**limits)


@pytest.mark.parametrize(
    ("symbols", "symbol", "binds"),
    [
        (("BTCUSDT",), "BTC/USDT", True),
        (("BTC/USDT",), "BTCUSDT", True),
        (("BTCUSDT",), "ETHUSDT", False),
        (("*",), "X", True),
    ],
)
def test_a_strategy_binds_its_symbols_with_or_without_the_slash(
    symbols: tuple[str, ...], symbol: str, *, binds: bool
) -> None:
    config = strategy(symbols=symbols, timeframes=("1m",))
    assert config.binds(symbol, "1m") is binds
    assert config.binds_symbol(symbol) is binds
    assert not config.binds(symbol, "5m")


@given(configs)
def test_the_canonical_text_is_the_whole_strategy(config: StrategyConfig) -> None:
    text = config.canonical_json()
    again = StrategyConfig.model_validate_json(text)
    assert again == config
    assert again.canonical_json() == text
    assert again.fingerprint() == config.fingerprint()
    assert list(json.loads(text)) == sorted(StrategyConfig.model_fields)


def test_the_fingerprint_tells_strategies_apart() -> None:
    assert strategy().fingerprint() == strategy(symbols=("*",)).fingerprint()
    assert strategy().fingerprint() != strategy(name="MACD 2").fingerprint()


@pytest.mark.parametrize(
    ("text", "expected"), [("BTC/USDT 15m", "btc_usdt_15m"), ("__", "unnamed"), ("a" * 99, "a" * 64)]
)
def test_a_slug_is_a_usable_id(text: str, expected: str) -> None:
    assert slug(text) == expected
    assert strategy(id=slug(text)).id == expected
