"""One portfolio: what all its symbols say in, instant by instant in the order of event time, and what it does out."""

from collections.abc import Iterable, Iterator
from math import inf
from typing import Any, Final, NamedTuple, cast

from operators.events import Heard
from operators.lift import Snapshot
from operators.market.portfolio_rolls import read
from operators.risk.barrier import Barrier, Instant
from operators.risk.follower import Follower, Told
from operators.risk.gathering import Gathered
from operators.risk.kill_switch import Reset
from operators.risk.portfolio_commands import PortfolioCommands, bare, holds_from, symbols_of
from operators.risk.report import Report, primitives, restored
from operators.snapshot import check_version
from schemas.portfolio import PortfolioConfig, PortfolioEntry

SCHEMA_VERSION: Final = 2
"""Of the snapshot. A change of its form raises it, and ``migrated`` brings what versions before wrote."""


class PortfolioStep:
    """Key ``portfolio:ID``. Waits at each instant for all of its symbols, then works it; see ``Follower``.

    What is wanted of it takes effect at the first instant after every symbol concerned has heard of it: those of the
    configurations before and of the one that comes. Each symbol hears of it at a place in its feed that never changes,
    so that instant is the same however things come. It takes members on as they stand then.

    A symbol that has heard of a configuration without it says nothing more to the one before, whose end others may not
    have heard of yet: whatever it says is for those that come, which may be heard of at any time.

    State: the follower's, the barrier's, what was heard and is not in force yet, how those stand who are not members
    yet, since when symbols have been followed, when they were left, and of which nothing more comes.
    """

    def __init__(self, resume: Snapshot | None = None) -> None:
        self._barrier = Barrier()
        self._entry: PortfolioEntry | None = None
        self._follower: Follower | None = None
        self._commands = PortfolioCommands()
        self._standing: dict[str, Report] = {}
        self._since: dict[str, float] = {}
        self._left: dict[str, list[_Left]] = {}
        self._ended: set[str] = set()
        if resume is not None:
            state: dict[str, Any] = migrated(resume)
            self._barrier = Barrier(resume=state["barrier"])
            self._commands = PortfolioCommands(state["commands"])
            self._standing = {one.key: one for one in map(restored, state["standing"])}
            self._since = {symbol: _time(since) for symbol, since in state["since"].items()}
            self._left = {symbol: [_Left(_time(at), by) for at, by in each] for symbol, each in state["left"].items()}
            self._ended = set(state["ended"])
            if state["entry"] is not None:
                self._entry = PortfolioEntry.model_validate_json(state["entry"])
            config = self._config
            if config is not None and self._entry is not None:
                self._follower = Follower(config, self._entry.command, 0, state["follower"])
            self._barrier.patience_ms = _patience(config)

    def snapshot(self) -> Snapshot:
        """As primitives. Without parameters: the configuration comes with the data, and is state."""
        return {
            "schema_version": SCHEMA_VERSION,
            "barrier": self._barrier.snapshot(),
            "entry": None if self._entry is None else self._entry.model_dump_json(),
            "follower": None if self._follower is None else self._follower.snapshot(),
            "commands": self._commands.snapshot(),
            "standing": [primitives(one) for _, one in sorted(self._standing.items())],
            "since": {symbol: _or_none(since) for symbol, since in sorted(self._since.items())},
            "left": {
                symbol: [[_or_none(one.after_ms), one.command] for one in each]
                for symbol, each in sorted(self._left.items())
            },
            "ended": sorted(self._ended),
        }

    @property
    def finished(self) -> bool:
        """Never: a command that was carried out must be known where a symbol hears of it again."""
        return False

    @property
    def _config(self) -> PortfolioConfig | None:
        return None if self._entry is None else self._entry.config

    def on_batch(self, events: Iterable[Gathered]) -> list[Told]:
        """Take what symbols say, each in order; work every instant that is complete."""
        barrier = self._barrier
        for gathered in events:
            symbol = bare(gathered.symbol)
            for heard in gathered.heard:
                self._hear(symbol, heard)
            barrier.reached(symbol, gathered.until, gathered.reports)
            if gathered.heard or gathered.ends:
                self._look_who_speaks(symbol, gathered)
        out: list[Told] = []
        for instant in barrier.released():
            out += self._carry_out(instant.at_ms)
            out += self._work(instant)
        out += self._carry_out(barrier.complete_before(), removals=True)  # no instant may come after it
        return out

    def _hear(self, symbol: str, heard: Heard) -> None:
        record = heard.record
        if isinstance(record, PortfolioEntry) and symbol not in symbols_of(record):
            left = _Left(holds_from(record, -inf if heard.from_ms is None else heard.from_ms), record.command)
            self._left.setdefault(symbol, []).append(left)
        for other, after_ms in self._commands.hear(symbol, heard):
            self._barrier.expect(other, after_ms)

    def _look_who_speaks(self, symbol: str, gathered: Gathered) -> None:
        """Of those at whose symbol nothing is followed any more, wait for none but who has yet to hear of something."""
        self._ended.discard(symbol)
        if gathered.ends:
            self._ended.add(symbol)
            self._barrier.forget(symbol)
        for one in sorted(self._ended):
            if not self._commands.waits_for(one):
                self._barrier.forget(one)
            elif one == symbol:
                self._barrier.expect(symbol, gathered.until + 1)

    def _carry_out(self, before_ms: float, *, removals: bool = False) -> Iterator[Told]:
        """What takes effect before an instant."""
        while (due := self._commands.take(before_ms, removals=removals)) is not None:
            if isinstance(due.record, PortfolioEntry):
                yield from self._configure(due.record, due.since)
            elif self._follower is not None:
                self._follower.reset(Reset(due.record.command, None if due.since == -inf else int(due.since)))

    def _configure(self, entry: PortfolioEntry, since: float) -> Iterator[Told]:
        config, follower = entry.config, self._follower
        self._barrier.patience_ms = _patience(config)
        self._since = {one: self._since.get(one, since) for one in symbols_of(entry)}
        if config is None:
            if follower is not None and since > -inf:
                yield from follower.removed(int(since), entry.command)
            self._entry = self._follower = None
            return
        self._entry = entry
        if follower is None:
            self._follower = Follower(config, entry.command, 0 if since == -inf else int(since))
        else:
            follower.configured(config, entry.command)

    def _work(self, instant: Instant) -> list[Told]:
        """Members are followed; how others stand is kept, for they may become members."""
        at_ms, standing, follower = instant.at_ms, self._standing, self._follower
        late = [one for one in instant.late if not self._stands_beside(one)]
        reports = [one for one in instant.reports if not self._stands_beside(one)]
        self._let_go(at_ms)
        if follower is None or not (late or reports):
            return []
        told = {one.key for one in (*late, *reports)}
        joined = [key for key in sorted(standing) if self._is_followed(standing[key])]
        for key in joined:
            report = standing.pop(key)
            if key not in told:
                reports.append(report._replace(at_ms=at_ms, entry=None, fills=()))
        return follower.at(Instant(at_ms, sorted(reports, key=lambda one: one.key), late))

    def _stands_beside(self, report: Report) -> bool:
        """Whether it is of no member yet; how that stands is kept then."""
        if self._is_followed(report) and report.at_ms > self._since[bare(report.symbol)]:
            return False
        known = self._standing.get(report.key)
        if known is None or known.at_ms <= report.at_ms:
            self._standing[report.key] = report
            if report.next_ms is None:
                del self._standing[report.key]
        return True

    def _is_followed(self, report: Report) -> bool:
        """Whether its symbol is, and has heard of no end of that before."""
        symbol = bare(report.symbol)
        return symbol in self._since and not any(
            one.after_ms < report.at_ms and one.command in self._commands for one in self._left.get(symbol, ())
        )

    def _let_go(self, at_ms: int) -> None:
        """Forget how those stood whose symbol was left before an instant."""
        left_ms: dict[str, float] = {}
        for symbol, each in list(self._left.items()):
            past = [one.after_ms for one in each if one.after_ms < at_ms]
            if past:
                left_ms[symbol] = max(past)
                self._left[symbol] = [one for one in each if one.after_ms >= at_ms or one.command in self._commands]
            if not self._left[symbol]:
                del self._left[symbol]
        if left_ms:
            for key, report in list(self._standing.items()):
                if report.at_ms <= left_ms.get(bare(report.symbol), -inf):
                    del self._standing[key]


class _Left(NamedTuple):
    """A symbol has heard that a command leaves it out: what closes after a time is not for what was before."""

    after_ms: float
    command: str


def migrated(snapshot: Snapshot) -> Snapshot:
    """A snapshot in the form of today's, from whatever version.

    Version 1 may have names of symbols with a slash, and knows of no symbol when it was joined: its members are taken
    to have been there always. Who had been left by what waits is known by who had heard of it.

    Raises:
        SnapshotRefused: a version that is not known.
    """
    state = cast("dict[str, Any]", snapshot)
    if state["schema_version"] == 1:
        barrier, entry = state["barrier"], state["entry"]
        followed = set() if entry is None else symbols_of(PortfolioEntry.model_validate_json(entry))
        waiting = [[kept, {bare(one): at for one, at in heard.items()}, None] for kept, heard in state["commands"]]
        left: dict[str, list[list[Any]]] = {}
        for kept, heard, _ in waiting:
            record = read(kept).record
            for symbol in heard.keys() - symbols_of(record) if isinstance(record, PortfolioEntry) else ():
                after_ms = holds_from(record, _time(heard[symbol]))
                left.setdefault(symbol, []).append([_or_none(after_ms), record.command])
        return {
            **state,
            "schema_version": SCHEMA_VERSION,
            "barrier": {**barrier, "promises": {bare(one): at for one, at in barrier["promises"].items()}},
            "commands": {"waiting": waiting, "done": state["done"]},
            "since": dict.fromkeys(sorted(followed)),
            "left": left,
            "ended": [],
        }
    check_version("portfolio step", state["schema_version"], SCHEMA_VERSION)
    return snapshot


def _time(kept: float | None) -> float:
    """A time from a snapshot, which has None for before all."""
    return -inf if kept is None else kept


def _or_none(time: float) -> float | None:
    return None if time == -inf else time


def _patience(config: PortfolioConfig | None) -> int | None:
    return None if config is None or config.patience_seconds is None else config.patience_seconds * 1_000
