"""`candelabra bench positions`: what a bar of an open position costs, and what of it is what."""

import pytest

from dataflows.bench.positions import Measured, Plan
from dataflows.bench.positions_parts import Parts
from tests.ui.cli.conftest import Cli

FOUND = Measured(
    open_live=20.0,
    open_behind=10.0,
    flat_live=2.5,
    flat_behind=0.5,
    of_rounds=(21.0, 20.0, 19.0),
    parts=Parts(exits=1.0, mark=0.5, performance=0.75, records=2.75, encode=0.8),
    position_bytes=(10_000, 8_000),
    snapshot_bytes=(2_000, 1_500),
    equity_points=1_200,
)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Plan]:
    """Nothing is run; what would be."""
    plans: list[Plan] = []

    def measure(plan: Plan, _progress: object) -> Measured:
        plans.append(plan)
        return FOUND

    monkeypatch.setattr("dataflows.bench.positions.measure", measure)
    return plans


def test_machines_get_the_cost_of_a_bar_its_parts_and_what_it_is_compared_to(cli: Cli, asked: list[Plan]) -> None:
    found = cli("bench", "positions", "--json").json
    assert (found["microseconds_per_bar"], found["microseconds_per_bar_flat"], found["ratio_to_flat"]) == (20, 2.5, 8)
    assert found["of_which"] == {
        "exits": 1.0,
        "mark": 0.5,
        "performance": 0.75,
        "records": 2.75,
        "encode": 0.8,
        "rest": 15.0,
    }
    assert (found["bytes_per_position"], found["snapshot_bytes_per_position"]) == (10_000, 2_000)
    assert (found["positions"], found["bars"], found["rounds"]) == (10_000, 32, 5)
    assert found["compared_to"].startswith("the same strategies on the same bars without a position")
    assert found["cores"] > 0
    assert asked == [Plan()]


def test_people_get_a_table_of_both(cli: Cli, asked: list[Plan]) -> None:
    said = cli("bench", "positions", "--positions", 40, "--bars", 5, "--rounds", 3)
    assert said.code == 0
    assert "40 positions on 40 symbols" in said.out
    assert [line.split()[-4:-1] for line in said.out.splitlines() if "one bar at a time" in line] == [
        ["20.00", "│", "2.50"]
    ]
    assert asked == [Plan(positions=40, symbols=40, bars=5, rounds=3)]
