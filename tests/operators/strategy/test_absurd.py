"""No signal holds an infinite or absurd number, nor comes from one; and a storm of signals ends."""

import math
from collections.abc import Sequence

import pytest

from operators.strategy.compile import compile_strategy
from operators.strategy.storm import MOST_SIGNALS, STORM_BARS
from schemas.lifecycle import StrategyStatus, StrategyVersion
from schemas.signal import Signal
from schemas.strategy_file import parse_strategy
from tests.operators.plain_engine import MINUTE, START, Feed, PlainEngine, batched, command, desired, row
from tests.operators.strategy.said_records import spoken

KEY = "one|BTCUSDT|1m"
SIZES = [(1,), (20,), (2_000,), (1, 70, 3)]
BEFORE = 100


def one(
    entry: str, leave: str = "close < 0", *, confidence: object = 1.0, indicators: object = None
) -> StrategyVersion:
    rules = {"entry": {"condition": entry, "confidence": confidence}, "exit": {"condition": leave}}
    document = {"id": "one", "timeframes": ["1m"], "rules": rules, "indicators": indicators or {}}
    config = parse_strategy(document, origin="test")
    return StrategyVersion(strategy="one", version=1, config=config)


def worked(
    strategy: StrategyVersion, closes: Sequence[float], sizes: Sequence[int], *more: tuple[int, Feed]
) -> PlainEngine:
    engine = PlainEngine(compile_strategy, timeframes=())
    events: list[Feed] = [command(strategy, desired(strategy))]
    for bar, close in enumerate(closes):
        events += [event for at, event in more if at == bar]
        events.append(candle(bar, close))
    for part in batched(events, sizes):
        engine.feed(*part)
    return engine


def candle(bar: int, close: float) -> Feed:
    symbol, timeframe, opened, *_ = row(bar)
    return symbol, timeframe, opened, close, close, close, close, 1.0, True


def quarantine(engine: PlainEngine) -> tuple[int, str]:
    """The bar and the reason of the one there is."""
    (found,) = [one for one in engine.out[KEY] if isinstance(one, StrategyStatus) and one.state == "quarantined"]
    assert found.effective_bar is not None
    assert found.reason is not None
    return round((found.effective_bar.timestamp() * 1000 - START) / MINUTE), found.reason


ABSURD = [*[100.0] * BEFORE, 1e305, *[100.0] * 30]
LOUD = [*[100.0] * BEFORE, 1_000.0, *[100.0] * 30]
"""A price of which the exponential is infinite; that of 100 is 2.7e43."""
EXP = {"loud": {"type": "exp"}}
FIXED = {"method": "scaled", "value": "loud", "threshold": 0.0, "full": 1.0}


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize(
    ("strategy", "closes", "said"),
    [
        (
            one("close > 1000"),
            ABSURD,
            "its account cannot be kept over a bar with prices from 1e+305 to 1e+305, expected 1e-100 to 1e+100",
        ),
        (one("close[1] > 1000"), ABSURD, "rule entry: AbsurdValue: close is 1e+305"),
        (one("close * 1e299 > 1e301"), LOUD, "rule entry: AbsurdValue: a side of a comparison is 1e+302"),
        (one("loud < 1", indicators=EXP), LOUD, "rule entry: AbsurdValue: exp(close).exp is inf"),
        (one("close > 999", confidence=FIXED, indicators=EXP), LOUD, "rule entry: AbsurdValue: exp(close).exp is inf"),
        (
            one("position.bars_held > 99 OR loud < 1", indicators=EXP),
            LOUD,
            "rule entry: AbsurdValue: exp(close).exp is inf",
        ),
    ],
    ids=["price", "price before", "product", "indicator", "confidence", "beside the position"],
)
def test_an_absurd_number_quarantines_where_it_would_count(
    strategy: StrategyVersion, closes: Sequence[float], said: str, sizes: Sequence[int]
) -> None:
    engine = worked(strategy, closes, sizes)
    bar, reason = quarantine(engine)
    assert bar == BEFORE + ("[1]" in strategy.config.signals[0].expression)
    assert reason.startswith(said)
    assert not [signal for signal in engine.out[KEY] if isinstance(signal, Signal)]


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("closes", [ABSURD, LOUD], ids=["absurd", "loud"])
def test_what_makes_no_signal_of_it_goes_on(closes: Sequence[float], sizes: Sequence[int]) -> None:
    engine = worked(one("close < 50", "loud < 0", indicators=EXP), [*closes, 40.0], sizes)
    assert [type(record) for record in spoken(engine.out[KEY])] == [StrategyStatus, Signal]


@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_what_is_not_ready_makes_no_signal_and_stays_in_service(sizes: Sequence[int]) -> None:
    """NaN after a number is no fault: a division by zero, a session without volume."""
    engine = worked(one("(close - 100) / (close - 100) > 0.5", "close < 0"), [*[100.0] * 50, 101.0], sizes)
    assert [type(record) for record in spoken(engine.out[KEY])] == [StrategyStatus, Signal]


def storming(*, restart: bool = False) -> tuple[StrategyVersion, list[tuple[int, Feed]]]:
    signals = [
        {"id": f"{kind}_{side}", "type": kind, "side": side, "expression": "close > 0"}
        for kind in ("entry", "exit")
        for side in ("long", "short")
    ]
    config = parse_strategy({"id": "one", "timeframes": ["1m"], "signals": signals}, origin="test")
    version = StrategyVersion(strategy="one", version=1, config=config)
    again = command(version, desired(version, generation=1, name="c2"))
    return version, [(3 * STORM_BARS, again)] if restart else []


SPAN = START // MINUTE // STORM_BARS * STORM_BARS + STORM_BARS - START // MINUTE
"""The first bar of the first whole span."""


@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_a_storm_ends_at_the_signal_that_is_one_too_many(sizes: Sequence[int]) -> None:
    version, _ = storming()
    engine = worked(version, [100.0] * (SPAN + STORM_BARS), sizes)
    bar, reason = quarantine(engine)
    signals = [one for one in engine.out[KEY] if isinstance(one, Signal)]
    first = 2 * min(SPAN, MOST_SIGNALS // 2 + 1) - 1
    expected = MOST_SIGNALS // 2 if first >= MOST_SIGNALS else SPAN + MOST_SIGNALS // 2
    assert bar == expected
    assert reason == "a storm of signals: more than 1,536 within 1,024 candles of 1m"
    assert len(signals) == (MOST_SIGNALS if first >= MOST_SIGNALS else first + MOST_SIGNALS)


def test_the_count_goes_on_after_a_resume_and_begins_anew_with_a_restart() -> None:
    version, again = storming(restart=True)
    closes = [100.0] * (3 * STORM_BARS + MOST_SIGNALS)
    straight = worked(version, closes, (500,), *again)
    stopped = PlainEngine(compile_strategy, timeframes=())
    events: list[Feed] = [command(version, desired(version))]
    for bar, close in enumerate(closes):
        events += [event for at, event in again if at == bar]
        events.append(candle(bar, close))
    for part in batched(events, (333,)):
        stopped.feed(*part)
        stopped.restart()
    assert stopped.records() == straight.records()
    states = [one.state for one in straight.out[KEY] if isinstance(one, StrategyStatus)]
    assert states == ["running", "quarantined", "running", "quarantined"]


def test_one_that_enters_and_leaves_at_every_candle_is_no_storm() -> None:
    engine = worked(one("close > 0", "close > 0"), [100.0] * (3 * STORM_BARS), (700,))
    assert len([record for record in engine.out[KEY] if isinstance(record, Signal)]) == 3 * STORM_BARS


def test_no_number_among_the_signals_of_wild_prices_is_absurd() -> None:
    closes = [math.exp(700 * math.sin(bar / 3)) for bar in range(400)]
    engine = worked(one("close * open > 1 OR close / open < 1", "position.pnl > 1 OR close * close > 2"), closes, (30,))
    numbers = [
        number
        for signal in engine.out[KEY]
        if isinstance(signal, Signal)
        for number in (signal.price, *signal.values.values(), *signal.confidence_terms.values())
    ]
    assert numbers
    assert all(abs(number) <= 1e300 for number in numbers)
