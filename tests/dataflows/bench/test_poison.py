"""`bench poison` in small: 20,000 records with 1 % of every kind of malformed ones, on both brokers."""

import math
from collections import Counter

import pytest

from dataflows.bench.poison import Plan, poison
from dataflows.bench.poison_records import KINDS
from dataflows.brokers.broker import Broker
from schemas.dead_letter import Reason

SMALL = Plan(records=20_000, symbols=10, rounds=1)
ROW = ("AAA", "1m", 1_735_689_600_000, 10.0, 12.0, 9.0, 11.0, 5.0, True)


@pytest.mark.slow
def test_every_malformed_record_is_a_dead_letter_and_nowhere_else(any_broker: Broker) -> None:
    said: list[str] = []
    found = poison(any_broker.bootstrap_servers, SMALL, said.append)
    assert [(one.candles, one.evaluations) for one in found.clean] == [(19_800, 99_000)]
    assert [(one.candles, one.evaluations) for one in found.poisoned] == [(19_800, 99_000)]
    assert sum(found.injected.values()) == 200
    assert found.injected.keys() == KINDS.keys()
    expected: Counter[str] = Counter()
    for kind, count in found.injected.items():
        expected[KINDS[kind][0].value] += count
    assert found.by_reason == expected
    assert found.by_reason.keys() == {reason.value for reason in Reason}
    assert said[-1] == "looking where everything is"
    assert math.isclose(found.ratio, found.clean[0].wall_s / found.poisoned[0].wall_s)
