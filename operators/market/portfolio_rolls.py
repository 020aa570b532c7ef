"""Which items of the market go together, for the portfolios that follow the strategies on its symbol."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from operators.events import Beat, Enrolment, Frames, Heard, PortfolioRoll, Rolled, Transition
from operators.lift import Snapshot
from schemas.portfolio import PortfolioEntry, PortfolioReset
from schemas.record import to_milliseconds

_ASKS_KEPT: Final = 64


class PortfolioRolls:
    """A chain of rolls for as long as any portfolio looks at the symbol: one each time that the market emits something.

    A roll takes in all items for strategies; where there are none it goes out by itself, as a ``Beat``, so that nobody
    waits for a symbol on which nothing runs. The chain goes on where it ended if it is taken up again.

    Each series is asked how it stands at its first close after the symbol has heard of a portfolio, or after the time
    from which that is to hold, and after each command of its own: nothing might happen on it for long.

    A configuration without the symbol that holds from a later time on leaves it looked at up to then.

    State: how far the chain has come, who looks at the symbol and who until when alone, what was heard of since the
    last roll, the times after which series are asked, and the last close that each was sent.

    Attributes:
        is_wanted: whether anybody looks at the symbol, or has something to hear of it; ``wrapped`` does nothing if not.
    """

    def __init__(self, resume: Mapping[str, Any] | None = None) -> None:
        self._number = 0
        self._until: int | None = None
        self._looking: list[str] = []
        self._leaving: dict[str, int] = {}
        self._heard: list[Heard] = []
        self._asks: list[_Ask] = []
        self._sent: dict[str, int] = {}
        self._first = 0
        if resume is not None:
            self._number, self._until, self._looking = resume["number"], resume["until"], list(resume["looking"])
            self._heard = [read(one) for one in resume["heard"]]
            self._asks, self._sent = [_Ask(since) for since in resume["asks"]], dict(resume["sent"])
            self._leaving = dict(resume.get("leaving", {}))  # not there in what the releases before this wrote
        self.is_wanted = bool(self._looking or self._heard)

    def snapshot(self) -> Snapshot:
        """As primitives."""
        return {
            "number": self._number,
            "until": self._until,
            "looking": list(self._looking),
            "heard": [written(one) for one in self._heard],
            "asks": [ask.since for ask in self._asks],  # those that are over went with the last roll
            "sent": dict(sorted(self._sent.items())),
            "leaving": dict(sorted(self._leaving.items())),
        }

    def begin(self, out: list[Any]) -> None:
        """From now on the market's time goes on and never back; items that are there already are in no roll."""
        self._first = len(out)

    def enrol(self, enrolment: Enrolment, watermark: int | None) -> None:
        """Hear of what is wanted of a portfolio, when everything up to ``watermark`` has closed, None before that."""
        record = enrolment.record
        self._heard.append(Heard(record, watermark, enrolment.concerned, enrolment.after))
        self.is_wanted = True
        if isinstance(record, PortfolioReset):
            return
        portfolio = record.portfolio
        self._let_leave(watermark)
        if looks_at(record, enrolment.symbol):
            self._ask(record, watermark)
            self._leaving.pop(portfolio, None)
            if portfolio not in self._looking:
                self._looking.append(portfolio)
        elif portfolio in self._looking:
            leaves_ms = leaves_later(record, watermark)
            if leaves_ms is None:
                self._leaves(portfolio, watermark)
            else:
                self._leaving[portfolio] = min(leaves_ms, self._leaving.get(portfolio, leaves_ms))

    def _let_leave(self, watermark: int | None) -> None:
        """Those that look at the symbol up to a time that has come."""
        for portfolio, leaves_ms in list(self._leaving.items()):
            if watermark is not None and leaves_ms <= watermark:
                self._leaves(portfolio, leaves_ms)

    def _leaves(self, portfolio: str, at_ms: int | None) -> None:
        """With the last one nobody asks any more, wherever the roll ends that this is in."""
        self._looking.remove(portfolio)
        self._leaving.pop(portfolio, None)
        if not self._looking:
            self._asks = [] if at_ms is None else [ask.ended(at_ms) for ask in self._asks]

    def _ask(self, record: PortfolioEntry, watermark: int | None) -> None:
        since = watermark
        if record.effective_from is not None:
            effective_ms = to_milliseconds(record.effective_from)
            since = effective_ms if since is None else max(since, effective_ms)
        if _Ask(since) not in self._asks:
            self._asks = [*self._asks, _Ask(since)][-_ASKS_KEPT:]

    def wrapped(self, out: list[Any], symbol: str, watermark: int | None) -> list[Any]:
        """What the market emits in one go, each item for a strategy in its roll; and what closes by ``watermark``."""
        first, self._first = self._first, 0
        if not self.is_wanted or watermark is None:
            return out
        places = [place for place in range(first, len(out)) if type(out[place]) is tuple]
        if not (places or self._heard) and watermark == self._until:
            return out
        self._number += 1
        self._until = watermark
        roll = PortfolioRoll(self._number, watermark, len(places), tuple(self._heard))
        self._heard = []
        self._let_leave(watermark)
        self.is_wanted = bool(self._looking)
        if not places:
            out.append(Beat(symbol, roll))
        of_event: object = None
        asked: tuple[int | None, ...] = ()
        for place in places:
            key, event = out[place]
            asks = self._asked(key, event)
            if event is not of_event or asks != asked:
                of_event, asked = event, asks
                rolled = _with(event, roll, asks)  # strategies in step are sent the very same
            out[place] = (key, rolled)
        self._asks = [ask for ask in self._asks if ask.until is None]
        if not self._looking:
            self._sent = {}
        return out

    def _asked(self, key: str, item: Frames | Transition | Rolled) -> tuple[int | None, ...]:
        """After which times a series is to tell how it stands, of those that an item for it goes beyond."""
        event = item.event if isinstance(item, Rolled) else item
        if isinstance(event, Transition):
            self._sent.pop(key, None)
            return ()
        before, last = self._sent.get(key), event.close_ms(len(event.open_times) - 1)
        self._sent[key] = last
        return tuple(ask.since for ask in self._asks if ask.is_for(event, before, last))


class _Ask(NamedTuple):
    """Each series is to tell how it stands at its first close after ``since``, None for its first of all.

    Where that is after ``until`` nobody is there any more who wants to know.
    """

    since: int | None
    until: int | None = None

    def ended(self, at_ms: int) -> "_Ask":
        """As of a time from which on nobody wants to know."""
        return self if self.until is not None else _Ask(self.since, at_ms)

    def is_for(self, frames: Frames, before: int | None, last: int) -> bool:
        """Whether that close is among those of frames, the ``last`` of them and the one ``before`` them being given."""
        since = self.since
        asked = before is None if since is None else since < last and (before is None or before <= since)
        if not asked or self.until is None:
            return asked
        closes = map(frames.close_ms, range(len(frames.open_times)))
        return next(close for close in closes if since is None or since < close) <= self.until


def _with(event: Frames | Transition | Rolled, roll: PortfolioRoll, asks: tuple[int | None, ...]) -> Rolled:
    if isinstance(event, Rolled):
        return Rolled(event.event, event.roll, event.symbol_roll, roll, asks)
    return Rolled(event, None, None, roll, asks)


def looks_at(record: PortfolioEntry, symbol: str) -> bool:
    """Whether it follows strategies on a symbol; a slash does not count."""
    bare = symbol.replace("/", "")
    return record.config is not None and any(bare == one.replace("/", "") for one in record.config.symbols)


def leaves_later(record: PortfolioEntry, heard_ms: float | None) -> int | None:
    """Until when a symbol is looked at that a configuration leaves out, heard of at a time; None for no longer.

    Event time, milliseconds; None before the first candle. One that is taken away is so at once.
    """
    if record.config is None or record.effective_from is None:
        return None
    effective_ms = to_milliseconds(record.effective_from)
    return effective_ms if heard_ms is None or effective_ms > heard_ms else None


def written(heard: Heard) -> list[Any]:
    """What a symbol has heard of, as primitives."""
    record, from_ms, concerned, after = heard
    return [type(record).__name__, record.model_dump_json(), from_ms, list(concerned), after]


def read(kept: list[Any]) -> Heard:
    """What ``written`` wrote."""
    name, text, from_ms, concerned, after = kept
    model = PortfolioEntry if name == PortfolioEntry.__name__ else PortfolioReset
    return Heard(model.model_validate_json(text), from_ms, tuple(concerned), after)
