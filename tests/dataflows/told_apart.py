"""What two runs say, told apart by key: pytest's own comparison of thousands of long lines takes minutes."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest

Texts = Mapping[str, Mapping[str, Sequence[str]]]
"""Records as text by stream and key, in order."""


def told_apart(found: Texts, expected: Texts) -> list[str]:
    """For each key that differs the first record that does; empty where all is equal, streams without keys among it."""
    lines = [f"{stream} is only on one side" for stream in sorted(found.keys() ^ expected.keys())]
    for stream in sorted(found.keys() & expected.keys()):
        ours, theirs = found[stream], expected[stream]
        for key in sorted({*ours, *theirs}):
            pairs = enumerate(zip_longest(ours.get(key, ()), theirs.get(key, ())))
            first = next(((place, pair) for place, pair in pairs if pair[0] != pair[1]), None)
            if first is not None:
                lines.append(f"{stream} {key}, record {first[0]}: {first[1][0]}, expected {first[1][1]}")
    return lines
