"""Composites of a strategy on four timeframes of real candles: those of an oracle, for every way of being worked."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import pytest

from dataflows.brokers.broker import Broker
from dataflows.candle_files import CandleFile
from dataflows.replay import Replayed, replay
from schemas import topics
from schemas.candle_row import CandleRow
from schemas.composite import Composite, Consensus
from schemas.composite_confidence import recompute
from schemas.record import Record
from schemas.strategy import StrategyConfig
from schemas.strategy_file import parse_strategy
from tests.dataflows.composite_rules import (
    LENGTHS,
    MINUTE,
    STYLES,
    Expected,
    Rules,
    composites_of,
    milliseconds,
    parts_of,
    read,
)
from tests.dataflows.deployment import Deployment, swing, version, wanted, watched

MINUTES = 5_767
"""Four days of each symbol, which end within every window."""
SYMBOLS = ("BTCUSDT", "SOLUSDT")

SWINGING: dict[str, Any] = {
    "id": "swinging",
    "timeframes": ["1m", "5m", "15m", "1h"],
    "indicators": {"rsi": {"period": 5}},
    "signals": [
        {"id": "dip", "type": "entry", "side": "long", "expression": "rsi < 35", "confidence": 0.6},
        {
            "id": "peak",
            "type": "entry",
            "side": "short",
            "expression": "rsi > 65",
            "confidence": {"method": "scaled", "value": "rsi", "threshold": 65, "full": 90, "least": 0.3},
        },
        {"id": "risen", "type": "exit", "side": "long", "expression": "rsi > 55"},
        {"id": "fallen", "type": "exit", "side": "short", "expression": "rsi < 45"},
    ],
}

STRICT = {
    "windows": {"day": {"length": "2h", "every": "5m"}, "swing": {"length": "8h", "every": "30m", "half_life": "1h"}},
    "weights": {"1m": 0.5, "1h": 7},
    "conflict_penalty": 0.9,
    "minimum_supporting": 0,
    "minimum_confidence": 0.4,
    "cool_down": "45m",
    "one_per_window": False,
    "top": 1,
}

CASES: dict[str, tuple[dict[str, Any], Rules]] = {
    "as it comes": ({}, Rules()),
    "those that stand alone too": ({"minimum_supporting": 0}, Rules(minimum_supporting=0)),
    "two behind each": ({"minimum_supporting": 2}, Rules(minimum_supporting=2)),
    "every setting": (
        STRICT,
        Rules(
            windows={
                "day": (120 * MINUTE, 5 * MINUTE, 60 * MINUTE),
                "swing": (480 * MINUTE, 30 * MINUTE, 60 * MINUTE),
            },
            weights={"1m": 0.5, "5m": 1.699, "15m": 2.176, "1h": 7},
            conflict_penalty=0.9,
            minimum_supporting=0,
            minimum_confidence=0.4,
            cool_down=45 * MINUTE,
            one_per_window=False,
            top=1,
        ),
    ),
}


def swinging(correlation: dict[str, Any]) -> StrategyConfig:
    return parse_strategy({**SWINGING, "correlation": correlation}, origin="test")


@dataclass(frozen=True)
class Cut:
    """Candles in batches of a size."""

    rows: Sequence[CandleRow]
    size: int
    name: str = "candles"

    def batches(self) -> Iterator[list[CandleRow]]:
        left = iter(self.rows)
        while batch := list(islice(left, self.size)):
            yield batch


@pytest.fixture(scope="module")
def rows(shared_data: Path) -> list[CandleRow]:
    """The first candles of two symbols, minute by minute."""
    file = CandleFile(shared_data / "m1" / "bybit_2025-06_1m.parquet")
    taken: Counter[str] = Counter()
    found = []
    for row in (row for batch in file.batches() for row in batch if row[0] in SYMBOLS):
        taken[row[0]] += 1
        if taken[row[0]] <= MINUTES:
            found.append(row)
    return sorted(found, key=lambda row: (row[2], row[0]))


@pytest.fixture(scope="module")
def replayed(rows: list[CandleRow]) -> dict[str, Replayed]:
    return {name: replay(Cut(rows, 8_192), [swinging(settings)]) for name, (settings, _) in CASES.items()}


def written(result: Replayed, folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in result.write(folder)}


@pytest.mark.parametrize("case", CASES)
def test_composites_are_those_of_the_oracle(
    case: str, rows: list[CandleRow], replayed: dict[str, Replayed], tmp_path: Path
) -> None:
    replayed[case].write(tmp_path)
    found = read(tmp_path / "composites.jsonl")
    expected = composites_of(read(tmp_path / "signals.jsonl"), CASES[case][1], rows[-1][2] + MINUTE)
    assert [parts_of(one) for one in found] == [one.parts for one in expected]
    assert [figures(one) for one in found] == [pytest.approx(_figures(one), rel=1e-12) for one in expected]


def figures(composite: dict[str, Any]) -> tuple[float, float]:
    return composite["correlation_strength"], composite["composite_confidence"]


def _figures(expected: Expected) -> tuple[float, float]:
    return expected.strength, expected.confidence


def test_the_candles_bring_composites_of_every_kind(replayed: dict[str, Replayed], tmp_path: Path) -> None:
    """So that the test above says something: bases of every length, for and against, alone and not."""
    all_of_them = replayed["those that stand alone too"]
    all_of_them.write(tmp_path)
    found = read(tmp_path / "composites.jsonl")
    assert {one["symbol"] for one in found} == set(SYMBOLS)
    assert {one["timeframe"] for one in found} == set(LENGTHS)
    assert {(one["trading_style"], one["side"]) for one in found} == {
        (style, side) for style in STYLES.values() for side in ("long", "short")
    }
    assert {(bool(one["supporting"]), bool(one["opposing"])) for one in found} == {
        (True, True),
        (True, False),
        (False, True),
        (False, False),
    }
    assert len(found) > 1_000
    assert all_of_them.late_signals == []


@pytest.mark.parametrize(
    "without",
    [
        {"windows": Rules().windows},
        {"weights": Rules().weights},
        {"conflict_penalty": 0.5},
        {"minimum_supporting": 1},
        {"minimum_confidence": 0.0},
        {"cool_down": 0},
        {"one_per_window": True},
        {"top": None},
    ],
    ids=lambda without: next(iter(without)),
)
def test_every_setting_makes_a_difference_on_these_candles(
    without: dict[str, Any], rows: list[CandleRow], replayed: dict[str, Replayed], tmp_path: Path
) -> None:
    """So that it would be seen if one were passed over."""
    replayed["every setting"].write(tmp_path)
    signals, rules, until = read(tmp_path / "signals.jsonl"), CASES["every setting"][1], rows[-1][2] + MINUTE
    assert composites_of(signals, replace(rules, **without), until) != composites_of(signals, rules, until)


def test_every_composite_can_be_recomputed_and_its_signals_are_on_their_topic(replayed: dict[str, Replayed]) -> None:
    for result in replayed.values():
        known = {one.id for one in result.signals}
        for one in result.composites:
            assert isinstance(one, Composite)
            assert recompute(one) == (one.correlation_strength, one.composite_confidence)
            assert set(one.signals) <= known
        assert len({one.id for one in result.composites}) == len(result.composites)


def test_nothing_in_a_composite_closed_after_its_window(replayed: dict[str, Replayed]) -> None:
    result = replayed["as it comes"]
    closes = {one.id: one.close_time for one in result.signals}
    for one in result.composites:
        assert all(one.window_start < closes[signal] <= one.window_end for signal in one.signals)


@pytest.mark.parametrize("size", [1, 10, 1_000, 1_000_000])
def test_every_batching_gives_the_same_bytes(
    size: int, rows: list[CandleRow], replayed: dict[str, Replayed], tmp_path: Path
) -> None:
    again = replay(Cut(rows, size), [swinging({})])
    assert written(again, tmp_path / "again") == written(replayed["as it comes"], tmp_path / "first")


def test_symbol_after_symbol_gives_the_bytes_of_minute_after_minute(
    rows: list[CandleRow], replayed: dict[str, Replayed], tmp_path: Path
) -> None:
    by_symbol = sorted(rows, key=lambda row: (row[0], row[2]))
    again = replay(Cut(by_symbol, 700), [swinging({})])
    assert written(again, tmp_path / "again") == written(replayed["as it comes"], tmp_path / "first")


def lines(records: Sequence[Record]) -> list[str]:
    """Records by key, those of one key as they came: between partitions there is no order."""
    return [one.model_dump_json() for one in sorted(records, key=lambda one: one.key)]  # type: ignore[attr-defined]  # all have one


@pytest.mark.kafka
@pytest.mark.parametrize("workers", [1, 2])
def test_over_kafka_the_records_are_the_replays(  # noqa: PLR0913, PLR0917  # fixtures and the case
    workers: int,
    apache_kafka: Broker,
    topic_prefix: str,
    rows: list[CandleRow],
    replayed: dict[str, Replayed],
    tmp_path: Path,
) -> None:
    deployment = Deployment(apache_kafka, topic_prefix, tmp_path).create()
    deployment.command(version(swinging({})), wanted("swinging"))
    deployment.candles(rows)
    if workers == 1:
        deployment.run()
    else:
        deployment.run_cluster(workers)
    expected = replayed["as it comes"]
    assert lines(deployment.records(topics.COMPOSITES, Composite)) == lines(expected.composites)
    assert deployment.signals() == [one.model_dump_json() for one in expected.topics()["signals"]]
    assert deployment.messages(topics.LATE_SIGNALS) == []
    assert deployment.messages(topics.DEAD_LETTER) == []


@pytest.mark.kafka
def test_stopped_and_resumed_over_kafka_the_composites_are_the_replays(
    apache_kafka: Broker, topic_prefix: str, rows: list[CandleRow], replayed: dict[str, Replayed], tmp_path: Path
) -> None:
    deployment = Deployment(apache_kafka, topic_prefix, tmp_path).create()
    deployment.command(version(swinging({})), wanted("swinging"))
    cuts = [0, 1, 130, 4_001, 4_002, 9_999, len(rows)]
    for first, last in pairwise(cuts):
        deployment.candles(rows[first:last])
        deployment.run()
    expected = replayed["as it comes"]
    assert lines(deployment.records(topics.COMPOSITES, Composite)) == lines(expected.composites)
    assert deployment.messages(topics.LATE_SIGNALS) == []


@pytest.mark.kafka
def test_what_strategies_agree_on_over_kafka_is_what_they_agree_on_in_a_replay(
    apache_kafka: Broker, topic_prefix: str, rows: list[CandleRow], tmp_path: Path
) -> None:
    consensus = {"minimum_agreement": 0.6}
    listed = [watched(symbol, "5m", "15m", "1h", consensus=consensus, base_timeframe="1m") for symbol in SYMBOLS]
    wild = swinging({}).model_copy(update={"timeframes": ("day", "1h")})
    strategies = [wild, swing("other", 40, 60), swing("third", 30, 50)]
    expected = replay(Cut(rows, 1_000), strategies, watchlist=[one.asset for one in listed if one.asset is not None])
    agreed = [one for one in expected.composites if isinstance(one, Consensus)]
    assert {len({voice.strategy for voice in (*one.agreeing, *one.opposing)}) for one in agreed} == {2, 3}
    assert {one.timeframe for one in expected.signals} == {"5m", "15m", "1h"}
    deployment = Deployment(apache_kafka, topic_prefix, tmp_path).create()
    deployment.command(*listed)
    for one in strategies:
        deployment.command(version(one), wanted(one.id))
    deployment.candles(rows)
    deployment.run()
    values = [message.value() for message in deployment.messages(topics.COMPOSITES)]
    assert lines([deployment.codec.decode_any(value, (Composite, Consensus)) for value in values]) == lines(
        expected.composites
    )


def test_times_of_the_file_are_read_to_the_millisecond() -> None:
    assert milliseconds("2025-06-01T00:00:00.001000Z") == 1_748_736_000_001
