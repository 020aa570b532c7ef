"""What the market step takes, drops, flags and refuses."""

import pytest

from operators.events import Frames
from operators.market.parameters import Parameters
from operators.market.step import MarketStep
from operators.snapshot import SnapshotRefused
from operators.strategy.catalog import Catalog
from operators.tally import Tally
from schemas.alert import Alert
from schemas.dead_letter import DeadLetter, Reason
from tests.operators.plain_engine import PlainEngine, batch, command, desired, row, scripted, version

ALWAYS = version()


def alerts(engine: PlainEngine) -> list[Alert]:
    return [one for one in engine.out["BTCUSDT"] if isinstance(one, Alert)]


def letters(engine: PlainEngine) -> list[DeadLetter]:
    return [one for one in engine.out["BTCUSDT"] if isinstance(one, DeadLetter)]


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "in two batches"])
@pytest.mark.parametrize("repeated", [4, 2, 0], ids=["the newest", "an older one", "the first"])
def test_exact_duplicate_is_dropped_and_counted(*, together: bool, repeated: int) -> None:
    engine = PlainEngine()
    rows = [row(number, close=100.0 + number) for number in range(5)]
    if together:
        engine.feed(batch(*rows, rows[repeated]))
    else:
        engine.feed(batch(*rows))
        engine.feed(batch(rows[repeated]))
    assert engine.tally.candles == 5
    assert engine.tally.duplicates == 1
    assert engine.records() == {}


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "in two batches"])
def test_conflicting_duplicate_becomes_a_dead_letter_with_its_origin_and_bytes(*, together: bool) -> None:
    engine = PlainEngine()
    rows = [row(0), row(1), row(2), row(1, close=101.0)]
    if together:
        engine.feed(batch(*rows, first_offset=40))
    else:
        engine.feed(batch(*rows[:3], first_offset=40))
        engine.feed(batch(rows[3], first_offset=43))
    (letter,) = letters(engine)
    assert letter.reason is Reason.CONFLICTING_DUPLICATE
    assert letter.detail == "BTCUSDT 1m: candle 2025-05-01T00:01:00+00:00 was taken before with other values"
    assert (letter.topic, letter.partition, letter.offset) == ("candles", 3, 43)
    assert (letter.record_key, letter.value, letter.value_size) == (b"BTCUSDT", b"payload 43", len(b"payload 43"))
    assert letter.event_time is not None
    assert letter.event_time.isoformat() == "2025-05-01T00:02:00+00:00"
    assert (engine.tally.candles, engine.tally.dead_letters) == (3, 1)


@pytest.mark.parametrize("field", [3, 4, 5, 6, 7], ids=["open", "high", "low", "close", "volume"])
def test_any_other_number_makes_a_conflict(field: int) -> None:
    engine = PlainEngine()
    taken = row(0)
    numbers = [*taken[3:8]]
    numbers[field - 3] += 0.25
    open_, high, low, close, volume = numbers
    engine.feed(batch(taken), batch((*taken[:3], open_, high, low, close, volume, True)))
    assert [letter.reason for letter in letters(engine)] == [Reason.CONFLICTING_DUPLICATE]


def test_candle_between_two_taken_ones_is_out_of_order() -> None:
    engine = PlainEngine(gap_tolerance_bars=5)
    engine.feed(batch(row(0), row(2), row(1)))
    (letter,) = letters(engine)
    assert letter.reason is Reason.OUT_OF_ORDER
    assert letter.detail == ("BTCUSDT 1m: candle 2025-05-01T00:01:00+00:00 came after 2025-05-01T00:02:00+00:00")
    assert (letter.offset, letter.value) == (2, b"payload 2")


def test_candle_before_the_first_is_out_of_order() -> None:
    engine = PlainEngine()
    engine.feed(batch(row(5), row(4)))
    assert [letter.reason for letter in letters(engine)] == [Reason.OUT_OF_ORDER]


def test_repeat_of_a_candle_no_longer_held_is_out_of_order_however_it_is_batched() -> None:
    rows = [row(number) for number in range(10)]
    for split in (1, 3, 10):
        engine = PlainEngine(history_bars=4)
        for start in range(0, 10, split):
            engine.feed(batch(*rows[start : start + split]))
        engine.feed(batch(rows[6]))
        assert (engine.tally.duplicates, letters(engine)) == (1, [])
        engine.feed(batch(rows[5]))
        assert [letter.reason for letter in letters(engine)] == [Reason.OUT_OF_ORDER]


def test_refused_candles_do_not_stop_the_ones_after_them() -> None:
    step = MarketStep(Catalog(scripted), Tally(), Parameters(history_bars=64))
    rows = [row(0), row(1), row(1, close=7.0), row(0, close=9.0), row(2)]
    out = [
        item[1] for item in step.on_batch([command(ALWAYS, desired(ALWAYS)), batch(*rows)]) if isinstance(item, tuple)
    ]
    shown = [time for frames in out if isinstance(frames, Frames) for time in frames.open_times]
    assert shown == [row(number)[2] for number in range(3)]


@pytest.mark.parametrize(
    ("missing", "text"),
    [
        (1, "1 candle is missing from 2025-05-01T00:01:00+00:00 to 2025-05-01T00:02:00+00:00"),
        (3, "3 candles are missing from 2025-05-01T00:01:00+00:00 to 2025-05-01T00:04:00+00:00"),
    ],
)
def test_gap_is_flagged_with_its_length_and_place(missing: int, text: str) -> None:
    engine = PlainEngine()
    engine.feed(batch(row(0), row(missing + 1)))
    (alert,) = alerts(engine)
    assert (alert.kind, alert.severity, alert.symbol, alert.timeframe) == ("gap", "warning", "BTCUSDT", "1m")
    assert alert.message == text
    assert (engine.tally.gaps, engine.tally.candles) == (1, 2)


@pytest.mark.parametrize(("missing", "flagged"), [(0, 0), (1, 0), (2, 0), (3, 1)])
def test_gap_within_the_tolerance_is_not_flagged(missing: int, flagged: int) -> None:
    engine = PlainEngine(gap_tolerance_bars=2)
    engine.feed(batch(row(0), row(missing + 1)))
    assert len(alerts(engine)) == flagged


def test_first_candle_of_a_series_is_no_gap() -> None:
    engine = PlainEngine()
    engine.feed(batch(row(1_000)))
    assert engine.records() == {}


def test_memory_stays_bounded_however_many_candles_come() -> None:
    step = MarketStep(Catalog(), Tally(), Parameters(history_bars=50))
    sizes: dict[str, set[int]] = {}
    for start in range(0, 6_000, 100):
        step.on_batch([batch(*(row(start + number) for number in range(100)))])
        book = step.snapshot()["book"]
        assert isinstance(book, dict)
        for timeframe, series in book["series"].items():
            sizes.setdefault(timeframe, set()).add(len(series["indicators"]["history"]))
    assert sizes["1m"] == {50 * 6 * 8}
    assert {timeframe: max(found) for timeframe, found in sizes.items()} == {
        **dict.fromkeys(("1m", "5m", "15m", "30m", "1h"), 50 * 6 * 8),
        "4h": 25 * 6 * 8,
        "1d": 4 * 6 * 8,
        "1w": 6 * 8,
    }


@pytest.mark.parametrize("version_", [2, 99])
def test_state_of_another_schema_version_is_refused(version_: int) -> None:
    state = {**MarketStep(Catalog(), Tally(), Parameters(history_bars=50)).snapshot(), "schema_version": version_}
    with pytest.raises(SnapshotRefused, match=rf"^market of .*: schema version {version_}, expected 5$"):
        MarketStep(Catalog(), Tally(), Parameters(history_bars=50), state)


def test_state_that_names_a_version_nobody_published_says_so() -> None:
    step = MarketStep(Catalog(scripted), Tally(), Parameters(history_bars=50))
    step.on_batch([command(ALWAYS, desired(ALWAYS)), batch(row(0))])
    message = (
        "^version 1 of strategy 'both' is in the recovery state but not on the control topic: was the control topic"
    )
    with pytest.raises(SnapshotRefused, match=message):
        MarketStep(Catalog(scripted), Tally(), Parameters(history_bars=50), step.snapshot())
