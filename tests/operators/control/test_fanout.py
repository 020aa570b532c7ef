"""Which symbols hear of a command, and when."""

from collections.abc import Iterable

from operators.control.fanout import Fanout
from operators.control.registry import Registry
from operators.events import Command, Enrolment, Listing
from operators.strategy.catalog import Catalog
from schemas.lifecycle import StrategyVersion
from tests.operators.plain_engine import PlainEngine, batch, desired, row, scripted, version
from tests.operators.strategy.said_records import spoken_records

EVERYWHERE = version("all")
BTC_ONLY = version("moves", 1, symbols=("BTC/USDT",))
ETH_ONLY = version("moves", 2, symbols=("ETHUSDT",))


def fanout(*versions: StrategyVersion, symbols: tuple[str, ...] = ()) -> Fanout:
    made = Fanout(Registry(Catalog(scripted)), symbols)
    for one in versions:
        assert made.control(one) == []
    return made


def told(commands: Iterable[Command | Enrolment | Listing]) -> list[tuple[str, str]]:
    return [(one.symbol, one.desired.command) for one in commands if isinstance(one, Command)]


def test_command_goes_to_every_symbol_seen_for_what_ran_there_may_be_compacted_away() -> None:
    feed = fanout(EVERYWHERE, BTC_ONLY, symbols=("ETHUSDT", "BTCUSDT"))
    assert told(feed.control(desired(EVERYWHERE))) == [("ETHUSDT", "c1"), ("BTCUSDT", "c1")]
    assert told(feed.control(desired(BTC_ONLY))) == [("ETHUSDT", "c1"), ("BTCUSDT", "c1")]


def test_command_carries_the_version_that_it_names() -> None:
    feed = fanout(EVERYWHERE, symbols=("BTCUSDT",))
    assert feed.control(desired(EVERYWHERE)) == [Command("BTCUSDT", desired(EVERYWHERE), EVERYWHERE)]


def test_refused_command_goes_nowhere() -> None:
    feed = fanout(symbols=("BTCUSDT",))
    assert feed.control(desired(EVERYWHERE)) == []


def test_update_reaches_the_symbols_that_it_leaves_and_those_that_it_joins() -> None:
    feed = fanout(BTC_ONLY, ETH_ONLY, symbols=("BTCUSDT", "ETHUSDT", "SOLUSDT"))
    feed.control(desired(BTC_ONLY))
    moved = told(feed.control(desired(ETH_ONLY, name="move")))
    assert moved == [("BTCUSDT", "move"), ("ETHUSDT", "move"), ("SOLUSDT", "move")]


def test_new_symbol_hears_the_standing_commands_once() -> None:
    feed = fanout(EVERYWHERE, BTC_ONLY)
    feed.control(desired(EVERYWHERE))
    feed.control(desired(EVERYWHERE, "paused", after=5, name="rest"))
    feed.control(desired(BTC_ONLY))
    assert told(feed.symbol("ETHUSDT")) == [("ETHUSDT", "c1"), ("ETHUSDT", "rest")]
    assert feed.symbol("ETHUSDT") == []
    assert feed.symbols == ("ETHUSDT",)


def test_symbols_of_a_resumed_partition_are_not_new() -> None:
    feed = fanout(EVERYWHERE, symbols=("BTCUSDT",))
    feed.control(desired(EVERYWHERE))
    assert feed.symbol("BTCUSDT") == []


def test_new_symbol_hears_of_the_command_that_will_leave_it() -> None:
    feed = fanout(BTC_ONLY, ETH_ONLY)
    feed.control(desired(BTC_ONLY, name="go"))
    feed.control(desired(ETH_ONLY, after=2, name="move"))
    commands = feed.symbol("BTCUSDT")
    engine = PlainEngine()
    engine.feed(*commands, batch(*(row(number) for number in range(4))))
    states = [one.model_dump(include={"command", "state"}) for one in spoken_records(engine.out["moves|BTCUSDT|1m"])]
    assert states == [{"command": "go", "state": "running"}, {"command": "move", "state": "stopped"}]


def test_symbol_seen_early_and_one_seen_late_run_the_same() -> None:
    """A command that comes again reaches the symbols as the newest one, and changes nothing."""
    feed = fanout(EVERYWHERE, symbols=("BTCUSDT",))
    records = [desired(EVERYWHERE, name="go"), desired(EVERYWHERE, "paused", after=3, name="rest")]
    early = [one for record in (*records, records[0]) for one in feed.control(record)]
    late = feed.symbol("ETHUSDT")
    engine = PlainEngine()
    engine.feed(*early, batch(*(row(number) for number in range(6))))
    engine.feed(*late, batch(*(row(number, symbol="ETHUSDT") for number in range(6))))
    by_symbol = [
        [one.model_dump(exclude={"symbol"}) for one in spoken_records(engine.out[f"all|{symbol}|1m"])]
        for symbol in ("BTCUSDT", "ETHUSDT")
    ]
    assert by_symbol[0] == by_symbol[1]
    assert len(by_symbol[0]) == 2
