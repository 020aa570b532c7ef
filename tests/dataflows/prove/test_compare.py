"""Two runs that are not the same are told apart, by the first record that differs."""

from datetime import UTC, datetime

from dataflows.prove.compare import count, differences, written
from dataflows.prove.run import Emitted
from schemas.alert import Alert
from schemas.dead_letter import DeadLetter, Reason, dead_letter
from schemas.record import Record


def alert(message: str, symbol: str = "AAA") -> Alert:
    at = datetime(2025, 1, 6, tzinfo=UTC)
    fields = {"id": "0" * 32, "kind": "gap", "severity": "info", "symbol": symbol, "timeframe": "1m", "event_time": at}
    return Alert.model_validate({**fields, "message": message})


def late(offset: int) -> DeadLetter:
    reason, value = Reason.OUT_OF_ORDER, b"x"
    return dead_letter(reason, "late", topic="candles", partition=0, offset=offset, key=b"AAA", value=value)


def run(*records: Record) -> Emitted:
    found: Emitted = {"alerts": {}}
    for record in records:
        assert isinstance(record, Alert)
        found["alerts"].setdefault(record.key, []).append(record)
    return found


ONE, TWO, OTHER = alert("one"), alert("two"), alert("other", "BBB")


def different(reference: Emitted, variant: Emitted, *, origins: bool = True) -> list[tuple[str, str, int, int]]:
    found = differences(written(reference, origins=origins), written(variant, origins=origins))
    return [(one.topic, one.key, one.records, one.place) for one in found]


def test_equal_runs_have_no_difference_whatever_the_order_across_keys() -> None:
    assert different(run(ONE, OTHER, TWO), run(OTHER, ONE, TWO)) == []


def test_a_record_too_few_too_many_or_of_a_key_that_is_not_there() -> None:
    assert different(run(ONE, TWO), run(ONE)) == [("alerts", "AAA|1m", 1, 1)]
    assert different(run(ONE), run(ONE, ONE)) == [("alerts", "AAA|1m", 1, 1)]
    assert different(run(ONE), run(ONE, OTHER)) == [("alerts", "BBB|1m", 1, 0)]
    assert different(run(), {}) == []


def test_the_order_within_a_key_counts() -> None:
    assert different(run(ONE, TWO), run(TWO, ONE)) == [("alerts", "AAA|1m", 2, 0)]


def test_both_sides_of_the_first_difference_are_shown() -> None:
    found = differences(written(run(ONE, TWO), origins=True), written(run(ONE), origins=True))
    assert [(one.reference, one.variant) for one in found] == [(TWO.model_dump_json(), None)]


def test_only_without_origins_two_letters_of_one_candle_at_two_offsets_are_equal() -> None:
    letters: list[Emitted] = [{"dead-letter": {"AAA": [late(offset)]}} for offset in (4, 9)]
    assert different(*letters) == [("dead-letter", "AAA", 1, 0)]
    assert different(*letters, origins=False) == []
    letters[1]["dead-letter"]["AAA"] *= 2
    assert different(*letters, origins=False) == [("dead-letter", "AAA", 1, 1)]


def test_records_are_counted_by_topic() -> None:
    assert count(written(run(ONE, TWO, OTHER), origins=True)) == {"alerts": 3}
