"""A strategy whose positions are counted together, explained: what it did is what a replay says, on all its symbols."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from dataflows.candle_files import CandleFile
from dataflows.errors import CandelabraError
from dataflows.explain.explain import drive, explain_file
from dataflows.explain.explanation import Explanation
from dataflows.explain.file_feed import NoSymbol
from dataflows.explain.instant import Instant
from dataflows.explain.run import Event, enough_ms
from dataflows.explain.together import TogetherRun
from dataflows.explain.together_feed import MergedFeeds
from dataflows.explain.words import summary
from dataflows.graph import Parameters
from dataflows.replay import Replayed, replay
from operators.events import CandleBatch, Command
from schemas.candle_row import CandleRow
from schemas.lifecycle import StrategyStatus
from schemas.position import PositionChange
from schemas.record import Record, to_milliseconds
from schemas.strategy import StrategyConfig
from schemas.strategy_file import parse_strategy
from schemas.trade import Trade
from tests.dataflows.deployment import MINUTE, START, as_file, version, walk, wanted

BARS = 110
SYMBOLS = ("AAA", "BBB", "C/CC")
REFUSAL = "max_concurrent_positions (one): expected at most 1 position at once, got 2"


def config(*symbols: str, **sections: Any) -> StrategyConfig:  # noqa: ANN401  # any section
    document = {
        "id": "one",
        "symbols": list(symbols or SYMBOLS),
        "timeframes": ["1m"],
        "indicators": {"rsi": {"period": 5}},
        "signals": [
            {"id": "dip", "type": "entry", "expression": "rsi < 45"},
            {"id": "top", "type": "entry", "side": "short", "expression": "rsi > 75"},
            {"id": "risen", "type": "exit", "expression": "rsi > 55 OR position.bars_held > 8"},
            {"id": "fallen", "type": "exit", "side": "short", "expression": "rsi < 45"},
        ],
        "risk": {"stop_loss": {"fraction": 0.03}, "limits": {"max_concurrent_positions": 1, "max_daily_loss": 1.0}},
        **sections,
    }
    return parse_strategy(document, origin="test")


@pytest.fixture(scope="module")
def rows() -> list[CandleRow]:
    return walk(BARS, symbols=(*SYMBOLS, "DDD"))


@pytest.fixture(scope="module")
def candles(rows: list[CandleRow], tmp_path_factory: pytest.TempPathFactory) -> CandleFile:
    return as_file(rows, tmp_path_factory.mktemp("walk") / "walk.parquet")


@pytest.fixture(scope="module")
def replayed(candles: CandleFile) -> Replayed:
    return replay(candles, [config()])


def at(
    candles: CandleFile,
    symbol: str,
    close: int,
    strategy: StrategyConfig | None = None,
    timeframe: str | None = None,
) -> Explanation:
    return explain_file(candles, strategy or config(), symbol, Instant(close), timeframe=timeframe)


def changes(replayed: Replayed, *kinds: str) -> list[PositionChange]:
    return [one for one in replayed.positions if isinstance(one, PositionChange) and one.change in kinds]


def closing_at(records: Sequence[Record], symbol: str, close: int) -> list[str]:
    return [one.model_dump_json() for one in records if (getattr(one, "symbol", None), _time(one)) == (symbol, close)]


def _time(record: Record) -> int:
    time = getattr(record, "close_time", None) or getattr(record, "event_time", None)
    return 0 if time is None else to_milliseconds(time)


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_at_every_bar_the_records_are_those_of_a_replay(candles: CandleFile, replayed: Replayed, symbol: str) -> None:
    alerts = [one for one in replayed.alerts if one.strategy is not None]
    topics = (replayed.signals, replayed.positions, replayed.executions, replayed.equity, replayed.metrics, alerts)
    refused = 0
    for close in range(START + 5 * MINUTE, START + (BARS + 1) * MINUTE, MINUTE):
        explained = at(candles, symbol, close)
        expected = [text for records in topics for text in closing_at(records, symbol, close)]
        found = [one for one in explained.at.records if not isinstance(one, StrategyStatus | Trade)]
        assert sorted(one.model_dump_json() for one in found) == sorted(expected)
        earlier = [one for one in replayed.executions if one.symbol == symbol and _time(one) < close]
        assert explained.at.before.standing.position == (earlier[-1].position_after if earlier else "flat")
        mine = [one for one in explained.at.changes if one.change == "refused"]
        refused += len(mine)
        if mine:
            assert len(explained.at.beside) == 1
    assert refused == len([one for one in changes(replayed, "refused") if one.symbol == symbol])
    assert refused >= 3


def test_a_refusal_says_the_limit_and_which_series_had_the_place(candles: CandleFile, replayed: Replayed) -> None:
    for refused in changes(replayed, "refused")[:4]:
        explained = at(candles, refused.symbol, _time(refused))
        assert summary(explained) == f"It was refused: {REFUSAL}."
        [holder] = explained.document()["held_beside"]
        taken = [one for one in replayed.signals if f"one|{one.symbol}|1m" == holder and _time(one) <= _time(refused)]
        assert taken[-1].type == "entry"
        assert holder != f"one|{refused.symbol}|1m"


def test_once_the_place_is_free_an_entry_is_let_in(candles: CandleFile, replayed: Replayed) -> None:
    refused = changes(replayed, "refused")[0]
    entry = next(
        one
        for one in replayed.signals
        if one.symbol == refused.symbol and one.type == "entry" and _time(one) > _time(refused)
    )
    explained = at(candles, entry.symbol, _time(entry))
    assert f"by {entry.rule}" in summary(explained)
    assert [one.id for one in explained.at.signals] == [entry.id]
    assert explained.at.beside == ()
    assert [one.change for one in explained.at.filled_later] == ["opened"]


def test_a_file_that_has_one_symbol_after_the_other_is_explained_alike(
    rows: list[CandleRow], candles: CandleFile, replayed: Replayed, tmp_path: Path
) -> None:
    file = as_file(sorted(rows, key=lambda row: (row[0], row[2])), tmp_path / "walk.parquet")
    for refused in changes(replayed, "refused")[:3]:
        assert at(file, refused.symbol, _time(refused)) == at(candles, refused.symbol, _time(refused))


def test_without_the_limit_the_symbol_is_worked_alone(candles: CandleFile, replayed: Replayed) -> None:
    refused = changes(replayed, "refused")[0]
    free = config(risk={"stop_loss": {"fraction": 0.03}, "limits": {"max_daily_loss": 1.0}})
    explained = at(candles, refused.symbol, _time(refused), free)
    assert "signalled an entry" in summary(explained) or explained.at.before.standing.position != "flat"
    assert (explained.at.beside, explained.at.waits) == ((), "")


def test_a_symbol_without_candles_is_what_it_waits_for(candles: CandleFile) -> None:
    explained = at(candles, "AAA", START + 60 * MINUTE, config("AAA", "DDE"))
    assert summary(explained) == (
        "It did nothing: this bar is not worked yet, for the strategy waits for DDE, of which walk.parquet has no "
        'candles (did you mean "DDD"?).'
    )
    assert (explained.state, explained.at.bar.close_time) == (None, START + 60 * MINUTE)
    assert {one.why_not for one in explained.rules} == {"the bar is not worked yet"}
    assert explained.document()["waits"].startswith("the strategy waits for DDE, ")


def test_a_symbol_whose_candles_end_before_the_bar_is_what_it_waits_for(rows: list[CandleRow], tmp_path: Path) -> None:
    ended = [row for row in rows if row[0] != "BBB" or row[2] < START + 100 * MINUTE]
    file = as_file(ended, tmp_path / "ended.parquet")
    last = at(file, "AAA", START + 100 * MINUTE)
    assert (last.at.waits, any(one.asked for one in last.rules)) == ("", True)
    explained = at(file, "AAA", START + 101 * MINUTE)
    assert summary(explained) == (
        "It did nothing: this bar is not worked yet, for the strategy waits for BBB, whose candles end at "
        "2025-01-01 01:40 UTC."
    )
    assert explained.state == "running"
    assert explained.at.before.standing == last.at.after.standing


def test_a_symbol_with_one_candle_is_what_it_waits_for(rows: list[CandleRow], tmp_path: Path) -> None:
    once = [row for row in rows if row[0] != "BBB" or row[2] == START + 100 * MINUTE]
    explained = at(as_file(once, tmp_path / "once.parquet"), "AAA", START + 60 * MINUTE)
    assert explained.at.waits == (
        "the strategy waits for BBB, of which once.parquet has one candle: its base timeframe is certain with the "
        "second"
    )


REFUSED = [
    ("AAB", config(), 60, "walk.parquet has no candles of 'AAB' (did you mean \"AAA\"?)"),
    ("DDD", config(), 60, "one does not run on DDD, of which walk.parquet has candles"),
    ("DDE", config("AAA", "DDE"), 60, "walk.parquet has no candles of 'DDE' (did you mean \"DDD\"?)"),
    ("AAA", config(timeframes=["1m", "5m"]), 60, "name one of 1m, 5m with --timeframe"),
    ("AAA", config(), 5_000, "it has those from 2025-01-01 00:00 to 2025-01-01 01:50"),
]


@pytest.mark.parametrize(("symbol", "strategy", "minute", "expected"), REFUSED)
def test_what_is_not_there_is_said_with_what_there_is(
    candles: CandleFile, symbol: str, strategy: StrategyConfig, minute: int, expected: str
) -> None:
    with pytest.raises(CandelabraError) as refused:
        at(candles, symbol, START + minute * MINUTE, strategy)
    assert expected in str(refused.value)


def test_the_other_timeframes_of_its_symbol_count_too(candles: CandleFile) -> None:
    both = config(timeframes=["1m", "5m"])
    replayed = replay(candles, [both])
    refused = [one for one in changes(replayed, "refused") if one.timeframe == "5m"]
    assert refused
    with pytest.raises(CandelabraError, match=r"one does not run on AAA 15m.*: it runs on 1m, 5m"):
        at(candles, "AAA", START + 60 * MINUTE, both, timeframe="15m")
    for one in refused[:5]:
        explained = at(candles, one.symbol, _time(one), both, timeframe="5m")
        assert summary(explained) == f"It was refused: {REFUSAL}."


def test_it_is_explained_after_commands_as_it_was_worked(rows: list[CandleRow]) -> None:
    """Stopped and started again between: a step that was forgotten begins anew, and is counted again."""
    strategy, bar = config("AAA", "BBB"), 109

    def taken(*, stops: bool) -> TogetherRun:
        run = TogetherRun(strategy, "BBB", None, Instant(START + bar * MINUTE), Parameters())
        for symbol in ("AAA", "BBB"):
            own = [row for row in rows if row[0] == symbol]
            run.take([Command(symbol, wanted("one"), version(strategy))])
            run.take([_batch(symbol, own[:100])])
            if stops:
                run.take([Command(symbol, wanted("one", "stopped", "stop"), version(strategy))])
                run.take([_batch(symbol, own[100:101])])
                run.take([Command(symbol, wanted("one", "running", "again"), version(strategy))])
            run.take([_batch(symbol, own[101 if stops else 100 :])])
        return run

    stopped, went_on = taken(stops=True).at_bar("the test"), taken(stops=False).at_bar("the test")
    assert stopped.before.status is not None
    assert stopped.before.status.effective_bar is not None
    assert to_milliseconds(stopped.before.status.effective_bar) == START + 101 * MINUTE
    assert (stopped.asked, stopped.beside) == (went_on.asked, went_on.beside)


def _batch(symbol: str, rows: Sequence[CandleRow]) -> CandleBatch:
    return CandleBatch(symbol, "test", 0, rows, range(len(rows)), [None] * len(rows))


class Feed:
    """Candles of a symbol, some at a time; tells which were read."""

    def __init__(self, symbol: str, rows: Sequence[CandleRow], size: int, read: list[tuple[str, int]]) -> None:
        self.own = [row for row in rows if row[0] == symbol]
        self.symbol, self.size, self.read = symbol, size, read

    def __iter__(self) -> Iterator[list[Event]]:
        if not self.own:
            raise NoSymbol("the topic", self.symbol, ["DDD"])
        yield [Command(self.symbol, wanted("one"), version(config()))]
        for first in range(0, len(self.own), self.size):
            self.read.append((self.symbol, first))
            yield [_batch(self.symbol, self.own[first : first + self.size])]


def merged(rows: Sequence[CandleRow], size: int, instant: Instant, *symbols: str) -> tuple[MergedFeeds, list[Any]]:
    read: list[tuple[str, int]] = []
    asked, *others = (Feed(symbol, rows, size, read) for symbol in symbols)
    return MergedFeeds(asked, others, until=enough_ms(instant)), read


@pytest.mark.parametrize("size", [1, 7, 500])
def test_feeds_of_one_symbol_each_say_what_a_file_says(
    rows: list[CandleRow], candles: CandleFile, replayed: Replayed, size: int
) -> None:
    for refused in changes(replayed, "refused")[:3]:
        instant = Instant(_time(refused))
        feed, _ = merged(rows, size, instant, refused.symbol, *(one for one in SYMBOLS if one != refused.symbol))
        run = TogetherRun(config(), refused.symbol, None, instant, Parameters(), feed.seen)
        drive(run, feed)
        expected = at(candles, refused.symbol, _time(refused)).at
        found = run.at_bar("the topic")
        assert (found.changes, found.beside, found.bar) == (expected.changes, expected.beside, expected.bar)


def test_the_feed_that_is_furthest_behind_is_read_and_no_more_than_is_needed(rows: list[CandleRow]) -> None:
    instant = Instant(START + 50 * MINUTE)
    feed, read = merged(rows, 10, instant, "BBB", "AAA", "C/CC")
    run = TogetherRun(config(), "BBB", None, instant, Parameters(), feed.seen)
    drive(run, feed)
    assert run.finished
    assert {symbol for symbol, _ in read} == set(SYMBOLS)
    assert [first for _, first in read] == sorted(first for _, first in read)
    assert max(first for _, first in read) == 50


def test_a_feed_far_beyond_the_bar_is_not_read_on(rows: list[CandleRow]) -> None:
    instant = Instant(START - 3 * 7 * 86_400_000)
    feed, read = merged(rows, 10, instant, "AAA", "BBB")
    assert len(list(feed)) == 4  # of each its command, and the candles that are too late
    assert read == [("AAA", 0), ("BBB", 0)]


def test_a_feed_without_candles_is_named_or_refused_if_it_is_the_one_that_is_asked_about(rows: list[CandleRow]) -> None:
    instant = Instant(START + 50 * MINUTE)
    strategy = config("AAA", "DDE")
    feed, _ = merged(rows, 10, instant, "AAA", "DDE")
    run = TogetherRun(strategy, "AAA", None, instant, Parameters(), feed.seen)
    drive(run, feed)
    assert run.at_bar("the topic").waits == (
        'the strategy waits for DDE, of which the topic has no candles (did you mean "DDD"?)'
    )
    feed, _ = merged(rows, 10, instant, "DDE", "AAA")
    with pytest.raises(NoSymbol, match="the topic has no candles of 'DDE'"):
        list(feed)
