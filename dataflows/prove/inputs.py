"""What is told in the proof: real candles where they are, and generated ones everywhere; to each a control topic."""

from collections.abc import Sequence
from pathlib import Path

from dataflows.graph import Parameters
from dataflows.prove.generated import generated
from dataflows.prove.happenings import Input
from dataflows.prove.recorded import RECORDED
from dataflows.prove.script import script
from schemas.candle_row import CandleRow
from schemas.timeframe import timeframe_ms

PARAMETERS = Parameters(history_bars=256)
"""A short history, so that what is kept of the past is full and shifts, and indicators re-anchor."""

SYMBOLS = ("AAA", "BBB", "CCC", "DDD", "EEE")
NATIVE = (("AAA", "5m"), ("BBB", "15m"), ("CCC", "90s"), ("DDD", "1h"))
"""Of these the feed brings candles of two timeframes; one of the second is no multiple of the first."""


def generated_input(seed: int, minutes: int) -> Input:
    """Five symbols with all that may go wrong."""
    return _input(f"generated {seed}", generated(SYMBOLS, minutes, seed=seed, native=NATIVE), quiet=False, seed=seed)


def recorded_inputs(folder: Path, *, share: float = 1.0) -> tuple[list[Input], list[str]]:
    """The real sets whose files are under ``folder``, the first ``share`` of each; and what is left out, in words.

    Raises:
        CandleFileError: a file does not hold candles.
    """
    found, left_out = [], []
    for one in RECORDED:
        missing = one.missing(folder)
        if missing:
            left_out.append(f"{one.name}: {', '.join(missing)} not in {folder}")
        else:
            found.append(_input(one.name, one.rows(folder, share), quiet=one.quiet, seed=None))
    return found, left_out


def _input(name: str, rows: Sequence[CandleRow], *, quiet: bool, seed: int | None) -> Input:
    symbols = sorted({row[0] for row in rows})
    first, last = min(row[2] for row in rows), max(row[2] + timeframe_ms(row[1]) for row in rows)
    return Input(name, rows, script(symbols, first, last, quiet=quiet), PARAMETERS, seed)
