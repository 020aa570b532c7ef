"""Records on a topic hold back as many equal ones as there are, oldest first."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from dataflows.kafka.already import Already

records = st.lists(st.tuples(st.sampled_from([b"", b"a", b"ab"]), st.sampled_from([b"", b"b", b"abc"])), max_size=20)


@given(there=records, produced=records)
def test_it_takes_what_a_multiset_takes_and_knows_the_oldest_left(
    there: list[tuple[bytes, bytes]], produced: list[tuple[bytes, bytes]]
) -> None:
    already, left = Already(), Counter(there)
    places = [(record, offset) for offset, record in enumerate(there, start=5)]
    for (key, value), offset in places:
        already.add(key, value, offset)
    for record in produced:
        assert already.take(*record) == (left[record] > 0)
        if left[record] > 0:
            left[record] -= 1
            places.remove(next(place for place in places if place[0] == record))
        assert already.oldest == min((offset for _, offset in places), default=None)
        assert bool(already) == bool(places)
