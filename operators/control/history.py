"""Who made which version current, from when to when: read from the commands that the control topic still holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest

from schemas.lifecycle import NOTHING_YET, DesiredState, StrategyVersion


@dataclass(frozen=True)
class Tenure:
    """One stretch for which a version was current: by ``began`` until ``ended``, None where it is current still."""

    version: int
    began: DesiredState
    ended: DesiredState | None


def tenures(commands: Sequence[DesiredState]) -> tuple[Tenure, ...]:
    """Which version was current when, oldest first; ``commands`` are those accepted, in the order of the log.

    The log is compacted, so the first may have begun earlier than is known, and some may be missing (see ``is_whole``).
    """
    firsts = [one for number, one in enumerate(commands) if number == 0 or commands[number - 1].version != one.version]
    return tuple(Tenure(one.version, one, after) for one, after in zip_longest(firsts, firsts[1:]))


def is_whole(commands: Sequence[DesiredState]) -> bool:
    """Whether nothing is missing: the first came when no version was current, and each follows the one before it."""
    if not commands or commands[0].expected_version != NOTHING_YET:
        return False
    return all(after.follows == before.command for before, after in pairwise(commands))


def previous_version(versions: Mapping[int, StrategyVersion], commands: Sequence[DesiredState]) -> int | None:
    """The version that was current before the current one, as far as is known; None where nothing is.

    Where compaction removed the commands, it is what the newest command took for current, else what the current version
    was made from.
    """
    if not commands:
        return None
    current = commands[-1].version
    candidates: list[int | None] = []
    for one in reversed(commands):
        candidates += [one.version, one.expected_version]
    candidates.append(versions[current].based_on)
    return next((one for one in candidates if one != current and one in versions), None)
