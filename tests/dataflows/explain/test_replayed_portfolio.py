"""What a portfolio did in a replay, by its files: read past what is not its own, and never whole."""

import tracemalloc
from pathlib import Path

import pytest

from dataflows.errors import CandelabraError
from dataflows.explain.instant import instant_of
from dataflows.explain.portfolio import explained_portfolio
from dataflows.explain.replayed_portfolio import explain_replayed_portfolio
from schemas.metrics import EquityPoint
from schemas.portfolio_event import PortfolioEvent
from tests.dataflows.explain.portfolio_history import HISTORY


def written(folder: Path) -> Path:
    events = [one for one in HISTORY if isinstance(one, PortfolioEvent)]
    points = [one for one in HISTORY if isinstance(one, EquityPoint)]
    own = '{"record": "an execution of a strategy"}\n'
    for name, records in (("executions", events), ("equity", points)):
        text = own + "".join(f"{one.model_dump_json()}\n" for one in records)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    return folder


def test_a_replays_folder_is_read_past_what_strategies_wrote(tmp_path: Path) -> None:
    instant = instant_of("2025-06-01T12:00")
    found = explain_replayed_portfolio(written(tmp_path), "main", instant)
    known = explained_portfolio("main", instant, HISTORY, source="the test")
    assert len(found.events) == 3
    assert (found.events, found.point) == (known.events, known.point)


def test_a_file_is_never_held_whole(tmp_path: Path) -> None:
    written(tmp_path)
    points = [one for one in HISTORY if isinstance(one, EquityPoint)]
    line = points[0].model_dump_json() + "\n"
    (tmp_path / "equity.jsonl").write_text(line * 2_000 + "".join(f"{one.model_dump_json()}\n" for one in points))
    size = (tmp_path / "equity.jsonl").stat().st_size
    instant = instant_of("2025-06-01T12:00")
    explain_replayed_portfolio(tmp_path, "main", instant)  # what is imported and compiled at the first call is
    tracemalloc.start()
    try:
        found = explain_replayed_portfolio(tmp_path, "main", instant)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found.point == points[1]
    assert peak < size / 2


def test_what_is_not_there_is_one_message(tmp_path: Path) -> None:
    instant = instant_of("2025-06-01")
    with pytest.raises(CandelabraError, match=r"executions.jsonl: cannot be read: .*candelabra replay --out FOLDER"):
        explain_replayed_portfolio(tmp_path, "main", instant)
    with pytest.raises(
        CandelabraError, match=r"nothing of a portfolio 'mian' \(did you mean \"main\"\?\); there are main"
    ):
        explain_replayed_portfolio(written(tmp_path), "mian", instant)
    (tmp_path / "equity.jsonl").write_text('{"portfolio":"main","equity":"much"}\n', encoding="utf-8")
    with pytest.raises(CandelabraError, match=r"equity.jsonl: line 1: expected a record of 'equity'"):
        explain_replayed_portfolio(tmp_path, "main", instant)
