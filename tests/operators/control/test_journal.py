"""What counts of the journal: case by case."""

from operators.control.journal import PartitionJournal
from operators.control.placing import Run
from schemas.placement import Placement


def claim(run: int, name: str) -> Placement:
    return Placement(partition=0, run=run, candles=0, first=0, end=0, claim=name)


def start(run: int, since: int = 1) -> Placement:
    return Placement(partition=0, run=run, candles=10, first=0, end=0, parameters="{}", since=since)


def placed(run: int, first: int) -> Placement:
    return Placement(partition=0, run=run, candles=90, first=first, end=first + 2)


def journal(*records: Placement) -> PartitionJournal:
    found = PartitionJournal()
    for one in records:
        found.take(one)
    return found


def test_what_a_life_places_behind_its_claim_counts() -> None:
    found = journal(claim(1, "a"), placed(1, 0), start(1), claim(2, "b"), placed(2, 2), start(2), placed(2, 4))
    assert found.placed == (placed(1, 0), placed(2, 2), placed(2, 4))
    assert found.latest == Run(2, 10, "{}")
    assert found.is_held("b", 2)
    assert found.next_run == 3


def test_what_comes_behind_the_claim_of_a_later_life_is_void() -> None:
    known = journal(claim(1, "a"), placed(1, 0), claim(2, "b"))
    late = journal(claim(1, "a"), placed(1, 0), claim(2, "b"), placed(1, 2), start(1), claim(1, "z"))
    assert (late.placed, late.latest, late.next_run) == (known.placed, None, 3) == (known.placed, None, known.next_run)
    assert late.is_held("b", 2)


def test_of_two_claims_of_one_run_the_first_holds() -> None:
    found = journal(claim(4, "dead"), claim(4, "own"))
    assert not found.is_held("own", 4)
    assert found.next_run == 5
    found.take(claim(5, "own"))
    assert found.is_held("own", 5)
    assert not found.is_held("dead", 4)


def test_runs_that_claimed_nothing_count_by_their_number() -> None:
    found = journal(placed(1, 0), start(1), placed(3, 2), start(3), start(2), placed(1, 4))
    assert found.placed == (placed(1, 0), placed(3, 2), placed(1, 4))
    assert found.latest == Run(3, 10, "{}")
    assert found.next_run == 4


def test_a_claim_of_a_number_that_another_run_has_does_not_hold() -> None:
    """As where a worker of the release before was killed, and its message comes just before the claim."""
    found = journal(placed(5, 0), start(5), claim(5, "own"))
    assert not found.is_held("own", 5)
    assert (found.placed, found.next_run) == ((placed(5, 0),), 6)


def test_what_was_placed_on_topics_of_before_counts_no_more() -> None:
    found = journal(placed(1, 0), start(1), claim(2, "b"), start(2, since=2), placed(2, 0))
    assert found.placed == (placed(2, 0),)
