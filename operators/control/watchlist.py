"""The watchlist as the control log tells it: what was said of each symbol, and from when each symbol has to heed it."""

from dataclasses import dataclass
from datetime import datetime

from operators.control.scheduled import still_due
from operators.events import Listing
from operators.indicators.kernels.zones import zone
from schemas.record import to_milliseconds
from schemas.watchlist import AssetConfig, WatchlistEntry

MAX_REMEMBERED = 64
"""Entries of one symbol that are remembered, so that a repeat is known for one; the oldest are forgotten."""


@dataclass(frozen=True, slots=True)
class Listed:
    """How an entry was taken.

    Attributes:
        refusal: why it was not, empty where it was.
        repeated: it was given before, and changes nothing.
        for_all: the watchlist begins or ends with it, so that every symbol has to hear of it.
        before: the entry that counted until then.
    """

    refusal: str = ""
    repeated: bool = False
    for_all: bool = False
    before: WatchlistEntry | None = None


@dataclass(frozen=True, slots=True)
class _Mark:
    """What holds of a symbol from some event time on."""

    entry: WatchlistEntry
    exists: bool

    @property
    def from_ms(self) -> int | None:
        effective_from = self.entry.effective_from
        return None if effective_from is None else to_milliseconds(effective_from)


class Watchlist:
    """Entries, record by record. Whoever applies the same ones gets the same answers.

    An entry says all of its symbol, so the newest counts; several with times wait side by side, as commands do. A
    symbol without an entry is concerned all the same: once anything is on the watchlist, wildcards mean what is on it.
    So what a symbol has to hear is its own entries and, in their order, those by which the watchlist begins or ends.
    """

    def __init__(self) -> None:
        self._newest: dict[str, WatchlistEntry] = {}
        self._known: dict[str, dict[str, WatchlistEntry]] = {}
        self._marks: dict[str, list[_Mark]] = {}
        self._unnamed: list[_Mark] = []

    @property
    def exists(self) -> bool:
        """Whether anything is on it, by the newest entries."""
        return any(one.asset is not None for one in self._newest.values())

    @property
    def assets(self) -> dict[str, AssetConfig]:
        """What is on it by symbol, sorted, by the newest entries."""
        return {symbol: one.asset for symbol, one in sorted(self._newest.items()) if one.asset is not None}

    @property
    def entries(self) -> dict[str, WatchlistEntry]:
        """The newest entry of every symbol that the log names, sorted; those that take a symbol off among them."""
        return dict(sorted(self._newest.items()))

    def entry(self, symbol: str) -> WatchlistEntry | None:
        """The newest entry of a symbol; None where the log has none."""
        return self._newest.get(symbol)

    def apply(self, entry: WatchlistEntry) -> Listed:
        """Take one entry. What is refused changes nothing, nor does what comes twice."""
        known = self._known.setdefault(entry.symbol, {})
        before = self._newest.get(entry.symbol)
        given = known.get(entry.command)
        if given is not None:
            if given != entry:
                return Listed(f"command {entry.command} was given before, and said otherwise", before=before)
            return Listed(repeated=True, before=before)
        problem = unknown_zone(entry.asset)
        if problem is not None:
            return Listed(f"asset.session.zone: {problem}", before=before)
        if len(known) == MAX_REMEMBERED:
            del known[next(iter(known))]
        known[entry.command] = entry
        existed = self.exists
        self._newest[entry.symbol] = entry
        turned = self.exists != existed
        marks = self._marks.get(entry.symbol, self._unnamed)
        if turned:
            self._unnamed = _turned(self._unnamed, entry, exists=not existed)
            for symbol, others in self._marks.items():
                self._marks[symbol] = _turned(others, entry, exists=not existed)
        own = _Mark(entry, self.exists)
        self._marks[entry.symbol] = [*still_due(marks, own), own]
        return Listed(for_all=turned, before=before)

    def listings(self, symbol: str) -> list[Listing]:
        """What a symbol has to hear before its first candle, by event time; none where there never was a watchlist.

        The last is what the newest entry that concerns it says.
        """
        marks = self._marks.get(symbol, self._unnamed)
        return [Listing(symbol, one.entry.model_copy(update={"symbol": symbol}), one.exists) for one in marks]


def _turned(marks: list[_Mark], cause: WatchlistEntry, *, exists: bool) -> list[_Mark]:
    """The marks of a symbol that is off the watchlist, once that begins or ends by the entry of another symbol.

    Where it is still to be taken off later than that, it stays on until then.
    """
    since = cause.effective_from
    if marks:
        since = _later(since, marks[-1].entry.effective_from)
    mark = _Mark(cause.model_copy(update={"asset": None, "effective_from": since}), exists)
    return [*still_due(marks, mark), mark]


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    """The later of two times, of which None is the earliest."""
    return max((time for time in (one, other) if time is not None), default=None)


def unknown_zone(asset: AssetConfig | None) -> str | None:
    """What is wrong with the time zone of an asset's session, with the nearest that there is; None where nothing is."""
    if asset is None or asset.session is None:
        return None
    try:
        zone(asset.session.zone)
    except ValueError as error:
        return str(error)
    return None
