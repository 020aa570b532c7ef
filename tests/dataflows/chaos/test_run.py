"""The kill test on Apache Kafka: it finds nothing in the engine, and what is planted it finds."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dataflows.chaos import plan as plans
from dataflows.chaos.faults import KIND_OF, Fault, Point, Trip
from dataflows.chaos.inputs import generated_input
from dataflows.chaos.run import Run, Verdict, run
from dataflows.chaos.schedule import Leg
from dataflows.chaos.stage import Stage
from dataflows.errors import WorkerFailed
from tests.dataflows.chaos import planted_worker

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(600)]

WRITTEN = Leg(1, Trip(Point.WRITTEN, 3), epoch_s=1.0)
DRAINED = Leg(1, drained=True, until_s=0.5)
WITH_COMMANDS = Leg(1, until_s=0.8, up=3, down=1, epoch_s=0.1)


@pytest.fixture(scope="module")
def stage(kafka_can_start: None) -> Iterator[Stage]:  # noqa: ARG001  # asked for its skip
    with Stage() as stage:
        yield stage


def told(verdict: Verdict) -> str:
    """What is wrong, to be shown by a test that fails."""
    return f"seed {verdict.run.seed}: {[*verdict.compared.findings, *verdict.broken]}"


def test_the_small_form_loses_repeats_and_changes_nothing(stage: Stage) -> None:
    plan = plans.small(7)
    (verdict,) = plan.verdicts(stage)
    assert verdict.clean, told(verdict)
    assert sum(verdict.faults[kind] for kind in {Fault.KILLED, *KIND_OF.values()}) == plan.kills
    for kind in (
        Fault.BROKER_KILLED,
        Fault.BROKER_PAUSED,
        Fault.HALF_OPEN,
        Fault.RESET,
        Fault.RESCALED,
        Fault.STORE_LOST,
    ):
        assert verdict.faults[kind], kind
    assert sum(verdict.compared.records.values()) > 2_000
    assert verdict.compared.records["dead-letter"] >= verdict.faults[Fault.SPOILED] > 10
    assert len(verdict.resumes) > plan.kills / 3
    (portfolio,) = verdict.portfolios.values()
    assert min(map(len, (portfolio.events, portfolio.metrics, portfolio.equity))) > 100
    done = {one.event for one in portfolio.events}
    assert done >= {"configured", "followed", "refused", "tripped", "leaving", "reset"}, portfolio.wanted


def planted(stage: Stage, name: str, legs: list[Leg], monkeypatch: pytest.MonkeyPatch, minutes: int = 200) -> Verdict:
    monkeypatch.setenv("PLANTED", name)
    monkeypatch.syspath_prepend(Path.cwd())
    return run(stage, Run(7, generated_input(7, minutes), legs), entry=planted_worker.__name__)


def test_a_sink_that_forgets_what_is_there_repeats(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    found = planted(stage, "sink_forgets_what_is_there", [WRITTEN, WRITTEN], monkeypatch).compared
    assert found.repeated > 0
    assert found.lost == 0
    assert "repeated" in {finding.kind for finding in found.findings}


def test_a_source_that_skips_a_candle_is_found(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    found = planted(stage, "source_skips_a_candle", [DRAINED, DRAINED], monkeypatch).compared
    assert found.lost > 0
    assert {finding.topic for finding in found.findings} >= {"alerts"}  # of a candle that is missing


def test_a_command_that_moves_is_found(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    found = planted(stage, "command_moves_by_a_candle", [WITH_COMMANDS] * 4, monkeypatch).compared
    assert found.lost > 0
    assert found.different > 0
    assert "status" in {finding.topic for finding in found.findings}


def test_a_kill_switch_that_forgets_is_found(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    verdict = planted(stage, "switch_forgets_that_it_has_tripped", [DRAINED, DRAINED], monkeypatch, minutes=400)
    assert verdict.compared.different > 0
    keys = {finding.key for finding in verdict.compared.findings if finding.topic == "executions"}
    assert keys == {"portfolio:everything"}
    assert any("though it had tripped" in text for text in verdict.broken), verdict.broken


def test_workers_that_fail_for_another_reason_are_an_error(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dataflows.chaos.play.MOST_FAILURES", 2)
    with pytest.raises(WorkerFailed, match=r"(?s)workers ended 2 times without being killed.*KeyError: 'nonsense'"):
        planted(stage, "nonsense", [DRAINED], monkeypatch)
