"""`candelabra dead-letter` on Apache Kafka: what was refused is listed, looked into and sent again."""

import base64
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dataflows.brokers.broker import Broker
from dataflows.settings import Settings
from schemas import topics
from schemas.dead_letter import DeadLetter, Reason, dead_letter
from schemas.record import from_milliseconds
from tests.dataflows.deployment import MINUTE, Deployment, replayed, swing, version, walk, wanted
from tests.dataflows.test_bad_input import with_numbers
from tests.ui.cli.conftest import Cli, Said

pytestmark = pytest.mark.kafka

FAST = swing("fast")
ROWS = walk(60, symbols=["AAA"])
GOOD, EARLY = ROWS[:40], ROWS[40:]
NAN = float("nan")


@pytest.fixture
def deployment(kafka_topics: Settings, apache_kafka: Broker, tmp_path: Path) -> Deployment:
    """Candles of which the last twenty came from a clock that was an hour slow, and three that are malformed."""
    found = Deployment(apache_kafka, kafka_topics.topic_prefix, tmp_path, partitions=4)
    found.command(version(FAST), wanted("fast"))
    found.candles(GOOD)
    for row in EARLY:
        found.candles([row], timestamp=row[2] - 60 * MINUTE)
    good = found.codec.encode_candle_row(ROWS[0])
    bad = [(b"BBB", with_numbers(good, NAN, 2.0, 1.0, 1.5, 1.0)), (b"BBB", good[:-5]), (None, b"{}")]
    found.produce(topics.CANDLES, bad)
    found.run()
    return found


def letters(said: Said) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said.out.splitlines()[:-1]]


def one_of(deployment: Deployment, reason: Reason) -> DeadLetter:
    return next(one for one in deployment.records(topics.DEAD_LETTER, DeadLetter) if one.reason is reason)


@pytest.mark.usefixtures("kafka_topics")
def test_where_nothing_was_refused_there_is_nothing_to_list(cli: Cli) -> None:
    said = cli("dead-letter", "list")
    assert (said.code, said.out) == (0, "no dead letters\n")
    assert cli("dead-letter", "list", "--json").json == {"letters": 0, "shown": 0, "groups": []}


def test_letters_are_counted_by_reason_and_topic_and_the_newest_are_shown(cli: Cli, deployment: Deployment) -> None:
    said = cli("dead-letter", "list", "--last", 2)
    assert said.code == 0
    counts = {words[1]: (words[3], words[5]) for line in said.out.splitlines() if len(words := line.split()) > 8}
    candles = deployment.name(topics.CANDLES)
    assert counts.items() >= {
        ("from_the_future", (candles, "20")),
        ("invalid", (candles, "1")),
        ("truncated", (candles, "1")),
        ("unknown_format", (candles, "1")),
    }
    assert "the newest 2 of 23" in said.err
    shown = cli("dead-letter", "list", "--all", "--json")
    assert len(letters(shown)) == shown.json["letters"] == shown.json["shown"] == 23
    found = {one["id"]: one for one in letters(shown)}
    for letter in deployment.records(topics.DEAD_LETTER, DeadLetter):
        line = found[letter.id]
        assert (line["reason"], line["partition"], line["offset"]) == (letter.reason, letter.partition, letter.offset)
        assert (line["topic"], line["value_size"]) == (candles, letter.value_size)
    times = [one["refused_at"] for one in letters(shown)]
    assert times == sorted(times)


def test_letters_are_chosen_by_reason_key_topic_and_time(cli: Cli, deployment: Deployment) -> None:
    def chosen(*options: object) -> int:
        found = cli("dead-letter", "list", *options, "--json").json["letters"]
        assert isinstance(found, int)
        return found

    assert chosen("--reason", "from-the-future") == 20
    assert chosen("--symbol", "BBB") == chosen("--key", "BBB") == 2
    assert chosen("--topic", "candles") == chosen("--topic", deployment.name(topics.CANDLES)) == 23
    assert chosen("--topic", "control") == 0
    assert chosen("--reason", "invalid", "--symbol", "AAA") == 0
    written = [from_milliseconds(one.timestamp()[1]) for one in deployment.messages(topics.DEAD_LETTER)]
    before, after = (f"{time:%Y-%m-%dT%H:%M:%S}" for time in (min(written), max(written) + timedelta(seconds=1)))
    assert chosen("--since", before, "--until", after) == 23
    assert chosen("--until", before) == chosen("--since", after) == 0


@pytest.mark.usefixtures("deployment")
def test_what_is_mistyped_is_answered_with_the_nearest_name(cli: Cli) -> None:
    for options, complaint in (
        (("--reason", "from_the_futur"), "got 'from_the_futur' (did you mean \"from_the_future\"?)"),
        (("--topic", "candle"), "no letter is of the topic 'candle' (did you mean \"candles\"?)"),
        (("--symbol", "BBBB"), "no letter is of the key 'BBBB' (did you mean \"BBB\"?)"),
    ):
        said = cli("dead-letter", "list", *options)
        assert said.code == 1
        assert complaint in said.err


def test_a_letter_is_shown_with_what_can_be_read_of_it(cli: Cli, deployment: Deployment) -> None:
    letter = one_of(deployment, Reason.TRUNCATED)
    said = cli("dead-letter", "show", letter.id[:8])
    assert said.code == 0
    assert letter.id in said.out
    assert letter.detail in said.out
    assert f"{letter.topic}[{letter.partition}] {letter.offset}" in said.out
    assert "candelabra.Candle: 7 fields can be read, and then volume cannot" in said.out
    assert "2025-01-01T00:00:00+00:00" in said.out
    assert "00000000  c3 01 " in said.out
    assert "let its producer send the record again, whole" in said.out
    assert "not as things are: it would be refused again: truncated" in said.out


def test_a_letter_for_machines_has_its_bytes_and_fields(cli: Cli, deployment: Deployment) -> None:
    letter = one_of(deployment, Reason.INVALID)
    found = cli("dead-letter", "show", letter.id, "--json").json
    assert base64.b64decode(found["value"]) == letter.value
    assert (found["schema"], found["key"], base64.b64decode(found["record_key"])) == (
        "candelabra.Candle",
        "BBB",
        b"BBB",
    )
    assert (found["fields"]["symbol"], found["fields"]["open"], found["fields"]["high"]) == ("AAA", "nan", 2.0)
    assert found["requeue"]["fate"] == "left"


@pytest.mark.usefixtures("deployment")
def test_ids_that_name_nothing_are_refused(cli: Cli) -> None:
    for name, complaint in (
        ("0" * 32, f"no letter has the id '{'0' * 32}'"),
        ("0x12", "expected a letter's id, or its first 4 to 32 hexadecimal digits, got '0x12'"),
        ("abc", "expected a letter's id"),
    ):
        said = cli("dead-letter", "show", name)
        assert said.code == 1
        assert complaint in said.err


def test_what_is_mended_is_sent_again_once_and_gives_the_right_output(
    cli: Cli, deployment: Deployment, tmp_path: Path
) -> None:
    future = ("--reason", "from_the_future")
    tried = cli("dead-letter", "requeue", *future, "--dry-run", "--json")
    assert tried.code == 0
    assert (tried.json["would_be_sent"], tried.json["sent"]) == (20, 0)
    unasked = cli("dead-letter", "requeue", *future)
    assert unasked.code == 1
    assert "nobody can be asked here: --yes sends, --dry-run shows what would be sent" in unasked.err
    done = cli("dead-letter", "requeue", *future, "--yes")
    assert done.code == 0
    assert done.out.splitlines()[-2:] == ["20 to be sent", "20 sent"]
    again = cli("dead-letter", "requeue", *future, "--yes", "--json")
    assert again.code == 0
    assert (again.json["sent"], again.json["requeued_before"]) == (0, 20)
    assert cli("dead-letter", "show", letters(again)[0]["id"], "--json").json["requeue"]["fate"] == "requeued before"
    deployment.run()
    assert deployment.signals() == replayed(ROWS, [FAST], tmp_path)


def test_what_cannot_help_is_left_and_said_by_the_exit_code(cli: Cli, deployment: Deployment) -> None:
    letter = one_of(deployment, Reason.TRUNCATED)
    left = cli("dead-letter", "requeue", letter.id[:8], "--yes")
    assert left.code == 1
    assert "it would be refused again: truncated" in " ".join(left.out.split())
    assert "1 left" in left.out
    forced = cli("dead-letter", "requeue", letter.id[:8], "--anyway", "--yes", "--json")
    assert (forced.code, forced.json["sent"]) == (0, 1)


@pytest.mark.usefixtures("deployment")
def test_nothing_in_particular_is_not_everything(cli: Cli) -> None:
    said = cli("dead-letter", "requeue", "--yes")
    assert said.code == 1
    assert "name letters, or choose some by --reason, --topic, --symbol, --since, --until; or --all" in said.err
    everything = cli("dead-letter", "requeue", "--all", "--dry-run", "--json")
    assert (everything.code, everything.json["selected"], everything.json["would_be_sent"]) == (1, 23, 20)


def test_a_command_that_was_overtaken_is_not_sent_again(
    cli: Cli, kafka_topics: Settings, apache_kafka: Broker, tmp_path: Path
) -> None:
    found = Deployment(apache_kafka, kafka_topics.topic_prefix, tmp_path, partitions=4)
    refused = found.codec.encode(wanted("fast", "stopped", "stop"))
    found.command(version(FAST))
    found.produce(topics.CONTROL, [(b"fast", refused)])
    control = found.name(topics.CONTROL)
    letter = dead_letter(
        Reason.UNKNOWN_SCHEMA, "of a later release", topic=control, partition=0, offset=1, key=b"fast", value=refused
    )
    found.produce(topics.DEAD_LETTER, [(letter.key.encode(), found.codec.encode(letter))])
    assert cli("dead-letter", "requeue", letter.id, "--dry-run", "--json").json["would_be_sent"] == 1
    found.command(wanted("fast", "running", "start"))
    said = cli("dead-letter", "requeue", letter.id, "--yes", "--json")
    assert (said.code, said.json["left"]) == (1, 1)
    assert f"its key has a newer record, at {control}[0] 2: give the command anew instead" in said.out
