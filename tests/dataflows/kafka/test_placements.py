"""The journal: what is written is read, in order, by partition; a topic that is not there or unfit is told apart."""

from pathlib import Path

import pytest

from dataflows.brokers.broker import Broker
from dataflows.errors import DeliveryFailed, TopicUnfit
from dataflows.kafka.placements import NOT_KNOWN, Claimed, Journal, Placements, Worked, claim_run, read_placements
from dataflows.kafka.topics import ensure_topic
from operators.control.placing import Run
from schemas import topics
from schemas.placement import Placement
from tests.dataflows.deployment import Deployment


def start(partition: int, run: int, began: int, parameters: str = "{}") -> Placement:
    return Placement(partition=partition, run=run, candles=began, first=0, end=0, parameters=parameters)


def placed(partition: int, run: int, first: int) -> Placement:
    return Placement(partition=partition, run=run, candles=70 + first, first=first, end=first + 2)


def journal_of(deployment: Deployment) -> Journal:
    return Journal(deployment.config, deployment.name(topics.PLACEMENTS), deployment.codec)


def read(deployment: Deployment) -> Placements:
    return read_placements(deployment.config, deployment.name(topics.PLACEMENTS), deployment.codec)


def claim(deployment: Deployment, partition: int, above: int = 0) -> Claimed:
    return claim_run(deployment.config, deployment.name(topics.PLACEMENTS), deployment.codec, partition, above=above)


def test_what_is_written_is_read(any_broker: Broker, topic_prefix: str, tmp_path: Path) -> None:
    deployment = Deployment(any_broker, topic_prefix, tmp_path).create()
    assert read(deployment) == Placements()
    journal = journal_of(deployment)
    written = [
        placed(0, 1, 0),
        start(0, 1, 5),
        placed(3, 1, 0),
        start(3, 1, 6),
        placed(0, 1, 2),
        start(0, 2, 5, '{"a":1}'),
    ]
    for one in written:
        journal.write(one)
    found = read(deployment)
    assert found.runs == {0: Run(2, 5, '{"a":1}'), 3: Run(1, 6, "{}")}
    assert found.placed == {0: (placed(0, 1, 0), placed(0, 1, 2)), 3: (placed(3, 1, 0),)}


def test_a_start_that_comes_late_displaces_no_later_one(any_broker: Broker, topic_prefix: str, tmp_path: Path) -> None:
    deployment = Deployment(any_broker, topic_prefix, tmp_path).create()
    journal = journal_of(deployment)
    for run in (1, 3, 2):
        journal.write(start(0, run, 5))
    assert read(deployment).runs == {0: Run(3, 5, "{}")}


def test_what_was_placed_on_topics_of_before_counts_no_more(
    any_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = Deployment(any_broker, topic_prefix, tmp_path).create()
    journal = journal_of(deployment)
    anew = start(0, 4, 0).model_copy(update={"feed": "c|d", "since": 4})
    late = placed(0, 2, 4)  # by an earlier life, whose message was on its way
    for one in (placed(0, 1, 0), start(0, 1, 5), anew, placed(0, 4, 2), late, placed(1, 1, 0)):
        journal.write(one)
    found = read(deployment)
    assert found.runs == {0: Run(4, 0, "{}", since=4)}
    assert found.placed == {0: (placed(0, 4, 2),), 1: (placed(1, 1, 0),)}
    assert (found.worked(0), found.worked(1)) == (Worked("c|d", 4), NOT_KNOWN)


def test_what_comes_behind_the_claim_of_a_later_life_is_void(
    any_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = Deployment(any_broker, topic_prefix, tmp_path).create()
    journal = journal_of(deployment)
    for one in (placed(0, 1, 0), start(0, 1, 5), placed(1, 1, 0)):
        journal.write(one)
    claimed = claim(deployment, 0)
    assert claimed == (2, read(deployment))
    for late in (placed(0, 1, 2), start(0, 1, 6)):
        journal.write(late)
    assert read(deployment) == claimed.placements
    journal.write(placed(1, 1, 2))  # of another partition, where nobody has claimed anything since
    assert read(deployment).placed == {0: (placed(0, 1, 0),), 1: (placed(1, 1, 0), placed(1, 1, 2))}


def test_of_two_lives_that_claim_one_run_the_second_takes_another(
    any_broker: Broker, topic_prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment = Deployment(any_broker, topic_prefix, tmp_path).create()
    write = Journal.write

    def write_after_another(journal: Journal, placement: Placement) -> None:
        monkeypatch.undo()
        write(journal, placement.model_copy(update={"claim": "another"}))
        write(journal, placement)

    monkeypatch.setattr(Journal, "write", write_after_another)
    assert claim(deployment, 0).run == 2
    assert claim(deployment, 0, above=7).run == 8


def test_without_the_topic_nothing_was_placed(any_broker: Broker, topic_prefix: str, tmp_path: Path) -> None:
    deployment = Deployment(any_broker, topic_prefix, tmp_path)
    assert read(deployment) == Placements()
    deployment.create(without=[topics.PLACEMENTS])
    assert read(deployment) == Placements()


def test_tombstones_are_passed_over(any_broker: Broker, topic_prefix: str, tmp_path: Path) -> None:
    deployment = Deployment(any_broker, topic_prefix, tmp_path).create()
    deployment.produce(topics.PLACEMENTS, [(b"0|1|0", None)])
    journal_of(deployment).write(start(0, 1, 5))
    assert read(deployment) == Placements({0: Run(1, 5, "{}")})


def test_a_record_that_is_no_placement_is_refused_with_its_place(
    any_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = Deployment(any_broker, topic_prefix, tmp_path).create()
    journal_of(deployment).write(start(0, 1, 5))
    deployment.produce(topics.PLACEMENTS, [(b"0", b"garbage")])
    with pytest.raises(TopicUnfit, match=r"placements\[0\]: the record at offset 1 is no placement \(unknown_format"):
        read(deployment)


@pytest.mark.kafka
def test_a_placement_that_is_not_taken_ends_the_run(apache_kafka: Broker, topic_prefix: str, tmp_path: Path) -> None:
    deployment = Deployment(apache_kafka, topic_prefix, tmp_path).create(placements={"max.message.bytes": "100"})
    long = start(0, 1, 5, f'{{"a":"{"x" * 200}"}}')
    with pytest.raises(
        DeliveryFailed, match=r"placements\[0\]: the broker did not take a placement: .*Nothing is lost"
    ):
        journal_of(deployment).write(long)
    journal_of(deployment).write(placed(0, 1, 0))  # by a producer of its own: the one that failed is given up
    assert read(deployment).placed == {0: (placed(0, 1, 0),)}


def test_the_topic_is_made_once(any_broker: Broker, topic_prefix: str, tmp_path: Path) -> None:
    deployment = Deployment(any_broker, topic_prefix, tmp_path)
    name = deployment.name(topics.PLACEMENTS)
    made = [
        ensure_topic(deployment.config, name, topics.PLACEMENTS, partitions=1, replication_factor=1) for _ in range(2)
    ]
    assert made == [True, False]
    journal_of(deployment).write(start(0, 1, 5))
    assert read(deployment).runs == {0: Run(1, 5, "{}")}
