"""What is on a topic is held back once, and what was removed from it is not written again behind newer records."""

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataflows.kafka.already import Already, Rank, Sought

records = st.lists(st.tuples(st.sampled_from([b"", b"a", b"ab"]), st.sampled_from([b"", b"b", b"abc"])), max_size=20)

Record = tuple[bytes, bytes]


@given(there=records, produced=records)
def test_it_takes_what_a_multiset_takes_and_knows_what_is_left(there: list[Record], produced: list[Record]) -> None:
    already, left = Already(Sought(end=5)), Counter(there)
    places = [(record, offset) for offset, record in enumerate(there, start=5)]
    for (key, value), offset in places:
        already.add(key, value, offset)
    already.whole(end=5 + len(there))
    for record in produced:
        assert already.take(*record) == (left[record] > 0)
        if left[record] > 0:
            left[record] -= 1
            places.remove(next(place for place in places if place[0] == record))
        sought = already.sought(end=5 + len(there))
        waiting = [offset for first, count in sought.waiting for offset in range(first, first + count)]
        assert waiting == sorted(offset for _, offset in places)
        assert (sought.end, sought.holes) == (5 + len(there), 0)
        assert sought.first == min(waiting, default=5 + len(there))
        assert bool(already) == bool(places)


def test_what_was_seen_before_a_snapshot_is_not_waited_for_after_it() -> None:
    """An equal record that comes later is another one, and must be written."""
    first = Already(Sought())
    for offset, record in enumerate([(b"slow", b"1"), (b"status", b"paused")]):
        first.add(*record, offset)
    first.whole(end=2)
    assert first.take(b"status", b"paused")
    sought = first.sought(end=2)
    assert (sought.end, list(map(list, sought.waiting))) == (2, [[0, 1]])
    resumed = Already(sought)
    for offset, record in enumerate([(b"slow", b"1"), (b"status", b"paused")]):
        resumed.add(*record, offset)
    resumed.whole(end=2)
    assert not resumed.take(b"status", b"paused")
    assert resumed.take(b"slow", b"1")


def test_nothing_is_held_back_that_is_not_there_where_nothing_was_removed() -> None:
    """Another writer's record of one of our keys: it waits for good, and no record of ours is taken for removed."""
    there = Already(Sought())
    there.add(b"key", b"foreign", 0)
    there.whole(end=1)
    assert not there.take(b"key", b"ours")


def test_no_more_is_held_back_than_was_removed() -> None:
    there = Already(Sought())
    there.add(b"key", b"foreign", 2)
    there.whole(end=3)
    assert [there.take(b"key", value) for value in (b"1", b"2", b"3")] == [True, True, False]


def test_a_run_that_began_cold_takes_nothing_for_removed() -> None:
    there = Already(Sought(), holds_back_removed=False)
    there.add(b"key", b"of before", 7)
    there.add(b"key", b"as before", 8)
    there.whole(end=9)
    assert [there.take(b"key", value) for value in (b"anew", b"as before")] == [False, True]


def number(value: bytes) -> int | None:
    """The rank of a value that is a number; nothing else has one."""
    return int(value) if value.isdigit() else None


def test_what_is_newer_than_all_that_is_there_was_not_removed() -> None:
    """As where candles are gone: a run that begins at the oldest that is left never comes to what is there."""
    there = Already(Sought(), number)
    there.add(b"key", b"10", 6)
    there.add(b"key", b"11", 7)
    there.whole(end=8)
    assert [there.take(b"key", value) for value in (b"9", b"11", b"12", b"13")] == [True, True, False, False]
    never = Already(Sought(), number)
    never.add(b"key", b"11", 7)
    never.whole(end=8)
    assert [never.take(b"key", value) for value in (b"8", b"12", b"11 and a half")] == [True, False, False]
    assert never.sought(end=10) == Sought(10, [], 0)


def test_what_is_as_new_as_the_newest_may_have_been_removed() -> None:
    """Several signals may be of one candle."""
    there = Already(Sought(), lambda value: int(value) // 10)
    there.add(b"key", b"11", 7)
    there.whole(end=8)
    assert [there.take(b"key", value) for value in (b"10", b"11", b"12")] == [True, True, False]


def test_a_rank_is_asked_for_only_of_what_may_have_been_removed() -> None:
    """It costs a decoding."""
    asked: list[bytes] = []

    def rank(value: bytes) -> int | None:
        asked.append(value)
        return int(value)

    there = Already(Sought(end=3), rank)
    for key, value, offset in ((b"whole", b"1", 3), (b"key", b"5", 5), (b"key", b"7", 6)):
        there.add(key, value, offset)
    there.whole(end=7)
    assert not there.take(b"whole", b"0")  # nothing is removed before the newest of this key
    assert [there.take(b"key", value) for value in (b"4", b"5", b"6", b"7", b"8")] == [True, True, False, True, False]
    assert asked == [b"7", b"4"]  # the one hole is accounted for by then


@pytest.mark.parametrize("crash", [False, True])
def test_what_has_no_rank_is_new_once_the_newest_of_its_key_was_seen(crash: bool) -> None:  # noqa: FBT001  # from pytest
    """Of the answers to commands the first may never be made again: the commands were compacted."""
    sent = [(b"dip", b"third"), (b"macd", b"first"), (b"dip", b"fifth")]
    there = Already(Sought(), number)
    for offset, record in enumerate(sent, start=4):
        there.add(*record, offset)
    there.whole(end=7)
    assert there.take(b"dip", b"fourth")
    assert there.take(b"dip", b"fifth")
    if crash:
        there, before = Already(there.sought(end=7), number), there
        assert before.sought(end=7) == Sought(7, [[5, 1]], 3)
        for offset, record in enumerate(sent, start=4):
            there.add(*record, offset)
        there.whole(end=7)
    assert not there.take(b"dip", b"sixth")


def test_holes_behind_the_newest_of_a_key_are_of_others() -> None:
    there = Already(Sought(end=3))
    there.add(b"key", b"foreign", 3)
    there.add(b"other", b"newest", 5)
    there.whole(end=6)
    assert not there.take(b"key", b"ours")
    assert there.take(b"other", b"older")


def test_holes_are_known_after_another_snapshot() -> None:
    there = Already(Sought(end=3))
    there.add(b"key", b"newest", 5)
    there.whole(end=6)
    assert there.take(b"key", b"oldest")
    resumed = Already(there.sought(end=6))
    resumed.add(b"key", b"newest", 5)
    resumed.whole(end=6)
    assert [resumed.take(b"key", value) for value in (b"older", b"newest", b"next")] == [True, True, False]


KEYS = (b"A", b"B", b"C")


class Topic:
    """One partition: what is left of it, by offset, and from where to where it reaches."""

    def __init__(self) -> None:
        self.left: dict[int, Record] = {}
        self.low = self.end = 0

    def append(self, record: Record) -> None:
        self.left[self.end] = record
        self.end += 1

    def compact(self, chosen: set[int]) -> None:
        newest = {record[0]: offset for offset, record in self.left.items()}
        for offset in chosen & self.left.keys():
            if newest[self.left[offset][0]] != offset:
                del self.left[offset]

    def retain(self, low: int) -> None:
        self.low = max(self.low, min(low, self.end))
        self.left = {offset: record for offset, record in self.left.items() if offset >= self.low}


class Part:
    """What a sink's part does, without a broker: it is built from a snapshot, and told the records that are made."""

    def __init__(self, topic: Topic, sought: Sought, rank: Rank) -> None:
        self.topic = topic
        self.there = Already(sought, rank)
        for offset, record in sorted(topic.left.items()):
            self.there.add(*record, offset)
        self.there.whole(topic.end)

    def write(self, record: Record) -> None:
        if not self.there.take(*record):
            self.topic.append(record)

    def snapshot(self) -> Sought:
        return self.there.sought(self.topic.end)


def interleaved(data: st.DataObject, left: dict[bytes, list[Record]], most: int) -> list[Record]:
    """Some of what is left, in any order across keys and in order within each: no two runs have the same."""
    out: list[Record] = []
    while len(out) < most and any(left.values()):
        key = data.draw(st.sampled_from([key for key, records in left.items() if records]))
        out.append(left[key].pop(0))
    return out


def later(data: st.DataObject, sequence: Sequence[Record], first: int, rank: Rank) -> int:
    """Where a sequence begins from now on: what was made at one instant is all made again, or none of it is."""
    ranks = [rank(value) for _, value in sequence]
    firsts = [place for place in range(first, len(ranks)) if not place or ranks[place] != ranks[place - 1]]
    return data.draw(st.sampled_from([first, *firsts, len(ranks)]))


def run(
    data: st.DataObject, sequences: dict[bytes, list[Record]], removals: Sequence[str], rank: Rank = number
) -> tuple[Topic, list[Record]]:
    """Write sequences, with crashes, snapshots and removals anywhere; also all that was ever appended, in order.

    "input" among the removals: what the first records were made of may be removed too, and they never come again.
    """
    topic, appended, made = Topic(), list[Record](), set[Record]()
    firsts = dict.fromkeys(sequences, 0)
    # A snapshot has the place of the run in the sequences with that of the part on its topic, as an epoch has.
    kept: tuple[dict[bytes, int], Sought] = dict.fromkeys(sequences, 0), Sought()
    for crashes_left in reversed(range(data.draw(st.integers(0, 5)) + 1)):
        if "input" in removals:
            firsts = {key: later(data, sequences[key], first, rank) for key, first in firsts.items()}
            if data.draw(st.booleans()):
                kept = dict.fromkeys(sequences, 0), Sought()
        places, part = {key: max(place, firsts[key]) for key, place in kept[0].items()}, Part(topic, kept[1], rank)
        while True:
            left = {key: sequences[key][place:] for key, place in places.items()}
            before = topic.end
            for record in interleaved(data, left, data.draw(st.integers(0, 6)) if crashes_left else 1_000):
                part.write(record)
                made.add(record)
                places[record[0]] += 1
            appended += [topic.left[offset] for offset in range(before, topic.end)]
            action = data.draw(st.sampled_from(["crash", "snapshot", *removals])) if crashes_left else "end"
            if action == "snapshot":
                kept = dict(places), part.snapshot()
            elif action == "compaction":
                topic.compact(data.draw(st.sets(st.integers(0, max(0, topic.end - 1)))))
            elif action == "retention":
                topic.retain(data.draw(st.integers(0, topic.end)))
            else:
                break
    assert made == set(appended), "something was lost"
    return topic, appended


def of_key(records: Sequence[Record], key: bytes) -> list[bytes]:
    return [value for own, value in records if own == key]


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
@pytest.mark.parametrize("removals", [(), ("compaction",), ("retention",), ("compaction", "retention")])
def test_nothing_is_lost_and_nothing_is_repeated_behind_something_newer(
    removals: tuple[str, ...], data: st.DataObject
) -> None:
    lengths = data.draw(st.fixed_dictionaries({key: st.integers(0, 8) for key in KEYS}))
    sequences = {key: [(key, b"%d" % number) for number in range(count)] for key, count in lengths.items()}
    topic, appended = run(data, sequences, removals)
    for key, whole in sequences.items():
        values = [value for _, value in whole]
        written = of_key(appended, key)
        left = of_key([topic.left[offset] for offset in sorted(topic.left)], key)
        assert set(written) == set(values), "something was lost"
        assert left == sorted(left, key=values.index), "something is behind what is newer"
        assert len(set(left)) == len(left), "something is there twice"
        if not removals:
            assert written == values
        if "retention" not in removals:
            assert left[-1:] == values[-1:], "the newest of a key stays"
            # Retention may take all of a key; then nobody can know that there was any, and it comes again, in order.
            assert written == values


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), at_once=st.integers(1, 3))
def test_nothing_new_is_lost_where_what_is_there_is_never_made_again(data: st.DataObject, at_once: int) -> None:
    lengths = data.draw(st.fixed_dictionaries({key: st.integers(0, 8) for key in KEYS}))
    sequences = {key: [(key, b"%d" % number) for number in range(count)] for key, count in lengths.items()}
    removals = ["compaction", "retention", "input"]
    topic, _ = run(data, sequences, removals, lambda value: int(value) // at_once)
    for key, whole in sequences.items():
        values = [value for _, value in whole]
        left = of_key([topic.left[offset] for offset in sorted(topic.left)], key)
        assert left == sorted(set(left), key=values.index), "something is behind what is newer, or there twice"


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_of_equal_records_none_is_lost_and_each_key_ends_with_its_newest(data: st.DataObject) -> None:
    values = st.lists(st.sampled_from([b"running", b"paused"]), max_size=8)
    drawn = data.draw(st.fixed_dictionaries(dict.fromkeys(KEYS, values)))
    sequences = {key: [(key, value) for value in own] for key, own in drawn.items()}
    topic, appended = run(data, sequences, ["compaction"])
    for key, own in drawn.items():
        written = iter(of_key(appended, key))
        assert all(value in written for value in own), "something was lost"
        assert of_key([topic.left[offset] for offset in sorted(topic.left)], key)[-1:] == own[-1:]


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_equal_records_are_as_often_there_as_they_were_made_where_nothing_was_removed(data: st.DataObject) -> None:
    values = st.lists(st.sampled_from([b"running", b"paused"]), max_size=8)
    drawn = data.draw(st.fixed_dictionaries(dict.fromkeys(KEYS, values)))
    sequences = {key: [(key, value) for value in own] for key, own in drawn.items()}
    _, appended = run(data, sequences, [])
    assert {key: of_key(appended, key) for key in KEYS} == drawn
