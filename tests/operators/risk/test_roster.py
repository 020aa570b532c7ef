"""Who a portfolio follows: by name or all others, on which symbols, and what is named in vain."""

from operators.risk.roster import NOT_THERE, Deployed, Member, Roster, roster
from schemas.portfolio import PortfolioConfig
from schemas.strategy import StrategyConfig
from schemas.strategy_file import parse_strategy
from schemas.watchlist import AssetConfig, WatchlistEntry


def bound(name: str, *symbols: str) -> StrategyConfig:
    rules = {"entry": {"condition": "close > open"}}
    return parse_strategy({"id": name, "symbols": symbols, "rules": rules}, origin="test")


def there(*configs: StrategyConfig, state: str = "running") -> dict[str, Deployed]:
    return {one.id: Deployed(one, state) for one in configs}


def watched(symbol: str, *, enabled: bool = True) -> dict[str, WatchlistEntry]:
    asset = AssetConfig(symbol=symbol, enabled=enabled)
    return {symbol: WatchlistEntry(symbol=symbol, asset=asset, command="watch")}


def of(config: PortfolioConfig, deployed: dict[str, Deployed], **watchlist: WatchlistEntry) -> Roster:
    return roster(config, deployed, watchlist)


TREND, DIP = bound("trend", "BTCUSDT", "ETHUSDT"), bound("dip", "BTCUSDT")


def test_those_that_are_named_stand_in_their_order_each_with_its_symbols() -> None:
    main = PortfolioConfig(id="main", strategies=("trend", "dip"), symbols=("BTC/USDT", "ETHUSDT"))
    found = of(main, {**there(TREND), **there(DIP, state="paused")})
    trend, dip = found.members
    assert trend == Member("trend", "running", ("BTC/USDT", "ETHUSDT"))
    assert dip == Member("dip", "paused", ("BTC/USDT",))
    assert found.doubts == ()


def test_one_that_names_none_has_all_that_no_other_names() -> None:
    main = PortfolioConfig(id="main", symbols=("BTCUSDT",))
    other = PortfolioConfig(id="other", strategies=("dip",), symbols=("BTC/USDT",))
    assert [one.strategy for one in roster(main, there(TREND, DIP), {}, others=[other]).members] == ["trend"]


def test_what_another_names_is_left_to_it_on_its_symbols_alone() -> None:
    main = PortfolioConfig(id="main", symbols=("BTC/USDT", "ETHUSDT"))
    other = PortfolioConfig(id="other", strategies=("trend", "dip"), symbols=("BTCUSDT",))
    assert roster(main, there(TREND, DIP), {}, others=[other]).members == (Member("trend", "running", ("ETHUSDT",)),)
    elsewhere = PortfolioConfig(id="other", strategies=("dip",), symbols=("DOGEUSDT",))
    both = roster(main, there(TREND, DIP), {}, others=[elsewhere])
    assert both.members[0] == Member("dip", "running", ("BTC/USDT",))
    named = PortfolioConfig(id="main", strategies=("dip",), symbols=("BTCUSDT",))
    assert roster(named, there(DIP), {}, others=[other]).members == (Member("dip", "running", ("BTCUSDT",)),)


def test_what_is_named_in_a_group_in_vain_is_a_doubt() -> None:
    groups = {"majors": ("BTC*", "ETH/USDT"), "vain": ("DOGE*",)}
    main = PortfolioConfig(id="main", symbols=("BTC/USDT", "ETHUSDC"), groups=groups)
    found = [one for one in of(main, there(TREND)).doubts if one.startswith("groups")]
    assert found == [
        "groups.majors.1: 'ETH/USDT' means none of the portfolio's symbols (did you mean \"ETHUSDC\"?)",
        "groups.vain.0: 'DOGE*' means none of the portfolio's symbols: nothing is in this group",
    ]


def test_who_is_not_there_says_so() -> None:
    main = PortfolioConfig(id="main", strategies=("dip", "trend"), symbols=("BTCUSDT",))
    assert [one.is_there for one in of(main, there(DIP)).members] == [True, False]


def test_a_strategy_that_is_not_there_is_told_with_the_nearest() -> None:
    main = PortfolioConfig(id="main", strategies=("trend", "dpi"), priorities=("dpi",), symbols=("BTCUSDT", "ETHUSDT"))
    found = of(main, there(TREND, DIP))
    assert found.members[1] == Member("dpi", NOT_THERE, ())
    assert found.doubts == (
        "strategies: there is no strategy 'dpi' (did you mean \"dip\"?); it counts from when it is deployed",
    )


def test_a_rank_of_nobody_is_told_where_all_are_followed() -> None:
    main = PortfolioConfig(id="main", priorities=("trnd",), symbols=("BTCUSDT",))
    assert of(main, there(TREND)).doubts == (
        "priorities: there is no strategy 'trnd' (did you mean \"trend\"?); it counts from when it is deployed",
    )


def test_a_strategy_on_none_of_its_symbols_and_a_symbol_of_none_are_told() -> None:
    main = PortfolioConfig(id="main", strategies=("trend", "dip"), symbols=("ETHUSDT", "BTCUDST"))
    of_dip, of_symbol = of(main, there(TREND, DIP)).doubts
    assert of_dip == "strategies: 'dip' runs on none of the portfolio's symbols: it is bound to BTCUSDT"
    assert of_symbol == (
        "symbols: none of its strategies runs on 'BTCUDST' (did you mean \"BTCUSDT\"?); it is waited for all the same, "
        "and nothing is followed before its first candle"
    )


def test_where_nothing_is_deployed_one_message_says_so() -> None:
    assert of(PortfolioConfig(id="main", symbols=("BTCUSDT",)), {}).doubts == (
        "strategies: there is none to follow yet",
    )


def test_a_wildcard_means_the_watchlist_and_nothing_that_is_disabled() -> None:
    main = PortfolioConfig(id="main", symbols=("BTCUSDT", "ETHUSDT"))
    every = there(bound("every", "*"))
    assert of(main, every).members[0].symbols == ("BTCUSDT", "ETHUSDT")
    assert of(main, every, **watched("BTCUSDT")).members[0].symbols == ("BTCUSDT",)
    disabled = of(main, there(TREND), **watched("BTC/USDT", enabled=False))
    assert disabled.members[0].symbols == ("ETHUSDT",)
