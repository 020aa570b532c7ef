"""The watchlist's records: every shape of an asset, what must hold in it, and its one canonical text."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from pydantic import ValidationError

from schemas.avro.known import current_schema
from schemas.avro.schema import parse_avro_schema
from schemas.codec import Codec
from schemas.decode_error import DecodeError
from schemas.framing import ConfluentWire
from schemas.watchlist import AssetConfig, TimeframeConfig, WatchlistEntry
from tests.schemas.avro_by_hand import NULL, confluent, some, string
from tests.schemas.fake_registry import FakeRegistry
from tests.schemas.watchlist_configs import assets


# As the multi-timeframe document has them, field by field.
@dataclass
class SeedTimeframeConfig:
    name: str  # "1s", "1m", "5m", "1h", "1d"
    trading_style: str  # "day", "swing", "position"
    update_frequency_seconds: int
    enabled: bool = True
    buffer_size: int = 1000  # Data points to keep in memory


@dataclass
class SeedAssetConfig:
    symbol: str
    enabled: bool
    data_provider: str
    timeframes: dict[str, SeedTimeframeConfig]  # Changed from List[str]
    priority: int = 1
    asset_type: str = "stock"
    last_updated: datetime | None = None


SEED = SeedAssetConfig(
    symbol="AAPL",
    enabled=True,
    data_provider="alpaca",
    timeframes={
        "1m": SeedTimeframeConfig("1m", "day", 1),
        "1h": SeedTimeframeConfig("1h", "swing", 60, buffer_size=500),
        "1d": SeedTimeframeConfig("1d", "position", 300, enabled=False),
    },
    last_updated=datetime(2025, 5, 9, 18, 18, tzinfo=UTC),
)
SEED_JSON = json.dumps(asdict(SEED), default=datetime.isoformat)


def test_the_seeds_asset_is_taken_as_it_is() -> None:
    asset = AssetConfig.model_validate_json(SEED_JSON)
    assert (asset.symbol, asset.enabled, asset.data_provider) == ("AAPL", True, "alpaca")
    assert (asset.priority, asset.asset_type, asset.last_updated) == (1, "stock", SEED.last_updated)
    seeds = [asdict(one) for one in SEED.timeframes.values()]
    assert [one.model_dump(exclude={"aggregation_method"}) for one in asset.timeframes] == seeds
    assert asset.enabled_timeframes == ("1m", "1h")
    assert AssetConfig.model_validate(asdict(SEED)) == asset


def test_the_defaults_are_those_of_the_seed_and_change_nothing_else() -> None:
    asset = AssetConfig(symbol="BTCUSDT")
    assert (asset.enabled, asset.data_provider, asset.timeframes, asset.priority) == (True, "", (), 1)
    assert (asset.asset_type, asset.last_updated, asset.base_timeframe) == ("stock", None, None)
    assert (asset.quiet_market, asset.session, asset.consensus) == (False, None, None)
    timeframe = TimeframeConfig(name="4h")
    assert (timeframe.trading_style, timeframe.enabled, timeframe.aggregation_method) == ("swing", True, "ohlc")
    assert (timeframe.update_frequency_seconds, timeframe.buffer_size) == (None, None)


@pytest.mark.parametrize(
    "given_timeframes",
    [
        ["1h", "5m"],
        [{"name": "1h"}, "5m"],
        {"1h": {}, "5m": {"name": "5m"}},
        [{"name": "1h", "trading_style": "swing"}, {"name": "5m", "trading_style": "day"}],
    ],
    ids=["names", "mixed", "by name", "whole"],
)
def test_timeframes_may_be_written_in_any_shape(given_timeframes: object) -> None:
    whole = AssetConfig(symbol="B", timeframes=(TimeframeConfig(name="1h"), TimeframeConfig(name="5m")))
    text = json.dumps({"symbol": "B", "timeframes": given_timeframes})
    assert AssetConfig.model_validate_json(text) == whole
    assert AssetConfig.model_validate({"symbol": "B", "timeframes": given_timeframes}) == whole


def test_timeframes_are_found_by_name_and_listed_from_the_shortest() -> None:
    asset = AssetConfig.model_validate(
        {"symbol": "B", "timeframes": ["1d", "90m", "1h", {"name": "5m", "enabled": False}, "1m"]}
    )
    assert asset.enabled_timeframes == ("1m", "1h", "90m", "1d")
    found = asset.timeframe("5m")
    assert found is not None
    assert not found.enabled
    assert asset.timeframe("2h") is None


SESSION = {"zone": "America/New_York", "opens": "09:30", "closes": "16:00"}


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"symbol": "a b"}, "match pattern"),
        ({"symbol": "a|b"}, "match pattern"),
        ({"enabled": "yes"}, "valid boolean"),
        ({"timeframes": ["5m", "1h", "5m"]}, "expected each of timeframes once, got '5m' again"),
        ({"timeframes": ["1q"]}, "expected a timeframe such as 1m"),
        ({"timeframes": {"5m": {"name": "1m"}}}, "expected the name '5m' here, got '1m'"),
        ({"timeframes": ["5m"] * 33}, "at most 32 items"),
        ({"timeframes": "5m"}, "valid array"),
        (
            {"timeframes": ["5m", "7m"], "base_timeframe": "5m"},
            "expected a whole multiple of the base timeframe 5m, of which bars are made, got '7m'",
        ),
        ({"timeframes": ["1m"], "base_timeframe": "5m"}, "multiple of the base timeframe 5m, .* got '1m'"),
        ({"timeframes": ["1w"], "base_timeframe": "7d"}, "multiple of the base timeframe 7d, .* got '1w'"),
        ({"timeframes": ["2d"], "session": SESSION}, "expected a part of a day, 1d or 1w, .* got '2d'"),
        ({"timeframes": ["7m"], "session": SESSION}, "expected a part of a day, 1d or 1w, .* got '7m'"),
        ({"timeframes": ["2w"], "session": SESSION}, "expected a part of a day, 1d or 1w, .* got '2w'"),
        ({"timeframes": [{"name": "1m", "buffer_size": 63}]}, "greater than or equal to 64"),
        ({"timeframes": [{"name": "1m", "buffer_size": 65_537}]}, "less than or equal to 65536"),
        ({"timeframes": [{"name": "1m", "update_frequency_seconds": 0}]}, "greater than or equal to 1"),
        ({"timeframes": [{"name": "1m", "aggregation_method": "mean"}]}, "'ohlc', 'vwap' or 'typical'"),
        ({"timeframes": [{"name": "1m", "trading_style": "scalp"}]}, "'day', 'swing' or 'position'"),
        ({"priority": 0}, "greater than or equal to 1"),
        ({"priority": 10**30}, "less than or equal to 1000|Unable to parse"),
        ({"data_provider": "x" * 101}, "at most 100 characters"),
        ({"asset_type": ""}, "at least 1 character"),
        ({"last_updated": "2025-05-09T18:18:00"}, "expected a time in UTC such as 2025-05-09T18:18:00Z"),
        ({"base_timeframe": "1x"}, "expected a timeframe such as 1m"),
        ({"consensus": {"minimum_strategies": 0}}, "greater than or equal to 1"),
        ({"consensus": {"minimum_agreement": 1.1}}, "less than or equal to 1"),
        ({"colour": "red"}, "Extra inputs"),
    ],
)
def test_an_asset_that_makes_no_sense_is_refused(fields: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        AssetConfig.model_validate_json(json.dumps({"symbol": "B", **fields}))


def test_parts_of_a_day_days_and_weeks_can_be_made_of_sessions() -> None:
    fitting = {"symbol": "B", "session": SESSION, "timeframes": ["1m", "45m", "1h", "1d", "1w"]}
    assert len(AssetConfig.model_validate_json(json.dumps(fitting)).timeframes) == 5


@given(assets())
def test_the_canonical_text_is_the_whole_asset(asset: AssetConfig) -> None:
    text = asset.canonical_json()
    again = AssetConfig.model_validate_json(text)
    assert again == asset
    assert again.canonical_json() == text
    assert list(json.loads(text)) == sorted(AssetConfig.model_fields)


def test_an_entry_speaks_of_its_own_symbol() -> None:
    with pytest.raises(ValidationError, match="expected an asset of 'BTCUSDT', got one of 'ETHUSDT'"):
        WatchlistEntry(symbol="BTCUSDT", asset=AssetConfig(symbol="ETHUSDT"), command="c")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{}", r"invalid: WatchlistEntry\.asset\.symbol: Field required"),
        ("[1]", r"invalid: WatchlistEntry\.asset: "),
        ("no JSON", r"invalid: WatchlistEntry\.asset: Invalid JSON"),
        ("[" * 10_000, r"invalid: WatchlistEntry\.asset: Invalid JSON"),
        ('{"symbol": "B", "timeframes": ["1q"]}', "expected a timeframe such as 1m"),
        ('{"symbol": "B", "timeframes": ["7m", "7m"]}', "expected each of timeframes once, got '7m' again"),
        ('{"symbol": "ETH"}', "expected an asset of 'B', got one of 'ETH'"),
        ('{"symbol": "B", "priority": 1e400}', "invalid: WatchlistEntry"),
    ],
)
def test_bytes_that_hold_no_asset_are_refused(text: str, complaint: str) -> None:
    body = string("B") + some(string(text)) + NULL + string("c") + string("") + NULL + string("")
    registry = FakeRegistry(current_schema(WatchlistEntry).text)
    with pytest.raises(DecodeError, match=complaint):
        Codec(ConfluentWire(registry)).decode(confluent(1, body), WatchlistEntry)


def test_an_entry_that_says_more_than_we_know_is_read() -> None:
    schema = json.loads(current_schema(WatchlistEntry).text)
    schema["fields"].append({"name": "colour", "type": "string"})
    newer = parse_avro_schema(json.dumps(schema)).text
    body = string("B") + NULL + NULL + string("c") + string("") + NULL + string("") + string("red")
    found: Any = Codec(ConfluentWire(FakeRegistry(newer))).decode(confluent(1, body), WatchlistEntry)
    assert found == WatchlistEntry(symbol="B", asset=None, command="c")
