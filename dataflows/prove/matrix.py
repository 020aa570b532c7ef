"""The proof itself: each input once as the reference, then in every other way, and all of it compared."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from dataflows import graph
from dataflows.prove.case import Case
from dataflows.prove.cases import reference
from dataflows.prove.compare import Difference, Written, count, differences, written
from dataflows.prove.happenings import Input
from dataflows.prove.run import Build, Emitted, emitted

Progress = Callable[[str], None]
"""Told what begins."""


@dataclass(frozen=True)
class Proved:
    """One case on one input: how many records were compared, by topic, and what differs."""

    input: str
    case: str
    records: dict[str, int]
    differences: Sequence[Difference]
    seconds: float
    origins: bool
    """Whether dead letters were compared with their origin."""


def prove(
    inputs: Sequence[Input],
    chosen: Sequence[Case],
    *,
    build: Build = graph.build,
    progress: Progress = lambda _what: None,
) -> Iterator[Proved]:
    """Run the matrix, case by case.

    Nothing is random but what the cases' seeds make so: a difference comes again when its case is run again, unless it
    is the threads of several workers that made it.
    """
    for given in inputs:
        progress(f"{given.name}: reference")
        known = Reference(emitted(given, reference(), build=build))
        for case in chosen:
            progress(f"{given.name}: {case.name}")
            started = time.perf_counter()
            found = emitted(given, case, build=build)
            seconds = time.perf_counter() - started
            variant = written(found, origins=case.same_offsets)
            yield known.compared(given.name, case.name, variant, seconds, origins=case.same_offsets)


class Reference:
    """What a reference run emitted, as it is compared with: with the origins of dead letters, or without."""

    def __init__(self, run: Emitted) -> None:
        self._written: dict[bool, Written] = {origins: written(run, origins=origins) for origins in (True, False)}

    def compared(self, given: str, case: str, variant: Written, seconds: float, *, origins: bool) -> Proved:
        """A case beside it."""
        own = self._written[origins]
        return Proved(given, case, count(own), differences(own, variant), seconds, origins)
