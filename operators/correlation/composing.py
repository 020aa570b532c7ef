"""The composites of a strategy at one window's end."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from operators.correlation.cooling import Cooling
from operators.correlation.heard import Heard, voice
from operators.correlation.plan import Plan
from schemas.composite import Composite, composite_ids
from schemas.composite_confidence import Scale, scale, weigh_on
from schemas.correlation import Window
from schemas.ids import RecordIds
from schemas.record import from_milliseconds, trusted
from schemas.timeframe import timeframe_ms
from schemas.trading_style import TradingStyle


class _Made(NamedTuple):
    """What is the same for all composites of a base's timeframe."""

    fields: dict[str, Any]
    ids: RecordIds
    scale: Scale


class Composing:
    """Makes the composites of one version on one symbol. What is the same for all of them is worked once.

    Whatever can be said of a composite without it is asked before it is made: most are never sent.
    """

    def __init__(self, plan: Plan, symbol: str, cooling: Cooling) -> None:
        self.plan = plan
        self._symbol = symbol
        self._cooling = cooling
        self._made: dict[str, _Made] = {}

    def at(self, end_ms: int, standing: Iterable[Heard]) -> list[Composite]:
        """What the newest signals of the timeframes come to: all that may be sent, by style, then longest base first.

        The base is the longest timeframe of the style that stands for a side; without ``one_per_window`` each of them
        is a base in turn. Every shorter timeframe that stands for a side supports or opposes it, whatever its style. A
        base is passed over where neither it nor any of those is new.
        """
        found: list[Composite] = []
        said: list[Heard] | None = None
        for style, window in self.plan.worked:
            if end_ms % window.every_ms == 0:
                if said is None:
                    ranks = self.plan.ranks
                    said = [one for one in standing if one.timeframe in ranks and one.close_ms <= end_ms]
                    said.sort(key=lambda one: ranks[one.timeframe])
                found += self._of_style(style, window, end_ms, said)
        return found

    def _of_style(self, style: TradingStyle, window: Window, end_ms: int, standing: list[Heard]) -> Iterator[Composite]:
        plan = self.plan
        start_ms, new_after = end_ms - window.length_ms, end_ms - window.every_ms
        said = [one for one in standing if one.close_ms > start_ms]
        if len(said) <= plan.settings.minimum_supporting:
            return
        for place, base in enumerate(said):
            if plan.styles[base.timeframe] != style:
                continue
            supporting: list[Heard] = []
            opposing: list[Heard] = []
            length, position, newest = plan.lengths[base.timeframe], base.position, base.close_ms
            for one in said[place + 1 :]:
                if plan.lengths[one.timeframe] < length:
                    (supporting if one.position == position else opposing).append(one)
                    newest = max(newest, one.close_ms)
            if (
                newest > new_after
                and len(supporting) >= plan.settings.minimum_supporting
                and self._cooling.allows(style, "long" if position == "long" else "short", end_ms, plan.cool_down_ms)
            ):
                composite = self._composite(window, end_ms, base, supporting, opposing)
                if composite is not None:
                    yield composite
            if plan.settings.one_per_window:
                return

    def _composite(
        self, window: Window, end_ms: int, base: Heard, supporting: list[Heard], opposing: list[Heard]
    ) -> Composite | None:
        """The composite of these; None where it is not confident enough."""
        plan, made = self.plan, self._made.get(base.timeframe) or self._begin(base)
        weights, settings = plan.weights, plan.settings
        said = voice(base, weights[base.timeframe], end_ms)
        pro = tuple([voice(one, weights[one.timeframe], end_ms) for one in supporting])
        con = tuple([voice(one, weights[one.timeframe], end_ms) for one in opposing])
        strength, confidence = weigh_on(
            made.scale,
            said,
            pro,
            con,
            half_life_ms=window.half_life_ms,
            conflict_penalty=settings.conflict_penalty,
        )
        if confidence < settings.minimum_confidence:
            return None
        fields = made.fields.copy()
        fields["id"] = made.ids.id(str(end_ms))
        fields["window_start"] = from_milliseconds(end_ms - window.length_ms)
        fields["window_end"] = from_milliseconds(end_ms)
        fields["side"] = said.side
        fields["price"] = said.price
        fields["base"] = said
        fields["supporting"] = pro
        fields["opposing"] = con
        fields["timeframes"] = weights.copy()
        fields["correlation_strength"] = strength
        fields["composite_confidence"] = confidence
        return trusted(Composite, fields)

    def _begin(self, base: Heard) -> _Made:
        plan, timeframe = self.plan, base.timeframe
        style = plan.styles[timeframe]
        known = {
            "strategy": base.strategy,
            "version": plan.version,
            "symbol": self._symbol,
            "timeframe": timeframe,
            "trading_style": style,
            "half_life_ms": plan.windows[style].half_life_ms,
            "conflict_penalty": plan.settings.conflict_penalty,
        }
        made = self._made[timeframe] = _Made(
            {name: known.get(name) for name in Composite.model_fields},  # all of them, in order: so it is written out
            composite_ids(base.strategy, plan.version, self._symbol, timeframe, style),
            scale(timeframe, plan.weights[timeframe], plan.weights),
        )
        return made


def ranked(one: Composite) -> tuple[float, int, str]:
    """Sorts composites of one window's end: the most confident first, then the longer timeframe, then by id."""
    return -one.composite_confidence, -timeframe_ms(one.timeframe), one.id
