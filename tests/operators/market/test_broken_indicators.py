"""An indicator that fails concerns those who read it, on its series, until they are started anew; and nobody else."""

import random
from collections.abc import Iterator, Sequence

import pytest

from operators.control.registry import Registry
from operators.strategy import declared
from operators.strategy.catalog import Catalog
from operators.strategy.compile import compile_strategy
from schemas.alert import Alert
from schemas.lifecycle import StrategyStatus, StrategyVersion
from schemas.record import Record
from schemas.signal import Signal
from schemas.strategy_file import parse_strategy
from tests.operators.plain_engine import MINUTE, START, Feed, PlainEngine, batched, command, desired, row
from tests.operators.strategy.said_records import spoken, texts_of
from tests.planted_kernels import Planted, faults, plant

BARS = 900
BAD = 200
LATER = 640
"""Of a kernel that raised once, no window remembers it by then."""
KEY = "|BTCUSDT|1m"


@pytest.fixture(autouse=True)
def planted() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        plant(monkeypatch, faults(START + BAD * MINUTE))
        yield monkeypatch


def reader(identity: str, entry: str = "bad > mean(close, 5)", number: int = 1, **bad: object) -> StrategyVersion:
    document = {
        "id": identity,
        "timeframes": ["1m"],
        "indicators": {"bad": {"type": "raises_once", **bad}},
        "rules": {"entry": {"condition": entry}, "exit": {"condition": "close < mean(close, 5)"}},
    }
    return StrategyVersion(strategy=identity, version=number, config=parse_strategy(document, origin="test"))


def candles(bars: int = BARS) -> list[Feed]:
    chance = random.Random(9)
    return [row(bar, close=chance.uniform(90, 110), volume=chance.uniform(1, 9)) for bar in range(bars)]


def engine_of(
    *commands: tuple[int, Feed], sizes: Sequence[int] = (50,), stop: int | None = None, bars: int = BARS
) -> PlainEngine:
    """Candles with commands before these bars; stopped and resumed before one of them."""
    events: list[Feed] = []
    engine = PlainEngine(compile_strategy, history_bars=400, timeframes=("5m",))
    for bar, candle in enumerate(candles(bars)):
        if bar == stop:
            feed(engine, events, sizes)
            engine.restart()
            events = []
        events += [one for at, one in commands if at == bar]
        events.append(candle)
    feed(engine, events, sizes)
    return engine


def feed(engine: PlainEngine, events: Sequence[Feed], sizes: Sequence[int]) -> None:
    for part in batched(events, sizes):
        engine.feed(*part)


def start(one: StrategyVersion, *, generation: int = 0, state: str = "running", name: str = "c1") -> Feed:
    return command(one, desired(one, state, generation=generation, name=name))


def statuses(records: Sequence[Record]) -> list[tuple[str, str | None]]:
    return [(one.state, one.reason) for one in records if isinstance(one, StrategyStatus)]


SAID = "indicator raises_once(close) failed: Fault: once"
ONE = reader("one")
OTHER = reader("other", "bad > highest(bad[1], 9)")
HEALTHY = reader("healthy", type="is_sound")


@pytest.mark.parametrize("sizes", [(1,), (50,), (BARS + 9,), (3, 100, 1)], ids=str)
@pytest.mark.parametrize("stop", [None, BAD, BAD + 1, BAD + 30])
def test_those_who_read_it_are_quarantined_at_its_bar(sizes: Sequence[int], stop: int | None) -> None:
    engine = engine_of((0, start(ONE)), (0, start(OTHER)), (0, start(HEALTHY)), sizes=sizes, stop=stop, bars=300)
    for strategy in ("one", "other"):
        *_, alert, status = spoken(engine.out[strategy + KEY])
        assert isinstance(alert, Alert)
        assert isinstance(status, StrategyStatus)
        assert (alert.kind, alert.strategy, alert.message) == (
            "quarantine",
            strategy,
            f"version 1 cannot go on: {SAID}",
        )
        assert alert.event_time.timestamp() * 1000 == START + (BAD + 1) * MINUTE
        assert (status.state, status.reason) == ("quarantined", SAID)
        assert status.effective_bar is not None
        assert status.effective_bar.timestamp() * 1000 == START + BAD * MINUTE
        assert len(spoken(engine.out[strategy + KEY])) > 9
    alone = engine_of((0, start(HEALTHY)), bars=300)
    assert engine.records()["healthy" + KEY] == alone.records()["healthy" + KEY]


@pytest.mark.parametrize("entry", ["bad > 0", "bad > mean(bad, 5)", "rising(bad, 2)"])
@pytest.mark.parametrize("stop", [None, BAD + 5, LATER, LATER + 1, 700])
def test_restarted_once_the_cause_is_gone_it_says_what_a_fresh_start_says(entry: str, stop: int | None) -> None:
    one = reader("one", entry)
    again = start(one, generation=1, name="c2")
    came_back = engine_of((0, start(one)), (LATER, again), stop=stop)
    fresh = engine_of((LATER, again), stop=stop)
    assert statuses(came_back.out["one" + KEY]) == [("running", None), ("quarantined", SAID), ("running", None)]
    said = texts_of(fresh.out["one" + KEY])
    assert len(said) > 20
    assert texts_of(came_back.out["one" + KEY])[-len(said) :] == said


def test_restarted_while_the_cause_is_there_it_is_quarantined_again_at_its_first_bar() -> None:
    engine = engine_of((0, start(ONE)), (BAD + 5, start(ONE, generation=1, name="c2")), bars=300)
    assert statuses(engine.out["one" + KEY])[1:] == [("quarantined", SAID), ("running", None), ("quarantined", SAID)]


def test_an_update_leaves_quarantine_too() -> None:
    mended = reader("one", number=2, type="is_sound")
    engine = engine_of((0, start(ONE)), (BAD + 5, start(mended, name="c2")), bars=300)
    assert statuses(engine.out["one" + KEY]) == [("running", None), ("quarantined", SAID), ("running", None)]
    versions = [one.version for one in engine.out["one" + KEY] if isinstance(one, Signal)]
    assert versions == sorted(versions)
    assert versions.count(2) > 5


def test_mended_by_a_release_and_restarted_it_goes_on(planted: pytest.MonkeyPatch) -> None:
    one = reader("one", "bad > mean(bad, 5)")
    plant(planted, {"raises_once": Planted(faults(START + BAD * MINUTE)["raises_for_good"].does)})
    engine = PlainEngine(compile_strategy, history_bars=400, timeframes=("5m",))
    feed(engine, [start(one), *candles()[:300]], (50,))
    plant(planted, {"raises_once": faults(0)["is_sound"]})
    forget_resolved()
    engine.restart()
    feed(engine, [*candles()[300:320], start(one, generation=1, name="c2"), *candles()[320:]], (50,))
    fresh = texts_of(engine_of((320, start(one, generation=1, name="c2"))).out["one" + KEY])
    assert len(fresh) > 20
    assert texts_of(engine.out["one" + KEY])[-len(fresh) :] == fresh
    forget_resolved()


def forget_resolved() -> None:
    """What is remembered of the kinds that a strategy named: another release has other kinds."""
    declared._resolved.cache_clear()  # noqa: SLF001  # it is private to it


@pytest.mark.parametrize("at", [BAD - 50, BAD, BAD + 1, BAD + 60, LATER])
@pytest.mark.parametrize("entry", ["bad > 0", "bad > mean(bad, 5)"])
def test_a_newcomer_fares_as_if_nobody_had_read_it_before(at: int, entry: str) -> None:
    late = reader("late", entry)
    alone = engine_of((at, start(late))).records()["late" + KEY]
    among = engine_of(
        (0, start(ONE)), (0, start(OTHER)), (at, start(late)), (at + 70, start(ONE, generation=1, name="c2"))
    )
    assert among.records()["late" + KEY] == alone


@pytest.mark.parametrize("others", [False, True])
def test_paused_while_it_fails_and_resumed_later_it_goes_on(others: bool) -> None:  # noqa: FBT001  # pytest's parameter
    commands = [
        (0, start(ONE)),
        (BAD - 20, start(ONE, state="paused", name="c2")),
        (LATER, start(ONE, name="c3")),
    ]
    if others:
        commands += [(0, start(OTHER)), (LATER - 30, start(OTHER, generation=1, name="c2"))]
    engine = engine_of(*commands)
    assert [state for state, _ in statuses(engine.out["one" + KEY])] == ["running", "paused", "running"]
    assert engine.records()["one" + KEY] == engine_of(*commands[:3]).records()["one" + KEY]
    assert len(spoken(engine.out["one" + KEY])) > 30


@pytest.mark.parametrize("entry", ["hourly > close", "hourly > mean(hourly, 3)"])
@pytest.mark.parametrize("sizes", [(1,), (50,), (BARS,)], ids=str)
def test_one_on_a_higher_timeframe_fails_for_lower_series_from_its_close_on(entry: str, sizes: Sequence[int]) -> None:
    document = {
        "id": "high",
        "timeframes": ["1m"],
        "indicators": {"hourly": {"type": "raises_once", "timeframe": "5m"}},
        "rules": {"entry": {"condition": entry}, "exit": {"condition": "close > hourly"}},
    }
    high = StrategyVersion(strategy="high", version=1, config=parse_strategy(document, origin="test"))
    restarts = ((BAD + 7, start(high, generation=1, name="c2")), (800, start(high, generation=2, name="c3")))
    engine = engine_of((0, start(high)), *restarts, sizes=sizes)
    seen = [one for one in engine.out["high" + KEY] if isinstance(one, StrategyStatus)]
    assert [one.state for one in seen] == ["running", "quarantined", "running", "quarantined", "running"]
    minutes = [(one.effective_bar.timestamp() * 1000 - START) / MINUTE for one in seen if one.effective_bar is not None]
    assert minutes == [0, BAD + 4, BAD + 7, BAD + 7, 800]
    assert {one.reason for one in seen} == {None, SAID}
    fresh = texts_of(engine_of(restarts[1]).out["high" + KEY])
    assert texts_of(engine.out["high" + KEY])[-len(fresh) :] == fresh
    assert engine.records() == engine_of((0, start(high)), *restarts, sizes=(7,), stop=BAD + 2).records()


def test_a_strategy_that_cannot_even_be_compiled_is_refused(planted: pytest.MonkeyPatch) -> None:
    class Unsizable(Planted):
        def lookback(self, _parameters: object) -> int:
            raise OverflowError("no idea")

    plant(planted, {"unsizable": Unsizable(lambda price, _time: price)})
    answer = Registry(Catalog()).apply(reader("odd", type="unsizable"))
    assert answer.state == "refused"
    assert answer.reason == "odd: 1 problem\n  - cannot be made ready to run: OverflowError: no idea"
