"""Where everything random in the proof comes from."""

from random import Random


def seeded(*parts: int | str) -> Random:
    """A generator that is the same for the same parts.

    >>> seeded(7, "AAA").random() == seeded(7, "AAA").random()
    True
    """
    return Random(" ".join(map(str, parts)))  # noqa: S311  # a test's chance, nobody's key
