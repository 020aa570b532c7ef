"""The strategies that come with the program, on real candles, beside the same rules written with numpy and TA-Lib."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from dataflows.candle_files import CandleFile
from dataflows.replay import Replayed, replay
from dataflows.template_files import template_bytes, template_names
from operators.strategy.compile import compile_strategy
from schemas.candle_row import CandleRow
from schemas.confidence import recompute
from schemas.record import to_milliseconds
from schemas.strategy_file import load_strategy
from tests.dataflows.template_rules import TEMPLATES, Bars, signals_of

CANDLES = 20_000
SYMBOL = "BTCUSDT"  # not SOLUSDT: of two decimals, whose averages tie, and rounding decides then who crossed whom


class Part:
    """The first candles of one symbol of a file."""

    name = f"{SYMBOL}, {CANDLES:,} candles"

    def __init__(self, rows: list[CandleRow]) -> None:
        self.rows = rows

    def count(self) -> int:
        return len(self.rows)

    def batches(self) -> Iterator[list[CandleRow]]:
        yield self.rows


@pytest.fixture(scope="module")
def rows(shared_data: Path) -> list[CandleRow]:
    file = CandleFile(shared_data / "m1" / "bybit_2025-06_1m.parquet")
    found = [row for batch in file.batches() for row in batch if row[0] == SYMBOL]
    return found[:CANDLES]


@pytest.fixture(scope="module")
def bars(rows: list[CandleRow]) -> Bars:
    opens, highs, lows, closes, volumes = np.array([row[3:8] for row in rows]).T.copy()
    return Bars(opens, highs, lows, closes, volumes, np.array([row[2] + 60_000 for row in rows]))


@pytest.fixture(scope="module")
def replayed(rows: list[CandleRow]) -> Replayed:
    """All of them beside each other, as they run live."""
    return replay(Part(rows), [load_strategy(template_bytes(name), origin=name) for name in template_names()])


def test_there_are_nine() -> None:
    assert template_names() == tuple(sorted(TEMPLATES))
    assert len(TEMPLATES) == 9


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_a_template_explains_itself_and_compiles(name: str) -> None:
    config = load_strategy(template_bytes(name), origin=name)
    assert config.id == name
    assert config.meta.description
    assert b'"$comment"' in template_bytes(name)
    compiled = compile_strategy(config)
    assert all(compiled.exits[rule.side] for rule in compiled.entries), "a side that is entered has a way out"


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_its_signals_are_those_of_its_rules_in_numpy(name: str, bars: Bars, replayed: Replayed) -> None:
    places = {int(time): at for at, time in enumerate(bars.close_times)}
    found = [(places[to_milliseconds(one.close_time)], one.rule) for one in replayed.signals if one.strategy == name]
    assert found == signals_of(TEMPLATES[name](bars), bars)
    assert len({rule for _, rule in found}) >= 2, "it enters and leaves on these candles"


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_every_signal_explains_itself(name: str, replayed: Replayed) -> None:
    signals = [one for one in replayed.signals if one.strategy == name]
    assert signals
    for signal in signals:
        assert signal.conditions[0].holds
        assert signal.confidence == recompute(signal)
