"""The consensus of the strategies on one symbol at one window's end."""

from collections.abc import Collection, Iterable, Mapping
from math import fsum
from typing import Any, NamedTuple

from operators.correlation.cooling import Cooling
from operators.correlation.heard import Heard, voice
from operators.correlation.plan import ConsensusPlan
from schemas.composite import MAX_VOICES, Consensus, Voice, consensus_ids
from schemas.composite_confidence import agreement, counts
from schemas.correlation import Window
from schemas.ids import RecordIds
from schemas.record import from_milliseconds, trusted
from schemas.signal_config import Side
from schemas.trading_style import TradingStyle


class _Made(NamedTuple):
    """What is the same for every consensus of a style."""

    fields: dict[str, Any]
    ids: RecordIds


_Counted = tuple[float, Heard]
"""A signal, and how much it counts."""


class Agreeing:
    """Makes the consensuses of one symbol. What is the same for all of them is worked once.

    Whatever can be said of a consensus without it is asked before it is made.
    """

    def __init__(self, plan: ConsensusPlan, symbol: str, cooling: Cooling) -> None:
        self.plan = plan
        self._symbol = symbol
        self._cooling = cooling
        self._made: dict[TradingStyle, _Made] = {}

    def at(self, end_ms: int, strategies: int, standing: Iterable[Heard]) -> list[Consensus]:
        """What the strategies, so many of which run on the symbol, come to: all that is to be sent, by style.

        There is none of a style where no window ends, too few have a say, nothing is new or sides are even, nor where
        they agree too little or the last of the same side is too near.

        In the window of a style each strategy has one voice: the newest signal of its longest timeframe of that style
        that stands for a side there. It counts weight * confidence * 0.5 ** (age / half life), and the side that counts
        more is the consensus. Of each side the ``top`` heaviest voices are listed (at most 128), equal ones by
        strategy; the agreement is that of all of them, listed or not.
        """
        found = []
        for style, window in self.plan.worked:
            if end_ms % window.every_ms == 0:
                one = self._of_style(style, window, end_ms, strategies, standing)
                if one is not None:
                    found.append(one)
        return found

    def _of_style(
        self, style: TradingStyle, window: Window, end_ms: int, strategies: int, standing: Iterable[Heard]
    ) -> Consensus | None:
        plan = self.plan
        config, weights, half_life_ms = plan.config, plan.weights, window.half_life_ms
        start_ms, new_after = end_ms - window.length_ms, end_ms - window.every_ms
        said = _highest(standing, plan.ranks[style], start_ms, end_ms)
        if len(said) < config.minimum_strategies or all(one.close_ms <= new_after for one in said):
            return None
        long: list[_Counted] = []
        short: list[_Counted] = []
        for one in said:
            weight = counts(weights[one.timeframe], one.confidence, end_ms - one.close_ms, half_life_ms)
            (long if one.position == "long" else short).append((weight, one))
        for_long, for_short = [weight for weight, _ in long], [weight for weight, _ in short]
        pro, con = fsum(for_long), fsum(for_short)
        if pro == con:
            return None
        side: Side = "long" if pro > con else "short"
        if not self._cooling.allows(style, side, end_ms, plan.cool_down_ms):
            return None
        share = agreement(for_long, for_short) if side == "long" else agreement(for_short, for_long)
        if share < config.minimum_agreement:
            return None
        made = self._made.get(style) or self._begin(style)
        fields = made.fields.copy()
        fields["id"] = made.ids.id(str(end_ms))
        fields["window_start"] = from_milliseconds(start_ms)
        fields["window_end"] = from_milliseconds(end_ms)
        fields["side"] = side
        fields["agreeing"] = self._listed(long if side == "long" else short, end_ms)
        fields["opposing"] = self._listed(short if side == "long" else long, end_ms)
        fields["strategies"] = strategies
        fields["agreement"] = share
        return trusted(Consensus, fields)

    def _listed(self, voices: list[_Counted], end_ms: int) -> tuple[Voice, ...]:
        weights, top = self.plan.weights, self.plan.config.top
        voices.sort(key=lambda each: (-each[0], each[1].strategy))
        heaviest = voices[: MAX_VOICES if top is None else top]
        return tuple([voice(one, weights[one.timeframe], end_ms) for _, one in heaviest])

    def _begin(self, style: TradingStyle) -> _Made:
        known = {
            "symbol": self._symbol,
            "trading_style": style,
            "half_life_ms": self.plan.windows[style].half_life_ms,
        }
        fields = {name: known.get(name) for name in Consensus.model_fields}  # all of them, in order, as written out
        made = self._made[style] = _Made(fields, consensus_ids(self._symbol, style))
        return made


def _highest(standing: Iterable[Heard], ranks: Mapping[str, int], start_ms: int, end_ms: int) -> Collection[Heard]:
    """Of each strategy the one of its longest timeframe, of those that are ranked, in (start, end]."""
    found: dict[str, Heard] = {}
    for one in standing:
        rank = ranks.get(one.timeframe)
        if rank is not None and start_ms < one.close_ms <= end_ms:
            other = found.get(one.strategy)
            if other is None or rank < ranks[other.timeframe]:
                found[one.strategy] = one
    return found.values()
