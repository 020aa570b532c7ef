"""Strategies that want different sides of one symbol."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from operators.risk.exposure import Exposures
from operators.risk.member import Member
from operators.risk.refusal import Refusal
from schemas.portfolio import PortfolioConfig

_UNRANKED: Final = 1_000_000
"""Behind all that a configuration can rank."""


class Standing(NamedTuple):
    """Where somebody stands who wants to enter: refused, or with some who have to make room."""

    refusal: Refusal | None
    make_room: tuple[str, ...] = ()


class Conflicts:
    """Who may enter where others are on the other side, by the portfolio's ``conflict`` rule.

    - ``net``: everybody. Only the difference counts as exposure.
    - ``first``: nobody, as long as any is there.
    - ``priority``: who ranks before all of them; they have to leave. Who does not is refused, and so is one of equal
      rank: those who are not ranked at all are among themselves as ``first``.

    A strategy does not conflict with itself: on two timeframes it may stand on both sides.
    """

    def __init__(self, config: PortfolioConfig) -> None:
        self._rule = config.conflict
        self._ranks: Mapping[str, int] = {strategy: rank for rank, strategy in enumerate(config.priorities)}

    def turn(self, strategy: str) -> int:
        """When it is asked among those who would like to enter at one instant: 0 first; then they go by key."""
        return self._ranks.get(strategy, _UNRANKED) if self._rule == "priority" else 0

    def standing(self, member: Member, exposures: Exposures) -> Standing:
        """Where a member would stand that had been allowed to enter."""
        if self._rule == "net":
            return Standing(None)
        against = exposures.against(member.strategy, member.symbol, member.value)
        if self._rule == "priority":
            rank = self.turn(member.strategy)
            stronger = [key for key in against if self.turn(exposures.members[key].strategy) <= rank]
            if not stronger:
                return Standing(None, tuple(against))
            against = stronger
        if not against:
            return Standing(None)
        return Standing(conflict(len(against), exposures.members[against[0]].strategy))


def conflict(positions: int, strategy: str) -> Refusal:
    """So many positions on the other side, the first of them of a strategy.

    >>> str(conflict(1, "trend"))
    'conflict (trend): expected at most 0 positions of other strategies on the other side of the symbol, got 1'
    """
    return Refusal("conflict", 0, positions, about=strategy)
