"""A rule that raises takes its own instance out of service, at its bar, and touches nothing else."""

from dataclasses import replace
from typing import NoReturn

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.strategy.broken import RuleRaised
from operators.strategy.compile import CompiledStrategy, compile_strategy
from schemas.alert import Alert
from schemas.candle_row import CandleRow
from schemas.lifecycle import State, StrategyStatus
from schemas.signal import Signal
from schemas.signal_config import SignalConfig
from schemas.strategy import StrategyConfig
from tests.operators.plain_engine import (
    BUY,
    LEAVE,
    RAISES,
    SELL,
    PlainEngine,
    batched,
    command,
    desired,
    expression,
    row,
    scripted,
    version,
)
from tests.operators.strategy.said_records import spoken

RAISER = version("raiser")
CALM = version(
    "calm", rules=(SignalConfig(id="buy", type="entry", expression="bit 5"),)
)  # what others raise at is not its own
REAL = expression("real", "ema_2 > sma_3", "ema_2 < sma_3")
KEY = "raiser|BTCUSDT|1m"
UNREAD = 1 << 24
"""A volume of which no rule reads a bit."""


def run(rows: list[CandleRow], *, size: int, raiser: bool = True) -> PlainEngine:
    engine = PlainEngine()
    about = [RAISER, CALM, REAL] if raiser else [CALM, REAL]
    for events in batched([*(command(one, desired(one)) for one in about), *rows], [size]):
        engine.feed(*events)
    return engine


def test_alert_and_status_name_the_bar_the_rule_and_the_error() -> None:
    engine = run([row(0), row(1, volume=BUY), row(2, volume=LEAVE << RAISES), row(3, volume=LEAVE)], size=7)
    *_, signal, alert, status = spoken(engine.out[KEY])
    assert isinstance(signal, Signal)
    assert signal.rule == "buy"
    assert isinstance(alert, Alert)
    assert isinstance(status, StrategyStatus)
    assert (alert.kind, alert.severity, alert.strategy, alert.key) == ("quarantine", "error", "raiser", KEY)
    assert alert.event_time.isoformat() == "2025-05-01T00:03:00+00:00"
    assert alert.message == "version 1 raised rule leave: ArithmeticError: bit 2 of 1024"
    assert (status.state, status.reason) == ("quarantined", "rule leave: ArithmeticError: bit 2 of 1024")
    assert f"{status.effective_bar:%H:%M}" == "00:02"


def test_rule_that_would_raise_but_is_not_asked_does_not() -> None:
    watched_only_when_short = row(1, volume=16 << RAISES)
    after_an_earlier_rule_held = row(2, volume=BUY | SELL << RAISES)
    engine = run([row(0), watched_only_when_short, after_an_earlier_rule_held, row(3, volume=SELL << RAISES)], size=99)
    assert [one for one in engine.out[KEY] if isinstance(one, Alert)] == []


def test_other_series_of_the_same_strategy_go_on() -> None:
    about = version("raiser", timeframes=("1m", "5m"))
    raising = BUY << RAISES
    minutes = [row(0, volume=raising), row(1, volume=UNREAD - raising + BUY), row(2), row(3), row(4)]
    engine = PlainEngine()
    for events in batched([command(about, desired(about)), *minutes], [99]):
        engine.feed(*events)
    said = {key: getattr(spoken(engine.out[key])[-1], "rule", None) for key in (KEY, "raiser|BTCUSDT|5m")}
    assert said == {KEY: None, "raiser|BTCUSDT|5m": "buy"}


def test_evaluations_stop_at_the_bar_that_raised() -> None:
    engine = run([row(0), row(1), row(2, volume=BUY << RAISES), row(3), row(4)], size=99)
    assert engine.tally.evaluated["raiser"] == 2
    assert engine.tally.evaluated["calm"] == 5


def test_overlong_error_text_is_cut() -> None:
    assert str(RuleRaised(0, "buy", ValueError("x" * 10_000))) == f"rule buy: ValueError: {'x' * 478}"


def unexplained(config: StrategyConfig) -> CompiledStrategy:
    """A strategy whose rules hold, and raise as soon as they are asked why."""

    def explain(volume: float) -> NoReturn:
        raise ArithmeticError(f"no reason for {volume:g}")

    compiled = scripted(config)
    return replace(compiled, entries=tuple(replace(one, explain=explain) for one in compiled.entries))


def test_rule_that_cannot_be_explained_gives_no_signal_and_is_quarantined() -> None:
    engine = PlainEngine(unexplained)
    engine.feed(*batched([command(RAISER, desired(RAISER)), row(0), row(1, volume=BUY), row(2, volume=BUY)], [9])[0])
    _, alert, status = spoken(engine.out[KEY])
    assert isinstance(alert, Alert)
    assert isinstance(status, StrategyStatus)
    assert (status.reason, f"{status.effective_bar:%H:%M}") == ("rule buy: ArithmeticError: no reason for 1", "00:01")


@pytest.mark.parametrize(
    ("timeframe", "entry", "reason"),
    [
        ("5m", "rsi_14@7m < 30", "7m is not a whole number of the 5m candles of the feed"),
        ("1h", "rsi_14@1m < 30", "1m is shorter than the 1h candles of the feed"),
    ],
)
@pytest.mark.parametrize("size", [1, 99])
def test_version_that_cannot_run_on_a_series_is_quarantined_there_until_another_takes_its_place(
    timeframe: str, entry: str, reason: str, size: int
) -> None:
    unable, able = expression("s", entry, "close < 0"), expression("s", "close > 0", "close < 0", 2)
    engine = PlainEngine(compile_strategy)
    for number, events in enumerate(
        batched(
            [
                command(unable, desired(unable)),
                row(0, timeframe=timeframe),
                command(unable, desired(unable, "paused", name="c2")),
                row(1, timeframe=timeframe),
                command(unable, desired(unable, name="c3")),
                row(2, timeframe=timeframe),
                command(able, desired(able, name="c4")),
                row(3, timeframe=timeframe),
                command(unable, desired(unable, name="c5")),
                row(4, timeframe=timeframe),
                command(unable, desired(unable, "stopped", name="c6")),
                row(5, timeframe=timeframe),
            ],
            [size],
        )
    ):
        engine.feed(*events)
        if number % 3 == 0:
            engine.restart()
    records = spoken(engine.out[f"s|BTCUSDT|{timeframe}"])
    statuses = [one for one in records if isinstance(one, StrategyStatus)]
    said = [(one.state.value, one.version, one.command, (one.reason or "").endswith(reason)) for one in statuses]
    assert said == [
        ("quarantined", 1, "c1", True),
        ("quarantined", 1, "c2", True),
        ("quarantined", 1, "c3", True),
        ("running", 2, "c4", False),
        ("quarantined", 1, "c5", True),
        ("stopped", 1, "c6", False),
    ]
    alerts = [one for one in records if isinstance(one, Alert)]
    assert [(one.kind, one.severity, one.strategy, one.key) for one in alerts] == [
        ("quarantine", "error", "s", f"s|BTCUSDT|{timeframe}")
    ] * 4
    assert {one.message for one in alerts} == {f"version 1 cannot run on this series: {statuses[0].reason}"}
    out_of_service = [one for one in statuses if one.state is State.QUARANTINED]
    assert [records[records.index(alert) + 1] for alert in alerts] == out_of_service
    signals = [one for one in records if isinstance(one, Signal)]
    assert [(one.rule, one.version, one.position_after) for one in signals] == [
        ("entry", 2, "long"),
        ("lifecycle.update", 2, "flat"),
    ]
    closed = f"closed the long position: version 1 cannot run on this series; {statuses[0].reason}"
    assert statuses[-2].reason == closed


masks = st.integers(0, 63) | st.builds(lambda held, bad: held | bad << RAISES, st.integers(0, 63), st.integers(0, 31))


@settings(max_examples=100, deadline=None)
@given(
    rows=st.lists(st.tuples(masks, st.integers(95, 105)), min_size=1, max_size=40),
    size=st.integers(1, 45),
)
def test_neighbours_do_not_change_by_a_byte_and_batches_do_not_matter(rows: list[tuple[int, int]], size: int) -> None:
    candles = [row(n, close=float(close), volume=float(mask)) for n, (mask, close) in enumerate(rows)]
    with_it, without = run(candles, size=size).records(), run(candles, size=size, raiser=False).records()
    assert {key: texts for key, texts in with_it.items() if "raiser" not in key} == without
    assert run(candles, size=1).records() == with_it
