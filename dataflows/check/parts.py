"""The parts of a rule's condition over many bars: which never hold, which always do, and so which one to mend."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from dataflows.check.run import Floats
from operators.strategy.compile import CompiledRule
from schemas.signal import EvaluatedCondition

_MOST_PAIRS = 12
"""Parts of one AND among which a pair that excludes each other is looked for."""


@dataclass(frozen=True)
class Part:
    """One condition of a rule over all bars at which the rule was asked.

    Attributes:
        depth: 0 for the whole rule.
        text: as the rule's explanation writes it.
        held: at which of those bars it held.
        left: least and greatest value of a comparison's left side; None for what compares nothing.
        right: of its right side.
        parts: the conditions directly below.
    """

    depth: int
    text: str
    held: npt.NDArray[np.bool_]
    left: tuple[float, float] | None
    right: tuple[float, float] | None
    parts: tuple["Part", ...]

    @property
    def never(self) -> bool:
        """Whether it held at no bar."""
        return not self.held.any()

    @property
    def always(self) -> bool:
        """Whether it held at every bar."""
        return bool(self.held.all())

    @property
    def share(self) -> float:
        """At which share of the bars it held."""
        return float(self.held.mean())


def parts_of(rule: CompiledRule, operands: Sequence[Floats], bars: Sequence[int]) -> Part | None:
    """The rule's tree of conditions over these bars, at all of which it is ready; None without any bar."""
    if not bars:
        return None
    if operands:
        columns = zip(*[values[list(bars)].tolist() for values in operands], strict=True)
        told = [rule.explain(*values) for values in columns]
    else:
        told = [rule.explain()] * len(bars)
    return _part(iter(list(zip(*told, strict=True))), told[0], [0])


def _part(
    columns: Iterator[tuple[EvaluatedCondition, ...]], first: Sequence[EvaluatedCondition], place: list[int]
) -> Part:
    """The next condition with all that is below it; conditions come parents first."""
    over_bars = next(columns)
    place[0] += 1
    depth = over_bars[0].depth
    below = []
    while place[0] < len(first) and first[place[0]].depth > depth:
        below.append(_part(columns, first, place))
    return Part(
        depth,
        over_bars[0].text,
        np.array([one.holds for one in over_bars]),
        _range([one.left for one in over_bars]),
        _range([one.right for one in over_bars]),
        tuple(below),
    )


def why_never(part: Part) -> list[str]:
    """Why a condition that never held never did, as the terms to mend."""
    if not part.parts:
        return [f'"{part.text}" never holds{_sides(part)}']
    culprits = [text for one in part.parts if one.never for text in why_never(one)]
    if culprits:
        return culprits
    if len(part.parts) == 1:  # NOT
        return why_always(part.parts[0])
    apart = [
        f'"{one.text}" ({one.share:.1%}) and "{two.text}" ({two.share:.1%}) never hold at the same candle'
        for one, two in combinations(part.parts[:_MOST_PAIRS], 2)
        if not (one.held & two.held).any()
    ]
    shares = ", ".join(f'"{one.text}" {one.share:.1%}' for one in part.parts)
    return apart or [f"each part holds at times ({shares}), but never all of them at the same candle"]


def why_always(part: Part) -> list[str]:
    """Why a condition that always held always did, as the terms to mend."""
    if not part.parts:
        return [f'"{part.text}" always holds{_sides(part)}']
    culprits = [text for one in part.parts if one.always for text in why_always(one)]
    if culprits:
        return culprits
    if len(part.parts) == 1:  # NOT
        return why_never(part.parts[0])
    shares = ", ".join(f'"{one.text}" {one.share:.1%}' for one in part.parts)
    return [f"at every candle one of its parts holds ({shares})"]


def idle_parts(part: Part) -> Iterator[str]:
    """Parts of a condition that does vary which never varied themselves: they changed nothing on these candles."""
    for one in part.parts:
        if one.always:
            yield f'"{one.text}" held at every candle at which the rule was ready: it changed nothing here{_sides(one)}'
        elif one.never:
            yield f'"{one.text}" held at no candle at which the rule was ready: it changed nothing here{_sides(one)}'
        else:
            yield from idle_parts(one)


def _range(values: Sequence[float | None]) -> tuple[float, float] | None:
    numbers = [value for value in values if value is not None]
    return (min(numbers), max(numbers)) if numbers else None


def _sides(part: Part) -> str:
    if part.left is None or part.right is None:
        return ""
    return f": its left side is {_between(part.left)}, its right side {_between(part.right)}"


def _between(values: tuple[float, float]) -> str:
    low, high = values
    return f"{low:.6g}" if low == high else f"{low:.6g} to {high:.6g}"
