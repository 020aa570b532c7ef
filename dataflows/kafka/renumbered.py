"""Offsets of a partition and of its copy: retention and compaction leave holes that a copy has not."""

from bisect import bisect_right


class Renumbered:
    """Where each record of a partition lies in the copy, which begins at 0 and has no holes.

    Memory grows with the holes, not with the records.

    >>> numbers = Renumbered()
    >>> for offset in (7, 8, 20):
    ...     numbers.add(offset)
    >>> [numbers.of(offset) for offset in (0, 7, 8, 9, 20, 21, 99)]
    [0, 0, 1, 2, 2, 3, 3]
    """

    def __init__(self) -> None:
        self._stretches: list[tuple[int, int]] = []
        self._newest = -1
        self.count = 0
        """How many records were copied."""

    def add(self, offset: int) -> None:
        """The next record that was copied. Offsets rise from call to call."""
        if not self._stretches or offset != self._newest + 1:
            self._stretches.append((offset, self.count))
        self._newest = offset
        self.count += 1

    def of(self, offset: int) -> int:
        """In the copy: the first record that lay at ``offset`` or later; ``count`` where none did."""
        place = bisect_right(self._stretches, offset, key=lambda stretch: stretch[0]) - 1
        if place < 0:
            return 0
        began, number = self._stretches[place]
        end = self._stretches[place + 1][1] if place + 1 < len(self._stretches) else self.count
        return min(number + offset - began, end)
