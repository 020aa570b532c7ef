"""`candelabra chaos`: faults by kind, three figures that must be zero, exit code 1 where one is not."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Self

import pytest

from dataflows.chaos.compare import Compared, Finding
from dataflows.chaos.faults import Fault
from dataflows.chaos.plan import Plan
from dataflows.chaos.play import Told
from dataflows.chaos.run import Verdict
from dataflows.errors import BrokerUnavailable
from tests.ui.cli.conftest import Cli

FAULTS = Counter({Fault.KILLED: 5, Fault.BROKER_KILLED: 1})
CLEAN = Compared({"signals": 1_000, "status": 200})
WRONG = Compared(
    {"signals": 1_000}, lost=2, repeated=1, different=3, findings=[Finding("lost", "signals", "a|b", "{}")]
)


class NoStage:
    """In place of a broker."""

    broker = SimpleNamespace(name="Apache Kafka", version="4.1.1")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


@pytest.fixture
def outcome(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Compared, list[str]]]:
    """What each run of the plan comes to; the last one for all that follow."""
    outcomes: list[tuple[Compared, list[str]]] = [(CLEAN, [])]

    def verdicts(plan: Plan, _stage: NoStage, *, told: Told) -> Iterator[Verdict]:
        for number, one in enumerate(plan.runs):
            told(1)
            compared, broken = outcomes[min(number, len(outcomes) - 1)]
            yield Verdict(one, FAULTS, compared, broken, [1.0, 3.0], 2, 10.0)

    monkeypatch.setattr("dataflows.chaos.stage.Stage", NoStage)
    monkeypatch.setattr("dataflows.chaos.plan.Plan.verdicts", verdicts)
    return outcomes


@pytest.mark.usefixtures("outcome")
def test_machines_get_the_names_that_they_rely_on(cli: Cli) -> None:
    said = cli("chaos", "--small", "--json")
    assert said.code == 0
    figures = {name: said.json[name] for name in ("records", "lost", "repeated", "different", "broken_promises")}
    assert figures == {"records": 1_200, "lost": 0, "repeated": 0, "different": 0, "broken_promises": 0}
    assert (said.json["resume_p50_s"], said.json["resume_p99_s"]) == (2.0, 2.98)
    assert said.json["faults"]["killed"] == 5
    assert said.json["faults"].keys() == {kind.identifier for kind in Fault}
    assert said.json["seed"] == 7


@pytest.mark.usefixtures("outcome")
def test_people_get_faults_by_kind_and_three_zeros(cli: Cli) -> None:
    said = cli("chaos", "--small", "--seed", "3")
    assert said.code == 0
    assert "worker killed at a random moment" in said.out
    assert "1,200 records compared: 0 lost, 0 repeated, 0 different; 0 acknowledgements not kept" in said.out
    assert "2 resumes: p50 2.0 s, p99 2.98 s" in said.out
    assert "seed 3, " in said.out


def test_what_is_wrong_is_shown_with_the_seed_and_ends_with_code_1(
    cli: Cli, outcome: list[tuple[Compared, list[str]]]
) -> None:
    outcome[:] = [(WRONG, ["swing: c:1 was accepted, and no series acknowledges it"])]
    said = cli("chaos", "--small", "--seed", "3")
    assert said.code == 1
    assert "2 lost, 1 repeated, 3 different; 1 acknowledgements not kept" in said.out
    assert "generated 3: to repeat it, the same command with the same seed; this run's own is 3" in said.out
    assert "  lost: signals a|b: {}" in said.out
    assert "  not kept: swing: c:1 was accepted, and no series acknowledges it" in said.out


def test_a_promise_that_was_not_kept_is_enough_to_fail(cli: Cli, outcome: list[tuple[Compared, list[str]]]) -> None:
    outcome[:] = [(CLEAN, ["swing: c:1 was accepted, and no series acknowledges it"])]
    said = cli("chaos", "--small", "--json")
    assert said.code == 1
    assert said.json["promises"] == ["swing: c:1 was accepted, and no series acknowledges it"]


@pytest.mark.usefixtures("outcome")
def test_the_whole_has_as_many_kills_as_were_asked_for(cli: Cli, tmp_path: Path) -> None:
    said = cli("chaos", "--kills", "8", "--data", tmp_path, "--json")
    assert said.code == 0
    assert said.json["inputs"].keys() == {f"generated {seed}" for seed in (7, 8, 9, 10)}
    assert said.json["left_out"] == [f"real candles: there are none in {tmp_path}"]


def test_without_a_broker_it_says_what_is_missing(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise BrokerUnavailable("Apache Kafka needs Java: there is no java on PATH")

    monkeypatch.setattr("dataflows.chaos.stage.Stage", none)
    said = cli("chaos", "--small")
    assert said.code == 1
    assert "Apache Kafka needs Java: there is no java on PATH" in said.err
