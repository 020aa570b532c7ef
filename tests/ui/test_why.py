"""Why a signal happened, as people read it."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from schemas.signal import EvaluatedCondition, Signal
from ui.cli import topics
from ui.dashboard.chart_stream import ChartStream
from ui.dashboard.store import MarketStore
from ui.dashboard.tables import signal_table
from ui.why import confidence_text, parts

OPEN = datetime(2025, 5, 9, 18, 18, tzinfo=UTC)
TREE = (
    EvaluatedCondition(0, "rsi < 30 OR <b>dull</b>", holds=True),
    EvaluatedCondition(1, "rsi < 30", holds=True, left=28.123456789, right=30.0),
    EvaluatedCondition(1, "<b>dull</b>", holds=False),
)


def signal(**other: object) -> Signal:
    fields = {
        "id": "0" * 32,
        "strategy": "dip",
        "version": 1,
        "symbol": "BTCUSDT",
        "timeframe": "1m",
        "open_time": OPEN,
        "close_time": OPEN.replace(minute=19),
        "rule": "low",
        "type": "entry",
        "side": "long",
        "confidence": 0.75,
        "price": 64_000.0,
        "position_before": "flat",
        "position_after": "long",
        "condition": "rsi < 30 OR [dull]",
        "values": {"rsi": 28.123456789},
        "conditions": TREE,
        "confidence_method": "weighted",
        "confidence_terms": {"weight.trend": 0.6, "value.trend": 1.0, "weight.mood": 0.4},
    }
    return Signal.model_validate(fields | other)


def test_every_part_has_its_verdict_and_what_it_compared() -> None:
    assert [(one.depth, one.mark, one.text, one.values) for one in parts(signal())] == [
        (0, "✓", "rsi < 30 OR <b>dull</b>", ""),
        (1, "✓", "rsi < 30", "28.1235  30"),
        (1, "✗", "<b>dull</b>", ""),
    ]


@pytest.mark.parametrize("tree", [(), TREE[1:2]], ids=["a command's", "one part"])
def test_where_there_is_nothing_to_tell_apart_there_is_no_tree(tree: tuple[EvaluatedCondition, ...]) -> None:
    assert list(parts(signal(conditions=tree))) == []


SCALE = {"threshold": 30.0, "full": 20.0, "least": 0.5, "most": 1.0}


@pytest.mark.parametrize(
    ("method", "terms", "text"),
    [
        ("fixed", {"value": 0.75}, ""),
        ("weighted", {"weight.a": 2.0, "value.a": 0.25, "weight.b.c": 1.0}, "2 * a 0.25 + 1 * b.c (not ready)"),
        ("scaled", {"value": 25.0, **SCALE}, "25 on the way from 30 (50%) to 20 (100%)"),
        ("scaled", SCALE, "(not ready) on the way from 30 (50%) to 20 (100%)"),
        ("scaled", {}, ""),
    ],
)
def test_confidence_in_words(method: str, terms: dict[str, float], text: str) -> None:
    assert confidence_text(signal(confidence_method=method, confidence_terms=terms)) == text


def test_dashboard_shows_the_tree_and_the_confidence_and_lets_neither_write_html() -> None:
    table = signal_table([signal()])
    assert "<span class='up'>✓</span> rsi &lt; 30 <b>28.1235  30</b>" in table
    assert "<span class='down'>✗</span> &lt;b&gt;dull&lt;/b&gt;" in table
    assert "75%<br><span class='quiet'>0.6 * trend 1 + 0.4 * mood (not ready)</span>" in table


def test_marker_of_the_chart_tells_the_confidence() -> None:
    store = MarketStore()
    store.apply([("BTCUSDT", "1m", 1_746_814_680_000, 1.0, 1.0, 1.0, 1.0, 0.0, True), signal()], now=0.0)
    (marker,) = ChartStream().message(store, ("BTCUSDT", "1m"), "dip")["signals"]
    assert marker["detail"] == (
        "low: rsi < 30 OR [dull]   rsi = 28.1235   confidence: 0.6 * trend 1 + 0.4 * mood (not ready)"
    )


def test_tail_shows_a_signal_with_its_tree_below(capsys: pytest.CaptureFixture[str]) -> None:
    topics.show(SimpleNamespace(partition=3, offset=7, key=b"dip|BTCUSDT|1m", record=signal()), as_json=False)
    head, *below = capsys.readouterr().out.splitlines()
    assert head.startswith("3:7 dip|BTCUSDT|1m  id 0000")
    assert "condition rsi < 30 OR [dull]" in head
    assert "conditions" not in head
    assert [line.strip() for line in below] == [
        "✓ rsi < 30 OR <b>dull</b>",
        "✓ rsi < 30  28.1235  30",
        "✗ <b>dull</b>",
        "confidence 0.6 * trend 1 + 0.4 * mood (not ready)",
    ]
