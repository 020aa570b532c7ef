"""`candelabra bench poison`: what is left of the throughput, and that nothing malformed went astray."""

import pytest

from dataflows.bench.measure import Usage
from dataflows.bench.poison import Plan, Poisoned
from tests.ui.cli.conftest import Cli

FOUND = Poisoned(
    clean=(Usage(990_000, 0, 10.0, 12.0, 200.0), Usage(990_000, 0, 10.0, 12.0, 200.0)),
    poisoned=(Usage(990_000, 0, 10.0, 12.5, 200.0), Usage(990_000, 0, 11.0, 12.5, 200.0)),
    injected={"NaN": 4_000, "infinite": 3_000, "out of order": 3_000},
    by_reason={"invalid": 7_000, "out_of_order": 3_000},
)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Plan]:
    """Nothing is run; what would be."""
    plans: list[Plan] = []

    def poison(_servers: str, plan: Plan, _say: object) -> Poisoned:
        plans.append(plan)
        return FOUND

    monkeypatch.setattr("dataflows.bench.poison.poison", poison)
    monkeypatch.setattr("dataflows.brokers.external.wait_for_broker", lambda *_given, **_named: None)
    return plans


def test_machines_get_the_rates_and_every_count(cli: Cli, asked: list[Plan]) -> None:
    said = cli("bench", "poison", "--bootstrap-servers", "kafka:9092", "--json")
    found = said.json
    assert said.code == 0
    assert (found["clean_candles_per_s"], found["poisoned_candles_per_s"]) == (99_000, round(1_980_000 / 21))
    assert found["ratio"] == pytest.approx(20 / 21, abs=0.001)
    assert found["ratio_of_rounds"] == [1.0, pytest.approx(10 / 11, abs=0.001)]
    assert found["cpu_us_per_malformed_record"] == pytest.approx(50)
    assert found["injected_by_reason"] == found["dead_lettered_by_reason"] == {"invalid": 7_000, "out_of_order": 3_000}
    assert (found["candles"], found["malformed"], found["goal"]) == (990_000, 10_000, 0.9)
    assert asked == [Plan()]


def test_people_get_a_table_of_both(cli: Cli, asked: list[Plan]) -> None:
    said = cli("bench", "poison", "--bootstrap-servers", "kafka:9092", "--records", 20_000, "--rounds", 1)
    assert said.code == 0
    assert "99,000" in said.out
    assert "0.952" in said.out
    assert [line.split()[1:6:2] for line in said.out.splitlines() if "invalid" in line] == [
        ["invalid", "7,000", "7,000"]
    ]
    assert asked == [Plan(records=20_000, rounds=1)]
