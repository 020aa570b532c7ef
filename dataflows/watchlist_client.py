"""The watchlist as something to read and to change: written to the control topic, read back, judged as workers do."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from dataflows.control_client import ATTEMPTS, UNSIGNED, Signature
from dataflows.control_desk import ControlDesk, wall_clock
from dataflows.errors import CommandRefused
from dataflows.settings import Settings
from operators.control.watchlist import unknown_zone
from schemas.names import did_you_mean
from schemas.watchlist import AssetConfig, WatchlistEntry

Progress: TypeAlias = Callable[[int], None]
"""Told how many more entries were written."""
Done: TypeAlias = Literal["added", "changed", "taken off", "unchanged"]


@dataclass(frozen=True)
class Change:
    """What became of one symbol: ``entry`` is what counts now, ``before`` what counted until then."""

    symbol: str
    done: Done
    entry: WatchlistEntry
    before: WatchlistEntry | None


class WatchlistClient:
    """Reads what the control topic says of symbols and adds to it. One per command line call.

    What it adds it reads back: a change returns once it is accepted, by the rules that every worker follows. ``now`` is
    as for ControlDesk, which also says what it raises.
    """

    def __init__(self, settings: Settings, *, now: Callable[[], datetime] = wall_clock) -> None:
        self._desk = ControlDesk(settings, now=now)
        self._topic = self._desk.topic

    @property
    def entries(self) -> dict[str, WatchlistEntry]:
        """The entry of every symbol that is on the watchlist, sorted by symbol."""
        return {symbol: one for symbol, one in self._topic.watchlist.entries.items() if one.asset is not None}

    @property
    def leaving(self) -> dict[str, datetime]:
        """Symbols that were taken off from a time on that has not come yet, with that time, sorted."""
        now = self._desk.now()
        return {
            symbol: one.effective_from
            for symbol, one in self._topic.watchlist.entries.items()
            if one.asset is None and one.effective_from is not None and one.effective_from > now
        }

    def entry(self, symbol: str) -> WatchlistEntry:
        """What is said of a symbol; CommandRefused with the nearest name where it is not on the watchlist."""
        entry = self._topic.watchlist.entry(symbol)
        if entry is None or entry.asset is None:
            listed = self._topic.watchlist.assets
            end = did_you_mean(symbol, listed) if listed else ": nothing is"
            raise CommandRefused(
                f"{symbol} is not on the watchlist{end}; `candelabra watchlist list` shows what is, and "
                "`candelabra watchlist apply FILE` puts something there"
            )
        return entry

    def apply(
        self,
        assets: Sequence[AssetConfig],
        *,
        prune: bool = False,
        effective_from: datetime | None = None,
        signature: Signature = UNSIGNED,
        progress: Progress = lambda _written: None,
    ) -> tuple[Change, ...]:
        """Put assets on the watchlist as they are given; with ``prune``, take off every other symbol.

        What is said already is not sent again. ``progress`` is told of every asset.

        Raises:
            CommandRefused: an asset cannot be carried out. Unless another is quicker, nothing was sent.
        """
        for asset in assets:
            problem = unknown_zone(asset)
            if problem is not None:
                raise CommandRefused(f"{asset.symbol}: session.zone: {problem}")
        wanted: dict[str, AssetConfig | None] = {asset.symbol: asset for asset in assets}
        if prune:
            wanted.update(dict.fromkeys(self._topic.watchlist.assets.keys() - wanted.keys()))
        return self._say(wanted, effective_from, signature, progress)

    def enable(
        self, symbol: str, *, enabled: bool, effective_from: datetime | None = None, signature: Signature = UNSIGNED
    ) -> Change:
        """Let strategies run on a symbol, or none; all else that is said of it stays.

        Raises:
            CommandRefused: it is not on the watchlist, or others kept changing it.
        """
        read: WatchlistEntry | None = self.entry(symbol)
        newest = read
        for _ in range(ATTEMPTS):
            if read is None or read.asset is None:
                self._say({symbol: None}, effective_from, signature)
                raise CommandRefused(f"{symbol} has been taken off the watchlist meanwhile, and stays off")
            asset = read.asset.model_copy(update={"enabled": enabled})
            [change] = self._say({symbol: asset}, effective_from, signature)
            if change.done == "unchanged" or change.before == newest:
                return change
            # Somebody was quicker, and this has undone it: again, on what that one says.
            read, newest = change.before, change.entry
        raise CommandRefused(f"{symbol}: others keep changing it; look with `candelabra watchlist show {symbol}`")

    def remove(self, symbol: str, *, effective_from: datetime | None = None, signature: Signature = UNSIGNED) -> Change:
        """Take a symbol off the watchlist; CommandRefused with the nearest name where it is not on it."""
        self.entry(symbol)
        [change] = self._say({symbol: None}, effective_from, signature)
        return change

    def _say(
        self,
        wanted: Mapping[str, AssetConfig | None],
        effective_from: datetime | None,
        signature: Signature,
        progress: Progress = lambda _written: None,
    ) -> tuple[Change, ...]:
        """Write what is not said already."""
        begins = self._desk.begins(effective_from)
        entries = [
            WatchlistEntry(symbol=symbol, asset=asset, effective_from=begins, **self._desk.stamp(signature))
            for symbol, asset in sorted(wanted.items())
        ]
        known = self._topic.watchlist.entries
        fresh = [one for one in entries if not _says_already(known.get(one.symbol), one, asked_for=effective_from)]
        progress(len(entries) - len(fresh))
        answers = dict(zip((one.symbol for one in fresh), self._topic.add_entries(fresh, progress), strict=True))
        self._topic.mend_entries(sorted(wanted))
        for symbol, answer in answers.items():
            if answer.refusal:
                raise CommandRefused(f"{symbol}: {answer.refusal}")
        return tuple(
            _change(one, answers[one.symbol].before)
            if one.symbol in answers
            else Change(one.symbol, "unchanged", known[one.symbol], known[one.symbol])
            for one in entries
        )


def _change(entry: WatchlistEntry, before: WatchlistEntry | None) -> Change:
    done: Done = "changed"
    if entry.asset is None:
        done = "taken off"
    elif before is None or before.asset is None:
        done = "added"
    return Change(entry.symbol, done, entry, before)


def _says_already(newest: WatchlistEntry | None, wish: WatchlistEntry, *, asked_for: datetime | None) -> bool:
    """Whether the newest entry says what is wished, and no later.

    One that waits for its time does not say it for the next candle.
    """
    if newest is None or newest.asset != wish.asset:
        return False
    if asked_for is not None or newest.effective_from is None:
        return newest.effective_from == asked_for
    return wish.effective_from is not None and newest.effective_from <= wish.effective_from
