"""Of several workers that fail together, the one with the cause is told of."""

from dataclasses import dataclass

import pytest

from dataflows.supervise.cause import CAUSE_SECONDS, TOGETHER_SECONDS, why
from dataflows.supervise.supervisor import Failure


@dataclass
class Member:
    number: int
    said: Failure | None = None
    ended: bool = True
    is_consequence: bool = False

    @property
    def ended_well(self) -> bool:
        return self.ended and self.said is None

    def failure(self) -> Failure:
        assert self.said is not None
        return self.said


KILLED = Failure("worker 0 was ended by SIGKILL")
REFUSED = Failure("worker 1: the store is of another cluster", permanent=True)
UNWORKED = Failure("worker 0: the broker says nothing", unworked=True)
LOST = Failure("worker 2: lost its connection to another worker")


def running(number: int) -> Member:
    return Member(number, ended=False)


def lost(number: int) -> Member:
    return Member(number, LOST, is_consequence=True)


@pytest.mark.parametrize(
    ("members", "waited", "expected"),
    [
        ([running(0), running(1)], 0.0, None),
        ([Member(0), Member(1)], 0.0, None),
        ([Member(0, KILLED), running(1)], 0.0, KILLED),
        ([lost(0), Member(1, KILLED), lost(2)], 0.0, KILLED),
        ([Member(0, KILLED), Member(1, REFUSED)], 0.0, REFUSED),
        ([Member(0), Member(1, KILLED)], 0.0, KILLED),
        ([Member(0, UNWORKED), Member(1, KILLED)], 0.0, KILLED),
        ([lost(0), running(1)], 0.0, None),
        ([lost(0), running(1)], CAUSE_SECONDS + 0.1, LOST),
        ([lost(0), lost(1)], 0.0, LOST),
        ([lost(0), Member(1)], 0.0, LOST),
        ([Member(0), running(1)], TOGETHER_SECONDS - 1, None),
        ([running(0), running(1)], TOGETHER_SECONDS + 1, None),
    ],
    ids=[
        "all run",
        "all ended well",
        "one was killed",
        "the others lost it",
        "one would fail again",
        "one failed while the others ended",
        "one had worked nothing",
        "who has the cause may still be heard",
        "and if not",
        "nobody has it",
        "nobody who is left has it",
        "the others are on their way",
        "nobody has ended",
    ],
)
def test_the_cause_is_told_and_not_its_consequences(
    members: list[Member], waited: float, expected: Failure | None
) -> None:
    assert why(members, waited) == expected


def test_one_that_does_not_end_with_the_others_is_a_failure() -> None:
    found = why([Member(0), running(1), running(2)], TOGETHER_SECONDS + 1)
    assert found == Failure("worker 1 and 2 did not end within 60 s of the others")
