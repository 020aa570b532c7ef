"""Rules over whole runs: what they said at every bar, and whether two runs made them say the same."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dataflows.check.run import Floats
from operators.strategy.compile import CompiledRule

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Verdicts:
    """At every bar whether a rule holds, and whether it is ready to be asked; it holds only where it is ready."""

    holds: Flags
    ready: Flags


@dataclass(frozen=True)
class Flip:
    """The first bar at which a rule says another thing of values that are the same."""

    index: int
    expected: bool
    found: bool


@dataclass(frozen=True)
class Agreement:
    """Two runs of a rule beside each other: verdicts compared, ties among them, and the first that is no tie."""

    compared: int
    ties: int
    flip: Flip | None


def verdicts(rule: CompiledRule, operands: Sequence[Floats], bars: int) -> Verdicts:
    """What a rule says of arrays of its operands, ``bars`` long.

    A rule of constants is asked once for all bars, one that has no way with arrays bar by bar.
    """
    if operands and rule.whole is not None:
        with np.errstate(all="ignore"):
            holds, ready = rule.whole(*operands)
        return Verdicts(holds & ready, ready)
    said = list(map(rule.evaluate, *[values.tolist() for values in operands])) if operands else [rule.evaluate()] * bars
    return Verdicts(np.array([one is True for one in said]), np.array([one is not None for one in said]))


def agreement(rule: CompiledRule, expected: Sequence[Floats], found: Sequence[Floats], allowed: float) -> Agreement:
    """Compare what a rule says of two sets of operands that are equal but for rounding.

    Where a comparison's two sides are no further apart than ``allowed``, rounding decides which way it falls: such a
    bar is a tie, and no fault of anybody's. So is one at which a result of arithmetic is finite in one run alone.
    """
    bars = len(expected[0]) if expected else 0
    one, two = verdicts(rule, expected, bars), verdicts(rule, found, bars)
    differing = np.flatnonzero((one.holds != two.holds) | (one.ready != two.ready)).tolist()
    for index in differing:
        if one.ready[index] and two.ready[index] and not _is_tie(rule, expected, found, index, allowed):
            verdict = bool(one.holds[index]), bool(two.holds[index])
            return Agreement(bars, differing.index(index), Flip(index, *verdict))
    return Agreement(bars, len(differing), None)


def _is_tie(
    rule: CompiledRule, expected: Sequence[Floats], found: Sequence[Floats], index: int, allowed: float
) -> bool:
    """Whether every comparison that came out differently was one of two sides that are equal but for rounding."""
    pairs = zip(
        rule.explain(*[float(values[index]) for values in expected]),
        rule.explain(*[float(values[index]) for values in found]),
        strict=True,
    )
    compared = [(one, two) for one, two in pairs if one.holds != two.holds and one.left is not None]
    return bool(compared) and all(
        any(
            side.left is not None and side.right is not None and abs(side.left - side.right) <= allowed
            for side in (one, two)
        )
        for one, two in compared
    )
