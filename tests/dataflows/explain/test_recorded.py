"""What topics hold of a series, sorted in around a bar: as it was worked out again from the same candles."""

from pathlib import Path

from dataflows.explain.instant import Instant
from dataflows.explain.recorded import Recorded, with_closes
from dataflows.explain.run import SymbolRun
from dataflows.graph import Parameters
from dataflows.replay import replay
from operators.events import CandleBatch, Command
from schemas.record import to_milliseconds
from tests.dataflows.deployment import MINUTE, as_file, swing, version, walk, wanted


def test_a_fill_behind_a_break_is_what_became_of_the_order(tmp_path: Path) -> None:
    rows = walk(200, symbols=("AAA",))
    entry = replay(as_file(rows, tmp_path / "whole.parquet"), [swing("swing")]).signals[0]
    closes = to_milliseconds(entry.close_time)
    rows = [row for row in rows if not closes <= row[2] < closes + 60 * MINUTE]  # the market opens again an hour later
    run = SymbolRun("swing", None, Instant(closes), Parameters())
    run.take([Command("AAA", wanted("swing"), version(swing("swing")))])
    run.take([CandleBatch("AAA", "test", 0, rows, range(len(rows)), [None] * len(rows))])
    worked = run.at_bar("the test")

    written = replay(as_file(rows, tmp_path / "broken.parquet"), [swing("swing")])
    found = Recorded()
    for topic in (written.signals, written.positions, written.executions, written.equity):
        for close, record in with_closes(topic):
            found.take(record, close, worked)
    told = found.in_place_of(worked)
    assert worked.next_close == closes + 61 * MINUTE
    assert [one.signal for one in worked.filled_later] == [entry.id]
    assert told.filled_later == worked.filled_later
    assert (told.signals, told.after.standing) == (worked.signals, worked.after.standing)
