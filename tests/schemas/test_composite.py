"""Composites, consensus and late signals: keys, ids, the signals behind them, and their bounds."""

import json
from typing import Any

import pytest
from hypothesis import given
from pydantic import ValidationError

from schemas.codec import Codec
from schemas.composite import (
    MAX_TIMEFRAMES,
    MAX_VOICES,
    Composite,
    Consensus,
    LateSignal,
    Voice,
    composite_id,
    consensus_id,
)
from schemas.framing import ConfluentWire
from schemas.record import from_milliseconds
from schemas.strategy import StrategyConfig
from schemas.watchlist import AssetConfig
from tests.records import BY_TYPE
from tests.schemas.fake_registry import FakeRegistry

LONGEST = Voice("f" * 32, "s" * 100, "9999w", "r" * 64, "short", confidence=1.0, weight=1e6, age_ms=2**62, price=1e9)
BASE = Voice("0" * 32, "macd", "1h", "up", "long", confidence=0.5, weight=2.0, age_ms=0, price=1.0)
TIME = from_milliseconds(3_600_000)


def composite(**changes: Any) -> Composite:  # noqa: ANN401  # as Composite's
    fields: dict[str, Any] = {
        "id": "0" * 32,
        "strategy": "macd",
        "version": 1,
        "symbol": "BTC/USDT",
        "timeframe": "1h",
        "trading_style": "swing",
        "window_start": from_milliseconds(0),
        "window_end": TIME,
        "side": "long",
        "price": 1.0,
        "base": BASE,
        "supporting": (),
        "opposing": (),
        "timeframes": {"1h": 2.0},
        "half_life_ms": 1,
        "conflict_penalty": 0.5,
        "correlation_strength": 0.0,
        "composite_confidence": 0.5,
    }
    return Composite(**fields | changes)


def consensus(**changes: Any) -> Consensus:  # noqa: ANN401  # as Consensus's
    fields: dict[str, Any] = {
        "id": "0" * 32,
        "symbol": "BTC/USDT",
        "trading_style": "day",
        "window_start": from_milliseconds(0),
        "window_end": TIME,
        "side": "long",
        "agreeing": (BASE,),
        "opposing": (),
        "strategies": 2,
        "half_life_ms": 1,
        "agreement": 1.0,
    }
    return Consensus(**fields | changes)


def test_keys_keep_what_belongs_together_in_one_partition() -> None:
    assert composite().key == "macd|BTC/USDT"
    assert consensus().key == "*|BTC/USDT"
    late = LateSignal(
        id="0" * 32, strategy="macd", symbol="BTC/USDT", timeframe="1h", close_time=TIME, watermark=TIME, count=1
    )
    assert late.key == "macd|BTC/USDT"
    assert late.model_copy(update={"weighed": "strategies"}).key == "*|BTC/USDT"


def test_the_key_of_a_consensus_is_no_strategys() -> None:
    with pytest.raises(ValidationError, match="match pattern"):
        StrategyConfig.model_validate({"id": consensus().key.split("|")[0]})


def test_all_signals_behind_a_record_are_named() -> None:
    for_it, against = BASE._replace(signal="1" * 32), BASE._replace(signal="2" * 32)
    assert composite(supporting=(for_it,), opposing=(against,)).signals == ("0" * 32, "1" * 32, "2" * 32)
    assert consensus(agreeing=(for_it,), opposing=(against,)).signals == ("1" * 32, "2" * 32)


def test_ids_tell_apart_whatever_differs_and_nothing_else() -> None:
    one: list[Any] = ["macd", 1, "BTCUSDT", "1h", "swing", TIME]
    later = from_milliseconds(3_660_000)
    others = ["macds", 2, "ETHUSDT", "4h", "position", later]
    changed = [[*one[:at], other, *one[at + 1 :]] for at, other in enumerate(others)]
    ids = [composite_id(*parts) for parts in (one, *changed)]
    ids += [consensus_id("BTCUSDT", "swing", TIME), consensus_id("BTCUSDT", "day", TIME)]
    ids += [consensus_id("ETHUSDT", "swing", TIME), consensus_id("BTCUSDT", "swing", later)]
    assert len(set(ids)) == len(ids)
    assert composite_id(*one) == ids[0]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"composite_confidence": 1.01}, "less than or equal to 1"),
        ({"correlation_strength": -0.01}, "greater than or equal to 0"),
        ({"price": 0.0}, "greater than 0"),
        ({"half_life_ms": 0}, "greater than or equal to 1"),
        ({"trading_style": "scalp"}, "'day', 'swing' or 'position'"),
        ({"supporting": (BASE,) * (MAX_TIMEFRAMES + 1)}, "at most 64 items"),
        ({"timeframes": {f"{count}m": 1.0 for count in range(1, 66)}}, "at most 64 items"),
        ({"timeframes": {"1h": 0.0}}, "greater than 0"),
        ({"base": BASE._replace(confidence=2.0)}, "less than or equal to 1"),
        ({"base": {**BASE._asdict(), "side": "flat"}}, "'long' or 'short'"),
        ({"base": BASE._replace(age_ms=-1)}, "greater than or equal to 0"),
        ({"base": BASE._replace(rule="r" * 65)}, "match pattern"),
    ],
)
def test_every_part_of_a_composite_has_bounds(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        composite(**changes)


def test_the_longest_records_fit_into_a_payload() -> None:
    codec = Codec(ConfluentWire(FakeRegistry()))
    longest = composite(
        strategy="s" * 100,
        symbol="S" * 64,
        base=LONGEST,
        supporting=(LONGEST,) * MAX_TIMEFRAMES,
        opposing=(LONGEST,) * MAX_TIMEFRAMES,
        timeframes={f"{count + 1000}w": 1.0 for count in range(MAX_TIMEFRAMES)},
    )
    most = consensus(symbol="S" * 64, agreeing=(LONGEST,) * MAX_VOICES, opposing=(LONGEST,) * MAX_VOICES)
    for record in (longest, most):
        assert codec.decode(codec.encode(record), type(record)) == record


def test_a_strategy_has_no_more_timeframes_on_a_symbol_than_a_composite_lists() -> None:
    named = StrategyConfig.model_json_schema()["properties"]["timeframes"]["maxItems"]
    listed = AssetConfig.model_json_schema()["properties"]["timeframes"]["maxItems"]
    assert named + listed <= MAX_TIMEFRAMES


@given(BY_TYPE[Composite])
def test_in_json_voices_are_objects_with_names(record: Composite) -> None:
    written = json.loads(record.model_dump_json())
    for voice in (written["base"], *written["supporting"], *written["opposing"]):
        assert list(voice) == list(Voice._fields)
    assert Composite.model_validate_json(record.model_dump_json()) == record


@given(BY_TYPE[Consensus])
def test_a_consensus_survives_json(record: Consensus) -> None:
    assert Consensus.model_validate_json(record.model_dump_json()) == record
