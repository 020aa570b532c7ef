"""A strategy that comes late is shown, from its first bar on, what one is shown that was there from the start."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from operators.market.parameters import Parameters
from operators.strategy.compile import compile_strategy
from schemas.candle_row import CandleRow
from schemas.lifecycle import StrategyVersion
from tests.operators.market.watcher import Watcher, series, watched
from tests.operators.plain_engine import MINUTE, START, Feed, PlainEngine, batched, command, desired, expression
from tests.operators.strategy.said_records import texts_of

RULES = (
    "rsi_3@5m < 50",
    "ema_9@5m > 0 AND rsi_2@15m > 0",
    "mean(rsi_3@5m, 4) > 0",
    "mean(mean(ema_2@5m, 3), 5) > rsi_4",
    "mean(ema_3@5m, 140) > 0 AND sma_30 > 0",
    "ema_20 > 0 AND close@15m > 0",
)


def on(rule: str, timeframe: str) -> StrategyVersion:
    one = expression("one", rule, "close < 0")
    return one.model_copy(update={"config": one.config.model_copy(update={"timeframes": (timeframe,)})})


def shown(  # noqa: PLR0913  # what a run consists of
    version: StrategyVersion,
    rows: list[CandleRow],
    start: int,
    timeframe: str,
    history_bars: int,
    *,
    sizes: tuple[int, ...] = (40,),
    restarts: frozenset[int] = frozenset(),
) -> Watcher:
    parameters = Parameters(history_bars, gap_tolerance_bars=10_000)
    events: list[Feed] = [*rows[:start], command(version, desired(version)), *rows[start:]]
    return watched(events, sizes, restarts, by=Watcher(timeframe=timeframe, parameters=parameters))


@settings(max_examples=60, deadline=None)
@given(
    rule=st.sampled_from(RULES),
    timeframe=st.sampled_from(["1m", "5m"]),
    history_bars=st.integers(8, 200),
    start=st.integers(0, 1_700),
    gaps=st.booleans(),
    sizes=st.lists(st.integers(1, 300), min_size=1, max_size=5).map(tuple),
    restarts=st.frozensets(st.integers(0, 20), max_size=5),
)
@example(rule=RULES[2], timeframe="1m", history_bars=20, start=1_000, gaps=False, sizes=(1,), restarts=frozenset())
@example(rule=RULES[4], timeframe="5m", history_bars=30, start=1_500, gaps=True, sizes=(300,), restarts=frozenset({5}))
def test_every_bar_that_a_late_strategy_is_shown_is_to_the_bit_that_of_an_early_one(  # noqa: PLR0913  # drawn
    *,
    rule: str,
    timeframe: str,
    history_bars: int,
    start: int,
    gaps: bool,
    sizes: tuple[int, ...],
    restarts: frozenset[int],
) -> None:
    rows = series(2_400, gaps=gaps)
    start = min(start, len(rows) - 1)
    version = on(rule, timeframe)
    early = shown(version, rows, 0, timeframe, history_bars)
    late = shown(version, rows, start, timeframe, history_bars, sizes=sizes, restarts=restarts)
    assert late.shown == {time: early.shown[time] for time in late.shown}
    again = shown(version, rows, start, timeframe, history_bars)
    assert list(again.shown) == list(late.shown)  # the same first bar, however it is batched
    waited = [time for time in early.shown if time >= late.transitions[0].open_time and time not in late.shown]
    assert waited == [time for time in early.shown if time >= late.transitions[0].open_time][: len(waited)]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("timeframe", ["1m", "5m"])
def test_it_says_how_many_bars_it_waits(rule: str, timeframe: str) -> None:
    rows = series(5_000)
    late = shown(on(rule, timeframe), rows, 1_003, timeframe, 24)
    (transition,) = late.transitions
    length = MINUTE if timeframe == "1m" else 5 * MINUTE
    assert min(late.shown) == transition.open_time + transition.warm_up * length
    assert transition.warm_up > 0
    assert transition.young == ""


def test_it_waits_for_nothing_where_the_bars_that_are_kept_suffice() -> None:
    rows = series(1_500)
    for rule in RULES:
        late = shown(on(rule, "1m"), rows, 1_200, "1m", 1_024)
        assert late.transitions[0].warm_up == 0, rule
        assert min(late.shown) == START + 1_200 * MINUTE


def test_a_late_strategy_signals_as_an_early_one_does() -> None:
    version = expression("one", "crossover(ema_3@5m, ema_8@5m)", "crossunder(ema_3@5m, ema_8@5m)")
    rows = series(2_000)
    said = {}
    for start in (0, 1_500):
        engine = PlainEngine(history_bars=1_024)
        for some in batched([*rows[:start], command(version, desired(version)), *rows[start:]], [80]):
            engine.feed(*some)
        said[start] = texts_of(engine.out["one|BTCUSDT|1m"])[1:]
    late = said[1_500]
    assert len(late) > 10
    assert said[0][-len(late) + 1 :] == late[1:]  # the early one may be in a position as the late one begins


def test_a_timeframe_that_nobody_kept_is_young_and_says_from_when_it_is_as_good_as_old() -> None:
    rows = series(400)
    version = on("rsi_3@7m > 0 AND rsi_3@5m > 0", "1m")
    late = shown(version, rows, 300, "1m", 64)
    (transition,) = late.transitions
    reach = compile_strategy(version.config).indicators[0].reach
    # 64 candles are kept, from minute 236 on: the 7m bar that opened at minute 231 lacks candles.
    assert transition.young == (
        "rsi(close,period=3)@7m: computed of bars of 7m since 2025-05-01 03:51, for nobody kept them before; the same "
        f"as over all candles from {reach} bars after that on"
    )
    assert transition.warm_up == 0
    assert min(late.shown) == START + 300 * MINUTE
