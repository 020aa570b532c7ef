"""What counts of the journal of placements: nothing that a process sent before it died, and that came too late."""

from operators.control.placing import Run
from schemas.placement import Placement


class PartitionJournal:
    """The records about one partition, taken in the order of the topic.

    A life claims the number of its run first, and places only once its claim is in the journal as the first one of that
    number. What stands behind it with a lower number was on its way when a later life began, which did not know of it:
    it is void, for every reader, at any time. So whatever comes late changes nothing that anybody went by.

    Runs of releases that claimed none count by their number alone; a claim of a number that one of them has does not
    hold.

    >>> journal = PartitionJournal()
    >>> journal.take(Placement(partition=0, run=1, candles=0, first=0, end=0, claim="one"))
    >>> journal.take(Placement(partition=0, run=1, candles=0, first=0, end=0, claim="late"))
    >>> journal.is_held("one", 1), journal.is_held("late", 1), journal.next_run
    (True, False, 2)
    """

    def __init__(self) -> None:
        self._claimed = 0
        self._holder = ""
        self._highest = 0
        self._placed: list[Placement] = []
        self.start: Placement | None = None
        """The start marker of the newest run; None where none ever began."""

    def take(self, one: Placement) -> None:
        """The next record."""
        if one.run < self._claimed:
            return
        is_new, self._highest = one.run > self._highest, max(self._highest, one.run)
        if one.claim:
            if is_new:
                self._claimed, self._holder = one.run, one.claim
        elif not one.is_start:
            self._placed.append(one)
        elif self.start is None or self.start.run < one.run:
            self.start = one

    def is_held(self, claim: str, run: int) -> bool:
        """Whether this claim is the newest that holds, and of this run."""
        return (self._holder, self._claimed) == (claim, run)

    @property
    def next_run(self) -> int:
        """The lowest number that no life has used or claimed yet."""
        return self._highest + 1

    @property
    def latest(self) -> Run | None:
        """The newest run that began; None where none ever did."""
        start = self.start
        return None if start is None else Run(start.run, start.candles, start.parameters, start.since)

    @property
    def placed(self) -> tuple[Placement, ...]:
        """The placements that count, of runs on the topics of the newest one, in the order of the journal."""
        since = 1 if self.start is None else self.start.since
        return tuple(one for one in self._placed if one.run >= since)
