"""Reference figures from a replay's folder."""

from math import log
from pathlib import Path

import pytest

from dataflows.alerts.backtest import reference_of
from dataflows.errors import CandelabraError
from operators.alerts.degradation import sample_of
from schemas.record import Record
from tests.operators.alerts.made import equity, metrics, trade


def written(path: Path, *records: Record) -> None:
    path.write_text("".join(f"{record.model_dump_json()}\n" for record in records), encoding="utf-8")


def test_figures_are_of_trades_and_of_all_bars_flat_ones_too(tmp_path: Path) -> None:
    gains = [0.01, -0.02, 0.03]
    written(tmp_path / "positions.jsonl", *(trade(number, gain) for number, gain in enumerate(gains, 1)))
    written(tmp_path / "equity.jsonl", equity(1, 0.1), equity(2, 0.05), equity(2, 0.5, portfolio="main"))
    written(tmp_path / "metrics.jsonl", metrics(1, bars=3), metrics(9, bars=6))
    found = reference_of(tmp_path, None, None, None)
    assert found.trades == sample_of(gains)
    assert found.bars is not None
    assert found.bars.number == 6
    assert found.bars.mean == pytest.approx(log(0.95) / 6)
    expected = sample_of([log(0.9), log(0.95 / 0.9), 0.0, 0.0, 0.0, 0.0])
    assert found.bars.variance == pytest.approx(expected.variance)


def test_several_series_are_listed(tmp_path: Path) -> None:
    written(tmp_path / "positions.jsonl", trade(1, 0.1), trade(1, 0.1, strategy="rsi"), trade(2, 0.3, strategy="rsi"))
    with pytest.raises(CandelabraError, match=r"got 2: macd\|BTCUSDT\|1h, rsi\|BTCUSDT\|1h. Name one: --strategy"):
        reference_of(tmp_path, None, "BTCUSDT", None)
    found = reference_of(tmp_path, "rsi", None, None)
    assert (found.trades, found.bars) == (sample_of([0.1, 0.3]), None)


def test_a_folder_without_trades_is_said(tmp_path: Path) -> None:
    with pytest.raises(CandelabraError, match="no series with a closed trade is there"):
        reference_of(tmp_path, None, None, None)


def test_a_line_that_is_no_json_is_named(tmp_path: Path) -> None:
    (tmp_path / "positions.jsonl").write_text(trade(1, 0.1).model_dump_json() + "\n{\n", encoding="utf-8")
    with pytest.raises(CandelabraError, match=r"positions.jsonl: line 2: expected a JSON object"):
        reference_of(tmp_path, None, None, None)


@pytest.mark.parametrize("name", ["positions", "metrics", "equity"])
@pytest.mark.parametrize(
    "line", [b"5", b"[]", b'{"strategy": "macd", "symbol": "BTCUSDT", "timeframe": "1h"}', b"\xff"]
)
def test_a_line_that_is_no_record_of_its_topic_is_named(tmp_path: Path, name: str, line: bytes) -> None:
    written(tmp_path / "positions.jsonl", trade(1, 0.1))
    written(tmp_path / "metrics.jsonl", metrics(1))
    written(tmp_path / "equity.jsonl", equity(1, 0.1))
    with (tmp_path / f"{name}.jsonl").open("ab") as file:
        file.write(line)
    with pytest.raises(CandelabraError, match=rf"{name}\.jsonl: line 2: expected a JSON object, a record of '{name}'"):
        reference_of(tmp_path, None, None, None)
