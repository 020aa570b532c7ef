"""The control source: one answer for each record of the log, and none twice."""

from pathlib import Path

import pytest

from dataflows.brokers.broker import Broker
from dataflows.kafka.control_source import AnswersState, ControlPart, ControlSource
from dataflows.stop import StopFlag
from operators.snapshot import SnapshotRefused
from operators.strategy.catalog import Catalog
from operators.tally import Tally
from schemas import topics
from schemas.dead_letter import DeadLetter, Reason
from schemas.lifecycle import StrategyStatus
from tests.dataflows.deployment import Deployment, swing, version, wanted, watched

FAST = swing("fast")


def source_of(deployment: Deployment, *, stop: StopFlag | None = None, bounded: bool = True) -> ControlSource:
    return ControlSource(
        deployment.config,
        deployment.name(topics.CONTROL),
        deployment.codec,
        Catalog(),
        Tally(),
        stop or StopFlag(),
        bounded=bounded,
    )


def part(deployment: Deployment, state: AnswersState | int | None = None) -> ControlPart:
    return source_of(deployment).build_part("control", "0", state)


def answered(control: int) -> AnswersState:
    return {"schema_version": 2, "control": control}


def drained(part: ControlPart) -> list[StrategyStatus | DeadLetter]:
    answers: list[StrategyStatus | DeadLetter] = []
    while True:
        try:
            answers += [answer for _key, answer in part.next_batch()]
        except StopIteration:
            return answers


def told(answers: list[StrategyStatus | DeadLetter]) -> list[tuple[str, str | None]]:
    return [
        (answer.state, answer.command) if isinstance(answer, StrategyStatus) else (answer.reason, None)
        for answer in answers
    ]


def test_there_is_one_part(any_broker: Broker, topic_prefix: str, tmp_path: Path) -> None:
    assert source_of(Deployment(any_broker, topic_prefix, tmp_path).create()).list_parts() == ["0"]


def test_it_goes_on_with_what_has_no_answer_yet_and_knows_the_rest(
    any_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = Deployment(any_broker, topic_prefix, tmp_path).create()
    deployment.command(version(FAST), wanted("fast", command="first"))
    before = part(deployment)
    assert told(drained(before)) == [("accepted", None), ("accepted", "first")]
    deployment.produce(topics.CONTROL, [(b"fast", b"garbage")])
    deployment.command(wanted("fast", "paused", command="second"), wanted("slow", command="third"))
    after = part(deployment, before.snapshot())
    assert told(drained(after)) == [("unknown_format", None), ("accepted", "second"), ("refused", "third")]
    assert (before.snapshot(), after.snapshot()) == (answered(2), answered(5))


def test_answers_not_handed_on_yet_are_not_in_the_snapshot(
    any_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = Deployment(any_broker, topic_prefix, tmp_path).create()
    deployment.command(version(FAST), wanted("fast", command="first"))
    crashed = part(deployment)
    assert crashed.snapshot() == answered(0)
    assert len(drained(part(deployment, crashed.snapshot()))) == 2


def test_asked_to_end_it_still_answers_what_it_has_read(any_broker: Broker, topic_prefix: str, tmp_path: Path) -> None:
    deployment = Deployment(any_broker, topic_prefix, tmp_path).create()
    deployment.command(version(FAST), wanted("fast", command="first"))
    stop = StopFlag()
    live = source_of(deployment, stop=stop, bounded=False).build_part("control", "0", None)
    stop.set()
    assert told(drained(live)) == [("accepted", None), ("accepted", "first")]


def test_an_entry_of_the_watchlist_has_no_answer_and_one_that_is_refused_is_a_dead_letter(
    any_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = Deployment(any_broker, topic_prefix, tmp_path).create()
    refused = watched("BBB", "5m", session={"zone": "Europe/Lodnon"})
    deployment.command(watched("AAA", "5m"), refused, version(FAST))
    whole = part(deployment)
    letter, accepted = drained(whole)
    assert isinstance(letter, DeadLetter)
    assert (letter.reason, letter.offset, letter.key) == (
        Reason.INVALID,
        1,
        f"{deployment.name(topics.CONTROL)}-0",
    )
    assert letter.detail.startswith("watchlist:BBB: asset.session.zone: expected an IANA time zone")
    assert letter.detail.endswith('(did you mean "Europe/London"?)')
    assert letter.value == deployment.codec.encode(refused)
    assert told([accepted]) == [("accepted", None)]
    assert whole.snapshot() == answered(3)
    assert drained(part(deployment, whole.snapshot())) == []


def test_state_that_was_a_bare_offset_is_migrated(embedded_broker: Broker, topic_prefix: str, tmp_path: Path) -> None:
    deployment = Deployment(embedded_broker, topic_prefix, tmp_path).create()
    deployment.command(version(FAST), wanted("fast", command="first"))
    after = part(deployment, 1)
    assert told(drained(after)) == [("accepted", "first")]
    assert after.snapshot() == answered(2)


def test_state_of_another_form_is_refused(embedded_broker: Broker, topic_prefix: str, tmp_path: Path) -> None:
    deployment = Deployment(embedded_broker, topic_prefix, tmp_path)
    with pytest.raises(SnapshotRefused, match="control source: schema version 3, expected 2"):
        part(deployment, {"schema_version": 3, "control": 1})
