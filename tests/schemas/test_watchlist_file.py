"""Watchlist files: every accepted shape, and what providers and the whole list add; any other gives the one error."""

import json
from copy import deepcopy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.problems import WatchlistFileError
from schemas.watchlist import AssetConfig, ConsensusConfig
from schemas.watchlist_examples import ASSET, BY_SYMBOL, EXAMPLES, WATCHLIST
from schemas.watchlist_file import load_watchlist
from tests.schemas.test_broken_files import places, values
from tests.schemas.test_watchlist import SEED_JSON
from tests.schemas.watchlist_configs import assets


def load(document: object) -> tuple[AssetConfig, ...]:
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    return load_watchlist(content, origin="watchlist.json")


def test_a_whole_watchlist_says_what_its_assets_do_not() -> None:
    btc, eth, apple = load(WATCHLIST)
    usual = ("5m", "15m", "1h", "4h", "1d")
    assert (btc.symbol, btc.data_provider, btc.base_timeframe) == ("BTCUSDT", "binance", "1m")
    assert (btc.enabled_timeframes, btc.quiet_market, btc.session) == (usual, False, None)
    assert btc.consensus == ConsensusConfig()
    assert (eth.enabled_timeframes, eth.priority) == (usual, 2)
    assert eth.consensus == ConsensusConfig(minimum_strategies=3, cool_down="1h")
    assert (apple.data_provider, apple.quiet_market, apple.enabled_timeframes) == ("nasdaq", True, ("5m", "1h", "1d"))
    assert apple.session is not None
    assert (apple.session.opens, apple.session.days) == ("09:30", "mon-fri")
    hour = apple.timeframe("1h")
    assert hour is not None
    assert (hour.trading_style, hour.buffer_size) == ("day", 500)


def test_assets_and_timeframes_may_stand_by_name() -> None:
    btc, eth = load(BY_SYMBOL)
    assert (btc.symbol, btc.enabled, eth.symbol, eth.enabled) == ("BTCUSDT", True, "ETHUSDT", False)
    assert btc.enabled_timeframes == eth.enabled_timeframes == ("5m", "1h")


def test_a_file_may_be_a_list_of_symbols_or_one_asset() -> None:
    assert load(["BTCUSDT", {"symbol": "ETHUSDT"}]) == (AssetConfig(symbol="BTCUSDT"), AssetConfig(symbol="ETHUSDT"))
    (asset,) = load(ASSET)
    assert (asset.symbol, asset.enabled_timeframes) == ("AAPL", ("1m", "1h", "1d"))


def test_the_seeds_asset_is_taken_alone_in_a_list_and_by_symbol() -> None:
    seed = json.loads(SEED_JSON)
    expected = (AssetConfig.model_validate_json(SEED_JSON),)
    for document in (seed, [seed], {"assets": [seed]}, {"assets": {"AAPL": seed}}):
        assert load(document) == expected


def test_what_an_asset_says_itself_goes_first_even_if_it_is_nothing() -> None:
    own = {"symbol": "B", "base_timeframe": "5m", "quiet_market": True, "consensus": None, "timeframes": []}
    (asset,) = load({**WATCHLIST, "assets": [own]})
    assert (asset.base_timeframe, asset.quiet_market, asset.consensus, asset.timeframes) == ("5m", True, None, ())
    (nobodys,) = load({**WATCHLIST, "assets": [{"symbol": "B", "data_provider": ""}]})
    assert (nobodys.base_timeframe, nobodys.enabled_timeframes[0]) == (None, "5m")


@given(st.lists(assets(), min_size=1, max_size=3, unique_by=lambda asset: asset.symbol.replace("/", "")))
@settings(deadline=None)
def test_what_is_shown_can_be_applied_again(listed: list[AssetConfig]) -> None:
    shown = [asset.model_dump(mode="json") for asset in listed]
    assert load(shown) == tuple(listed)
    assert load({"timeframes": ["1m"], "consensus": True, "assets": shown}) == tuple(listed)


def test_either_spelling_comments_and_a_byte_order_mark_are_taken() -> None:
    document = {
        "$schema": "./watchlist.schema.json",
        "$comment": "all of it",
        "providers": {"$comment": "one", "x": {"baseTimeframe": "1m", "$comment": "fine"}},
        "dataProvider": "x",
        "timeframes": {"$comment": "two", "5m": {"tradingStyle": "swing"}},
        "consensus": {"minimumStrategies": 3, "windows": {"day": {"length": "2h", "every": "1h", "halfLife": "5m"}}},
        "assets": {"$comment": "one", "B": {"$comment": "it", "quietMarket": True}},
    }
    (asset,) = load(b"\xef\xbb\xbf" + json.dumps(document).encode())
    assert (asset.data_provider, asset.base_timeframe, asset.quiet_market) == ("x", "1m", True)
    assert asset.timeframes[0].trading_style == "swing"
    assert asset.consensus is not None
    assert (asset.consensus.minimum_strategies, asset.consensus.windows["day"].half_life) == (3, "5m")


@settings(deadline=None, max_examples=400)
@given(st.sampled_from(EXAMPLES), values, st.data())
def test_whatever_stands_at_a_place_gives_a_watchlist_or_the_one_error(
    good: Any,  # noqa: ANN401  # any JSON
    value: object,
    data: st.DataObject,
) -> None:
    document = deepcopy(good)
    place = data.draw(st.sampled_from(places(document)))
    at = document
    for part in place[:-1]:
        at = at[part]
    if data.draw(st.integers(0, 9)) == 0:
        del at[place[-1]]
    else:
        at[place[-1]] = value
    try:
        listed = load(document)
    except WatchlistFileError as error:
        assert str(error).encode()  # noqa: PT017  # either way is right; it can be shown
        assert len(str(error)) < 20_000  # noqa: PT017  # as above
    else:
        assert load([asset.model_dump(mode="json") for asset in listed]) == listed


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_give_a_watchlist_or_the_one_error(content: bytes) -> None:
    try:
        listed = load(content)
    except WatchlistFileError as error:
        assert error.problems  # noqa: PT017  # either way is right
    else:
        assert listed
