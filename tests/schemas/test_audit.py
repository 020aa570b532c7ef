"""Executions: what they hold and refuse, what they are called, and that how long they took is no part of them."""

import json
import pickle
from typing import Any

import pytest
from pydantic import ValidationError

from schemas.audit import MAX_RULES, Execution, execution_id, execution_ids
from schemas.codec import Codec
from schemas.framing import SingleObject
from schemas.ids import record_id
from schemas.position import Fill, LimitReached
from schemas.record import from_milliseconds, trusted

SIGNALLED: dict[str, Any] = {
    "id": "0" * 32,
    "strategy": "macd",
    "version": 1,
    "symbol": "BTC/USDT",
    "timeframe": "1m",
    "open_time": from_milliseconds(60_000),
    "close_time": from_milliseconds(120_000),
    "number": 0,
    "outcome": "signalled",
    "position_before": "flat",
    "position_after": "flat",
    "evaluated": ("up", "down"),
    "signals": ("a" * 32,),
    "rules": ("up",),
    "equity": 1_000.0,
}


def test_the_engines_own_rules_have_a_dot() -> None:
    assert Execution(**SIGNALLED | {"rules": ("position.stop_loss",)}).rules == ("position.stop_loss",)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"rules": ()}, "expected a rule for each of 1 signals, got 0"),
        ({"error": "no"}, "expected an error only where it failed, got one where it was signalled"),
        ({"outcome": "skipped"}, "'signalled', 'filled', 'refused', 'failed' or 'commanded'"),
        ({"evaluated": ("up",) * (MAX_RULES + 1)}, "at most 256 items"),
        ({"equity": float("inf")}, "finite number"),
        ({"fills": (Fill(0, "buy", 0.0, 1.0, 0.0, "up"),)}, "greater than 0"),
        ({"microseconds": 5}, "Extra inputs are not permitted"),
    ],
)
def test_what_contradicts_itself_is_no_execution(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        Execution(**SIGNALLED | fields)


def test_parts_are_objects_in_json() -> None:
    fill, limit = Fill(60_000, "buy", 2.0, 100.0, 0.5, "up"), LimitReached("cool_down", until_ms=180_000)
    whole = json.loads(Execution(**SIGNALLED, fills=(fill,), refusals=(limit,)).model_dump_json())
    assert whole["fills"] == [fill._asdict()]
    assert whole["refusals"] == [limit._asdict()]


def test_key_and_id_follow_from_what_happened_when() -> None:
    assert Execution(**SIGNALLED).key == "macd|BTC/USDT|1m"
    expected = record_id("execution", "macd", "1", "BTC/USDT", "1m", "120000", "0")
    assert execution_id("macd", 1, "BTC/USDT", "1m", from_milliseconds(120_000), 0) == expected
    assert execution_ids("macd", 1, "BTC/USDT", "1m").id("120000", "1") != expected


@pytest.mark.parametrize("made", [Execution(**SIGNALLED), trusted(Execution, dict(Execution(**SIGNALLED).__dict__))])
def test_how_long_it_took_changes_nothing_that_is_compared(made: Execution) -> None:
    timed, codec = made.timed(17), Codec(SingleObject())
    assert (made.microseconds, timed.microseconds) == (None, 17)
    assert timed == made
    assert hash(timed) == hash(made)
    assert timed.model_dump_json() == made.model_dump_json()
    assert codec.encode(timed) == codec.encode(made)
    assert codec.decode(codec.encode(timed), Execution).microseconds is None


def test_it_goes_from_one_worker_process_to_another() -> None:
    assert pickle.loads(pickle.dumps(Execution(**SIGNALLED).timed(17))).microseconds == 17  # noqa: S301  # its own bytes


def test_others_are_not_equal() -> None:
    one = Execution(**SIGNALLED)
    assert one != Execution(**SIGNALLED | {"equity": 999.0})
    assert one != "an execution"
