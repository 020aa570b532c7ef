"""Which items of the market go together, for those who weigh signals of several series against each other."""

from collections.abc import Mapping
from typing import Any

from operators.events import Frames, Roll, Rolled, Transition
from operators.lift import Snapshot
from operators.market.weighing import NOTHING, Weighed
from schemas.composite import ALL_STRATEGIES

Items = list[tuple[int, int]]
"""Items by their places in what the market emits, each with when what it is about closed last."""


class Rolls:
    """Chains of rolls: one for each strategy that is weighed, one for the symbol.

    Items are numbered by their place in what the market emits in one go. ``seal`` gives those of it that are in no roll
    yet their rolls, by what is weighed then; ``wrapped`` puts the items into them. A roll ends with the last close in
    it, so that how far a chain has come does not depend on batches: ``until`` grows from roll to roll.

    A chain that ends is taken up again where it ended, however much later: its receiver may be another worker, on which
    the first items of the later stretch can be before the last ones of the earlier.

    Attributes:
        weighed: what is weighed now.
    """

    def __init__(self, resume: Mapping[str, Any] | None = None) -> None:
        self.weighed = NOTHING
        self._begun = False
        self._reached: dict[str, int] = {}
        self._open: set[str] = set()
        self._first = 0
        self._idle = True
        self._rolls: dict[int, Roll] = {}
        self._symbol_rolls: dict[int, Roll] = {}
        if resume is not None:
            self._begun, self._reached, self._open = resume["begun"], dict(resume["reached"]), set(resume["open"])
        self._look()

    def snapshot(self) -> Snapshot:
        """How far the chains have come, those that have ended too, as primitives."""
        return {"begun": self._begun, "reached": dict(self._reached), "open": sorted(self._open)}

    @property
    def ending(self) -> bool:
        """Whether a chain has to end with the next item that it gets."""
        weighed = self.weighed
        return any(not weighed.of_all if of == ALL_STRATEGIES else of not in weighed.strategies for of in self._open)

    def begin(self, out: list[Any]) -> None:
        """From now on items may be weighed; those that are there already are not."""
        self._begun = True
        self._first = len(out)

    def change(self, weighed: Weighed, out: list[Any]) -> None:
        """Something else is weighed from now on; what went before was sealed."""
        self.weighed = weighed
        self.end(out)
        self._look()

    def end(self, out: list[Any]) -> None:
        """End the chains of what is weighed no more, with the items that they got since the last seal."""
        if self.ending:
            self._end_some(self._places(out))
            self._look()

    def seal(self, out: list[Any]) -> None:
        """No item more for the rolls that are open."""
        if not self._idle:
            self.end(out)
            if self._begun and self.weighed.anything:
                self._go_on(self._places(out))
        self._first = len(out)

    def wrapped(self, out: list[Any]) -> list[Any]:
        """What the market emits, each item that is weighed in its rolls; the end of what it emits in one go."""
        if not self._idle:
            self.seal(out)
        self._first = 0
        if not self._rolls and not self._symbol_rolls:
            return out
        rolls, symbol_rolls = self._rolls, self._symbol_rolls
        self._rolls, self._symbol_rolls = {}, {}
        of_event: Frames | Transition | None = None
        before: tuple[Roll | None, Roll | None] = None, None
        for place in sorted(rolls.keys() | symbol_rolls.keys()) if symbol_rolls else sorted(rolls):
            key, event = out[place]
            roll, symbol_roll = rolls.get(place), symbol_rolls.get(place)
            if event is not of_event or roll is not before[0] or symbol_roll is not before[1]:
                of_event, before = event, (roll, symbol_roll)
                rolled = Rolled(event, roll, symbol_roll)  # strategies in step are sent the very same
            out[place] = (key, rolled)
        return out

    def _look(self) -> None:
        """Find whether there is nothing to weigh."""
        self._idle = not self.weighed.anything and not self._open

    def _end_some(self, places: Mapping[str, Items]) -> None:
        """Give the items since the last seal their rolls, those of chains that are over."""
        weighed = self.weighed
        for strategy, own in places.items():
            if strategy in self._open and strategy not in weighed.strategies:
                self._rolls |= dict.fromkeys((place for place, _ in own), self._end(strategy, own))
        everything = [one for own in places.values() for one in own]
        if everything and ALL_STRATEGIES in self._open and not weighed.of_all:
            roll = self._end(ALL_STRATEGIES, everything)
            self._symbol_rolls |= dict.fromkeys((place for place, _ in everything), roll)

    def _go_on(self, places: Mapping[str, Items]) -> None:
        """Give the items since the last seal their rolls, those of chains that go on."""
        weighed, rolls = self.weighed, self._rolls
        roll: Roll | None = None
        for strategy, own in places.items():
            timeframes = weighed.strategies.get(strategy)
            if timeframes is None:
                continue
            since, until = self._next(strategy, own)
            count = len(own)
            known = roll is not None and roll.timeframes is timeframes and roll.since == since and roll.items == count
            if roll is None or not known or roll.until != until:  # strategies in step are told the very same
                roll = Roll(since, until, count, timeframes)
            for place, _ in own:
                rolls[place] = roll
        if weighed.of_all and places:
            everything = [one for own in places.values() for one in own]
            since, until = self._next(ALL_STRATEGIES, everything)
            count, consensus = len(everything), weighed.consensus
            roll = Roll(since, until, count, weighed.timeframes, weighed.running, consensus)
            self._symbol_rolls |= dict.fromkeys((place for place, _ in everything), roll)

    def _places(self, out: list[Any]) -> dict[str, Items]:
        """Of each strategy the items since the last seal: their places, and when what they are about closed last."""
        places: dict[str, Items] = {}
        of_event, close = None, 0
        for place in range(self._first, len(out)):
            item = out[place]
            if type(item) is tuple:
                key, event = item
                if event is not of_event:
                    of_event, close = event, _close(event)
                strategy = key[: key.index("|")]
                if strategy in places:
                    places[strategy].append((place, close))
                else:
                    places[strategy] = [(place, close)]
        return places

    def _next(self, of: str, items: Items) -> tuple[int | None, int]:
        """Where the next roll of a chain begins and ends."""
        since, until = self._reached.get(of), items[0][1] if len(items) == 1 else max([close for _, close in items])
        self._reached[of] = until
        self._open.add(of)
        return since, until

    def _end(self, of: str, items: Items) -> Roll:
        """The last roll of a chain."""
        roll = Roll(*self._next(of, items), len(items), (), 0 if of == ALL_STRATEGIES else 1)
        self._open.discard(of)
        return roll


def _close(event: Frames | Transition) -> int:
    return event.close_time if isinstance(event, Transition) else event.close_ms(len(event.open_times) - 1)
