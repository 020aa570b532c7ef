"""Many sound strategies, and some that are broken, each in its own way.

The faults that are planted in the catalog begin at `WRONG`; see ``tests.planted_kernels``.
"""

import random
from dataclasses import dataclass

import pytest

from operators.expressions.compiled import CompiledExpression, compile_expression
from operators.expressions.scope import Scope
from operators.strategy import compile as compiling
from schemas.candle_row import CandleRow
from schemas.strategy import StrategyConfig
from schemas.strategy_file import parse_strategy
from tests.planted_kernels import DEAR, Fault, faults, plant, plant_total

MINUTE = 60_000
START = 28_480 * 1_024 * MINUTE  # a span of a storm begins there
BARS = 800
WRONG = START + 300 * MINUTE
"""The bar with which the faults begin opens then."""
BAD_VOLUME = 77.0
CHEAP, EXPENSIVE = "CHEAP", "EXPENSIVE"
RAISES = "close > 0 AND volume > 76"
"""A rule that is planted to raise where it holds, which it does at one bar."""

FINE = (
    ("rsi_{0} < 45", "rsi_{0} > 55"),
    ("crossover(ema_{0}, sma_{1})", "crossunder(ema_{0}, sma_{1})"),
    ("close > highest(high[1], {0})", "close < lowest(low[1], {0})"),
    ("macd.histogram > 0 AND rsi_{0} < 70", "position.bars_held > {0} OR position.pnl < -0.01"),
    ("rsi_{0}@5m < 40", "rsi_{0} > 60"),
    ("any_within(rsi_{0} < 35, 5) AND close > open", "bars_since(close < open) > {0} OR rsi_{0} > 65"),
    ("obv > mean(obv, {0})", "obv < mean(obv, {0})"),
    ("is_sound_here > mean(is_sound_here, {0})", "is_sound_here < mean(is_sound_here, {0})"),
)
"""Entries and exits of strategies that are sound, some of which read what broken ones read too."""


@dataclass(frozen=True)
class Broken:
    """A strategy that is quarantined: on which symbols, from which bar on the first, and what is said of it."""

    config: StrategyConfig
    said: str
    symbols: tuple[str, ...] = (CHEAP, EXPENSIVE)
    bar: int | None = 300


def walk(bars: int = BARS) -> list[CandleRow]:
    """Two symbols, minute by minute: one whose price one kernel fears, and one bar with a volume that a total fears."""
    chance = random.Random(5)
    last = {CHEAP: 100.0, EXPENSIVE: 10 * DEAR}
    found: list[CandleRow] = []
    for bar in range(bars):
        for symbol, opened in last.items():
            closed = last[symbol] = opened * chance.uniform(0.99, 1.01)
            high, low = max(opened, closed) * 1.001, min(opened, closed) * 0.999
            volume = BAD_VOLUME if START + bar * MINUTE == WRONG else chance.uniform(1, 9)
            found.append((symbol, "1m", START + bar * MINUTE, opened, high, low, closed, volume, True))
    return found


def strategy(identity: str, entry: str, leave: str, **more: object) -> StrategyConfig:
    rules = {"entry": {"condition": entry}, "exit": {"condition": leave}}
    document = {"id": identity, "rules": rules, "timeframes": ["1m"], **more}
    return parse_strategy(document, origin="test")


def sound(count: int) -> list[StrategyConfig]:
    """Strategies that nothing is wrong with; every tenth runs on two timeframes, which are weighed together."""
    found = []
    for number in range(count):
        entry, leave = (text.format(3 + number % 11, 5 + number % 17) for text in FINE[number % len(FINE)])
        timeframes = ["1m", "5m"] if number % 10 == 9 and "@" not in entry else ["1m"]
        indicators = {"is_sound_here": {"type": "is_sound"}}
        found.append(strategy(f"sound_{number:03d}", entry, leave, timeframes=timeframes, indicators=indicators))
    return found


def reading(kind: str, identity: str, text: str = "bad > 0", leave: str = "bad < 0", **more: object) -> StrategyConfig:
    """A strategy that reads an indicator of this kind as ``bad``."""
    return strategy(identity, text, leave, indicators={"bad": {"type": kind, **more}})


def broken() -> list[Broken]:
    """One of each way."""
    by_kernel = [
        ("raises_once", "Fault: once"),
        ("raises_for_good", "KeyError: 'gone'"),
        ("runs_out_of_memory", "MemoryError: no more"),
        ("recurses", "RecursionError: too deep"),
        ("gives_none", "TypeError: expected "),
        ("gives_text", "TypeError: expected "),
        ("gives_too_few", "TypeError: expected "),
        ("divides_by_zero", "ZeroDivisionError: "),
    ]
    found = [
        Broken(
            reading(kind, kind, leave="bad < 0 OR position.bars_held > 3"), f"indicator {kind}(close) failed: {said}"
        )
        for kind, said in by_kernel
    ]
    found += [
        Broken(
            reading("never_opens", "never_opens"),
            "indicator never_opens(close) failed: Fault: cannot be opened over 2 inputs",
            bar=0,
        ),
        Broken(
            reading("fears_the_dear", "fears_the_dear"),
            "indicator fears_the_dear(close) failed: Fault: too dear",
            (EXPENSIVE,),
            bar=0,
        ),
        Broken(
            reading("raises_once", "reads_a_mean_of_it", "mean(bad, 7) > 0", "highest(bad, 3) < 0"),
            "indicator raises_once(close) failed: Fault: once",
        ),
        Broken(
            reading("raises_once", "reads_it_higher", timeframe="5m"),
            "indicator raises_once(close) failed: Fault: once",
            bar=304,  # its five minutes close with that minute
        ),
        Broken(
            reading("raises_for_good", "reads_a_mean_of_it_higher", "mean(bad, 4) > 0", timeframe="15m"),
            "indicator raises_for_good(close) failed: KeyError: 'gone'",
            bar=319,  # quarters of an hour begin five minutes after the hundreds
        ),
        Broken(strategy("totals", "nvi > 0", "nvi < 0"), f"indicator nvi() failed: Fault: volume {BAD_VOLUME}"),
        Broken(
            reading("gives_infinity", "gives_infinity", leave="bad < 0"),
            "rule exit: AbsurdValue: gives_infinity(close).value is inf, expected at most 1e+300",
        ),
        Broken(
            reading("gives_minus_infinity_once", "gives_minus_infinity_once", "bad < 0", "bad > 0"),
            "rule entry: AbsurdValue: gives_minus_infinity_once(close).value is -inf",
        ),
        Broken(
            reading("gives_the_absurd", "gives_the_absurd", "bad > 1e200", "bad < 0"),
            "rule entry: AbsurdValue: gives_the_absurd(close).value is 1e+305",
        ),
        Broken(
            strategy("exponential", "exp_close > 0", "exp_close < 0", indicators={"exp_close": {"type": "exp"}}),
            "rule entry: AbsurdValue: exp(close).exp is inf",
            (EXPENSIVE,),
            bar=0,
        ),
        Broken(strategy("raises", RAISES, "close < 0"), "rule entry: Fault: a rule of its own"),
        Broken(
            parse_strategy(
                {
                    "id": "confident",
                    "timeframes": ["1m"],
                    "indicators": {"bad": {"type": "gives_infinity"}},
                    "rules": {
                        "entry": {
                            "condition": "close > open",
                            "confidence": {
                                "method": "weighted",
                                "weights": {"sure": 1.0},
                                "parts": {"sure": "bad > 0"},
                            },
                        },
                        "exit": {"condition": "position.bars_held > 2"},
                    },
                },
                origin="test",
            ),
            "rule entry: AbsurdValue: gives_infinity(close).value is inf",
            bar=None,
        ),
        Broken(
            parse_strategy(
                {
                    "id": "storm",
                    "timeframes": ["1m"],
                    "signals": [
                        {"id": f"{kind}_{side}", "type": kind, "side": side, "expression": "close > 0"}
                        for kind in ("entry", "exit")
                        for side in ("long", "short")
                    ],
                },
                origin="test",
            ),
            "a storm of signals: more than 1,536 within 1,024 candles of 1m",
            bar=768,
        ),
        Broken(
            strategy("too_short", "close > open", "close < open", timeframes=["30s"]),
            "30s bars cannot be made here",
            bar=0,
        ),
        Broken(
            strategy("reads_the_shorter", "rsi_3@1m < 40", "close > open", timeframes=["5m"]),
            "rsi(close,period=3)@1m cannot be computed here: 1m is shorter than the 5m bars of this series",
            bar=0,
        ),
    ]
    return found


def another(one: Broken, number: int) -> Broken:
    """The same fault in another strategy."""
    return Broken(one.config.model_copy(update={"id": f"{one.config.id}_{number}"}), one.said, one.symbols, one.bar)


def plant_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that is wrong, for as long as the test lasts."""
    plant(monkeypatch, faults(WRONG))
    plant_total(monkeypatch, "nvi", BAD_VOLUME)

    def planted(text: str, scope: Scope, *, where: str) -> CompiledExpression:
        sound_one = compile_expression(text, scope, where=where)
        return _Raising(sound_one) if text == RAISES else sound_one

    monkeypatch.setattr(compiling, "compile_expression", planted)


class _Raising(CompiledExpression):
    """A rule that raises where it holds."""

    def __init__(self, one: CompiledExpression) -> None:
        super().__init__(one.text, one.tree, one.operands, self._evaluated)
        object.__setattr__(self, "_one", one)

    def _evaluated(self, *values: float) -> bool | None:
        one: CompiledExpression = self.__dict__["_one"]
        held = one.evaluate(*values)
        if held:
            raise Fault("a rule of its own")
        return held
