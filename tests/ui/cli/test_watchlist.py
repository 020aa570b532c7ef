"""`candelabra watchlist`: files checked without a broker; the watchlist shown and changed on Apache Kafka."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from dataflows.control_client import ControlClient
from dataflows.settings import Settings
from dataflows.template_files import template_bytes
from dataflows.watchlist_client import WatchlistClient
from schemas.strategy_file import load_strategy
from tests.ui.cli.conftest import Cli
from ui.cli.watchlist_deploy import FIVE

Write = Callable[..., Path]
WriteList = Callable[[object], Path]

TWO = {
    "providers": {"binance": {"base_timeframe": "1m"}},
    "assets": {
        "BTCUSDT": {
            "data_provider": "binance",
            "priority": 2,
            "timeframes": {"5m": {}, "1h": {}, "1d": {"enabled": False}},
        },
        "SPY": {"timeframes": ["1d"], "session": {"zone": "America/New_York", "opens": "09:30", "closes": "16:00"}},
    },
}


@pytest.fixture
def watchlist_file(tmp_path: Path) -> WriteList:
    def write(document: object) -> Path:
        path = tmp_path / "watchlist.json"
        path.write_text(json.dumps(document), encoding="utf-8")
        return path

    return write


@pytest.fixture
def applied(cli: Cli, kafka_topics: Settings, watchlist_file: WriteList) -> Settings:
    """Two symbols on the watchlist."""
    assert cli("watchlist", "apply", watchlist_file(TWO), "-m", "first", "--json").json["added"] == 2
    return kafka_topics


def test_files_are_checked_without_a_broker(cli: Cli, watchlist_file: WriteList) -> None:
    said = cli("watchlist", "validate", watchlist_file(TWO))
    assert said.code == 0
    assert "2 symbols, 3 enabled timeframes" in said.out
    one = watchlist_file({"assets": [{"symbol": "BTC", "timeframes": ["5m"]}]})
    assert "1 symbol, 1 enabled timeframe\n" in cli("watchlist", "validate", one).out
    bad = watchlist_file({"assets": [{"symbol": "BTC", "timeframe": ["5m"]}, {"symbol": "ETH", "priority": 0}]})
    said = cli("watchlist", "validate", bad, "--json")
    assert said.code == 1
    assert said.json["valid"] is False
    problems = said.json["problems"][str(bad)]
    assert len(problems) == 2
    assert 'did you mean "timeframes"?' in problems[0]
    assert "2 problems" in cli("watchlist", "validate", bad).err


def test_a_time_zone_that_does_not_exist_is_named_with_the_nearest(cli: Cli, watchlist_file: WriteList) -> None:
    said = cli("watchlist", "validate", watchlist_file([{"symbol": "SPY", "session": {"zone": "Europe/Lodnon"}}]))
    assert said.code == 1
    assert 'SPY: session.zone: expected an IANA time zone such as Europe/London, found "Europe/Lodnon"' in said.err
    assert 'did you mean "Europe/London"?' in said.err


def test_a_file_that_is_not_there_is_one_message(cli: Cli) -> None:
    said = cli("watchlist", "apply", "none.json", "--json")
    assert said.code == 1
    assert said.json["error"].startswith("none.json: cannot be read")


def test_a_broken_file_is_one_message_that_lists_all_problems(cli: Cli, watchlist_file: WriteList) -> None:
    said = cli("watchlist", "apply", watchlist_file({"assets": [{"symbol": "?"}, {"symbol": "BTC", "enabled": 1}]}))
    assert said.code == 1
    assert "2 problems" in said.err


def test_the_schema_is_that_of_a_file(cli: Cli) -> None:
    said = cli("watchlist", "schema", "--json")
    assert said.code == 0
    assert said.json["title"] == "Watchlist file"
    assert json.loads(cli("watchlist", "schema").out) == said.json


@pytest.mark.kafka
@pytest.mark.usefixtures("kafka_topics")
def test_an_empty_watchlist_says_how_to_fill_it(cli: Cli) -> None:
    said = cli("watchlist", "list")
    assert said.code == 0
    assert "nothing is on the watchlist" in said.out
    assert cli("watchlist", "list", "--json").json == {"symbols": [], "leaving": {}}


@pytest.mark.kafka
@pytest.mark.usefixtures("applied")
def test_the_list_has_symbols_by_timeframes_with_their_styles(cli: Cli) -> None:
    spy, btc = cli("watchlist", "list", "--json").json["symbols"]
    assert spy["timeframes"] == [{"name": "1d", "trading_style": "position", "enabled": True}]
    assert (btc["base_timeframe"], btc["data_provider"], btc["priority"]) == ("1m", "binance", 2)
    assert [one["enabled"] for one in btc["timeframes"]] == [True, True, False]
    lines = cli("watchlist", "list").out.splitlines()
    (titles,) = [line for line in lines if "provider" in line]
    assert [name for name in ("5m", "1h", "1d") if name in titles] == ["5m", "1h", "1d"]
    (row,) = [line for line in lines if "BTCUSDT" in line]
    for cell in ("binance", "1m", "day", "swing", "(position)"):
        assert cell in row
    assert "2 symbols" in lines[-1]


@pytest.mark.kafka
def test_applied_again_nothing_is_sent_and_a_change_says_what(
    cli: Cli, applied: Settings, watchlist_file: WriteList
) -> None:
    again = cli("watchlist", "apply", watchlist_file(TWO))
    assert "2 unchanged: nothing was sent" in again.out
    said = cli("watchlist", "apply", watchlist_file([{"symbol": "SPY", "timeframes": ["1h"]}, "QQQ"]), "--prune")
    assert said.code == 0
    assert "1 added, 1 changed, 1 taken off" in said.out
    assert sorted(WatchlistClient(applied).entries) == ["QQQ", "SPY"]


@pytest.mark.kafka
@pytest.mark.usefixtures("kafka_topics")
def test_many_changes_are_told_by_their_number(cli: Cli, watchlist_file: WriteList) -> None:
    said = cli("watchlist", "apply", watchlist_file([f"S{number:02}" for number in range(60)]))
    assert sum("added" in line and "S" in line for line in said.out.splitlines()) == 50
    assert "and 10 more" in said.out
    assert "60 added" in said.out


@pytest.mark.kafka
@pytest.mark.usefixtures("applied")
def test_what_show_prints_is_a_file_that_apply_takes(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "shown.json"
    path.write_text(cli("watchlist", "show").out, encoding="utf-8")
    assert "nothing was sent" in cli("watchlist", "apply", path, "--prune").out
    assert cli("watchlist", "show", "--json").json == json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.kafka
@pytest.mark.usefixtures("applied")
def test_a_symbol_is_shown_with_who_said_so_and_why(cli: Cli) -> None:
    said = cli("watchlist", "show", "BTCUSDT", "--json").json
    assert said["entry"]["reason"] == "first"
    assert said["entry"]["asset"]["base_timeframe"] == "1m"
    assert said["status"] == []
    shown = cli("watchlist", "show", "SPY").out
    assert "America/New_York" in shown
    assert "first" in shown


@pytest.mark.kafka
@pytest.mark.usefixtures("applied")
def test_a_symbol_is_disabled_enabled_and_removed(cli: Cli) -> None:
    assert cli("watchlist", "disable", "SPY", "--json").json["changes"][0]["entry"]["asset"]["enabled"] is False
    assert "off" in next(line for line in cli("watchlist", "list").out.splitlines() if "SPY" in line)
    assert "1 unchanged: nothing was sent" in cli("watchlist", "disable", "SPY").out
    assert "1 changed" in cli("watchlist", "enable", "SPY").out
    later = cli("watchlist", "remove", "SPY", "--effective-from", "2031-01-01", "--json").json
    assert later["changes"][0]["entry"]["effective_from"].startswith("2031-01-01T00:00:00")
    assert later["taken_off"] == 1
    assert "SPY stays until 2031-01-01 00:00 UTC, then it is off" in cli("watchlist", "list").out
    assert cli("watchlist", "list", "--json").json["leaving"] == {"SPY": "2031-01-01T00:00:00+00:00"}
    last = cli("watchlist", "remove", "BTCUSDT")
    assert (
        "nothing is on the watchlist any more: from the next candle on, `*` means the whole feed; strategies bound by "
        "wildcard start on every symbol of it"
    ) in last.err


@pytest.mark.kafka
@pytest.mark.usefixtures("kafka_topics")
def test_where_the_watchlist_begins_it_is_said_what_wildcards_mean_from_then_on(
    cli: Cli, watchlist_file: WriteList
) -> None:
    named = watchlist_file([{"symbol": "BTCUSDT"}, {"symbol": "ETHUSDT"}, {"symbol": "OLD", "enabled": False}])
    begun = cli("watchlist", "apply", named, "--effective-from", "2031-01-01")
    assert (
        "the watchlist begins: from 2031-01-01 00:00 UTC on, `*` means these 2 symbols; strategies bound by wildcard "
        "stop on all others, and their open positions there are closed (lifecycle.stop)"
    ) in begun.err
    assert "begins" not in cli("watchlist", "apply", watchlist_file(["XRPUSDT"])).err


@pytest.mark.kafka
@pytest.mark.usefixtures("applied")
@pytest.mark.parametrize("verb", ["show", "enable", "disable", "remove"])
def test_an_unknown_symbol_is_refused_with_the_nearest(cli: Cli, verb: str) -> None:
    said = cli("watchlist", verb, "BTCUSD", "--json")
    assert said.code == 1
    assert 'BTCUSD is not on the watchlist (did you mean "BTCUSDT"?)' in said.json["error"]


@pytest.mark.kafka
def test_five_strategies_on_the_whole_watchlist_is_one_command(cli: Cli, applied: Settings) -> None:
    said = cli("watchlist", "deploy", "--wait", 0, "--json")
    assert said.code == 0
    assert [one["strategy"] for one in said.json["strategies"]] == list(FIVE)
    assert [one["series"] for one in said.json["strategies"]] == [3] * 5
    assert (said.json["symbols"], said.json["series"]) == (2, 15)
    client = ControlClient(applied)
    for name in FIVE:
        config = client.version(name).config
        assert (config.symbols, config.timeframes) == (("*",), ("*",))
        wanted = client.wanted(name)
        assert wanted is not None
        assert wanted.desired.state == "running"
    again = cli("watchlist", "deploy", "--wait", 0)
    assert again.code == 0
    assert again.out.count("running already") == 5


@pytest.mark.kafka
def test_strategies_of_ones_own_are_bound_to_styles(cli: Cli, applied: Settings, strategy_file: Write) -> None:
    options = ("--timeframes", "swing, position", "--wait", 0)
    said = cli("watchlist", "deploy", strategy_file(), "macd_rsi", *options, "--json")
    assert [(one["strategy"], one["series"]) for one in said.json["strategies"]] == [("swing", 2), ("macd_rsi", 2)]
    assert ControlClient(applied).version("swing").config.timeframes == ("swing", "position")
    other = cli("watchlist", "deploy", strategy_file(low=40), "rsi_trend", *options)
    assert other.code == 1
    assert "exists with other contents (version 1)" in other.err
    assert "here: add --update" in other.err
    assert "rsi_trend" in ControlClient(applied).strategies  # the others are sent all the same
    updated = cli("watchlist", "deploy", strategy_file(low=40), *options, "--update", "--json")
    assert updated.code == 0
    assert ControlClient(applied).version("swing").version == 2


@pytest.mark.kafka
@pytest.mark.slow
@pytest.mark.usefixtures("busy")
def test_deployed_to_workers_it_counts_the_series_that_have_acted(
    cli: Cli, strategy_file: Write, watchlist_file: WriteList
) -> None:
    cli("watchlist", "apply", watchlist_file({"assets": ["AAA", "BBB"], "timeframes": ["1m", "5m"]}))
    said = cli("watchlist", "deploy", strategy_file("one"), strategy_file("two"), "--wait", 20, "--json")
    assert said.code == 0
    assert [(one["series"], one["acted"]) for one in said.json["strategies"]] == [(4, 4), (4, 4)]
    shown = cli("watchlist", "show", "AAA", "--json").json["status"]
    assert sorted((one["strategy"], one["timeframe"], one["state"]) for one in shown) == [
        (strategy, timeframe, "running") for strategy in ("one", "two") for timeframe in ("1m", "5m")
    ]
    assert cli("watchlist", "show", "AAA").out.count("running") == 4


@pytest.mark.kafka
@pytest.mark.usefixtures("kafka_topics")
def test_without_a_watchlist_deploy_says_what_wildcards_mean(cli: Cli) -> None:
    said = cli("watchlist", "deploy", "macd_rsi", "--wait", 0)
    assert said.code == 0
    assert "nothing is on the watchlist: until something is" in said.err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("macd_rsii",), "there is no template 'macd_rsii' (did you mean \"macd_rsi\"?)"),
        (("macd_rsi", "macd_rsi"), "macd_rsi: the id 'macd_rsi' is taken by macd_rsi"),
        (("--timeframes", "swng"), 'expected *, day, swing or position (did you mean "swing"?)'),
        (("--timeframes", "5x"), "expected a timeframe such as 1m"),
    ],
)
def test_what_cannot_be_deployed_is_refused_before_a_broker_is_asked(
    cli: Cli, arguments: tuple[str, ...], complaint: str
) -> None:
    said = cli("watchlist", "deploy", *arguments)
    assert said.code == 1
    assert complaint in said.err


def test_the_five_are_those_of_the_multi_timeframe_document() -> None:
    tagged = {name for name in FIVE if "multi-timeframe document" in _tags(name)}
    assert tagged == set(FIVE)


def _tags(name: str) -> tuple[str, ...]:
    return load_strategy(template_bytes(name), origin=name).meta.tags
