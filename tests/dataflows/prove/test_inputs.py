"""What is told holds what it is meant to hold, and is the same for the same seed."""

from itertools import pairwise
from pathlib import Path

import pytest

from dataflows.prove.generated import Damage, generated
from dataflows.prove.inputs import NATIVE, SYMBOLS, generated_input, recorded_inputs
from schemas.candle import candle_problem
from schemas.candle_row import CandleRow
from schemas.lifecycle import DesiredState, StrategyVersion
from schemas.record import to_milliseconds
from schemas.watchlist import WatchlistEntry

MINUTE = 60_000
ROWS = generated(SYMBOLS, 900, seed=7, native=NATIVE, damage=Damage(0.02, 0.02, 0.02, 0.02, 0.02))


def test_every_generated_row_is_a_candle() -> None:
    assert {candle_problem(row[1], *row[2:8]) for row in ROWS} == {None}


def test_one_seed_is_one_set_and_two_are_two() -> None:
    assert generated(SYMBOLS, 50, seed=7) == generated(SYMBOLS, 50, seed=7)
    assert generated(SYMBOLS, 50, seed=7) != generated(SYMBOLS, 50, seed=8)


def test_without_damage_every_minute_is_there_once() -> None:
    rows = generated(["AAA"], 60, seed=1, damage=Damage(0, 0, 0, 0, 0, longest_gap=2))
    times = [row[2] for row in rows]
    assert len(times) in {58, 59}  # the one gap, of two minutes, may begin at the last
    assert sum(after - before - MINUTE for before, after in pairwise(times)) in {0, 2 * MINUTE, MINUTE}


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_each_symbol_has_gaps_repeats_corrections_and_latecomers(symbol: str) -> None:
    own = [row for row in ROWS if row[0] == symbol and row[1] == "1m"]
    newest, gaps, late, repeats, corrections = 0, 0, 0, 0, 0
    taken: dict[int, CandleRow] = {}
    for row in own:
        known = taken.get(row[2])
        if known is not None and row[2] == newest:
            repeats += known == row
            corrections += known != row
        elif row[2] < newest:
            late += 1
        elif newest:
            gaps += row[2] - newest > MINUTE
        newest = max(newest, row[2])
        taken[row[2]] = row
    assert min(gaps, late, repeats, corrections) > 0


def test_native_candles_come_beside_the_minutes() -> None:
    assert {(row[0], row[1]) for row in ROWS if row[1] != "1m"} == set(NATIVE)


def test_the_script_has_every_kind_of_record_pinned_and_not() -> None:
    script = generated_input(7, 300).script
    assert [sent.at for sent in script] == sorted(sent.at for sent in script)
    for kind in (DesiredState, WatchlistEntry):
        pinned = {sent.record.effective_from is not None for sent in script if isinstance(sent.record, kind)}
        assert pinned == {True, False}
    assert {sent.record.version for sent in script if isinstance(sent.record, StrategyVersion)} == {1, 2}
    states = {sent.record.state for sent in script if isinstance(sent.record, DesiredState)}
    assert states == {"running", "paused", "stopped"}
    assert any(sent.record.asset is None for sent in script if isinstance(sent.record, WatchlistEntry))


@pytest.mark.parametrize("minutes", [20, 60, 300])
def test_no_command_names_a_time_that_is_over_when_it_is_sent(minutes: int) -> None:
    for sent in generated_input(7, minutes).script:
        if not isinstance(sent.record, StrategyVersion) and sent.record.effective_from is not None:
            assert to_milliseconds(sent.record.effective_from) > sent.at


def test_without_the_files_of_real_candles_it_is_said_what_is_left_out(tmp_path: Path) -> None:
    inputs, left_out = recorded_inputs(tmp_path)
    assert inputs == []
    assert [text.partition(":")[0] for text in left_out] == ["binance", "bitfinex", "gaps"]
    assert all(".parquet" in text and str(tmp_path) in text for text in left_out)


def test_real_candles_come_by_time_over_all_symbols(shared_data: Path) -> None:
    inputs, left_out = recorded_inputs(shared_data, share=0.02)
    assert left_out == []
    assert {one.name: len({row[0] for row in one.rows}) for one in inputs} == {"binance": 8, "bitfinex": 2, "gaps": 1}
    for one in inputs:
        assert [row[2] for row in one.rows] == sorted(row[2] for row in one.rows)
