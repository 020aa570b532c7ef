"""One portfolio: what all its symbols say in, instant by instant in the order of event time, and what it does out."""

from collections.abc import Iterable, Iterator
from math import inf
from typing import Any, Final, NamedTuple, cast

from operators.events import Heard
from operators.lift import Snapshot
from operators.market.portfolio_rolls import read, written
from operators.risk.barrier import Barrier, Instant
from operators.risk.follower import Follower, Told
from operators.risk.gathering import Gathered
from operators.risk.kill_switch import Reset
from operators.risk.report import Report, primitives, restored
from operators.snapshot import check_version
from schemas.portfolio import PortfolioConfig, PortfolioEntry, PortfolioReset
from schemas.record import to_milliseconds

SCHEMA_VERSION: Final = 1
"""Of the snapshot: the first. A change of its form raises it, and brings a ``migrated`` from every version before, as
``operators.market.step`` has; what is of another version is refused."""

_REMEMBERED: Final = 64
"""Commands that were carried out, so that one is known which a symbol hears of late."""


class PortfolioStep:
    """Key ``portfolio:ID``. Waits at each instant for all of its symbols, then works it; see ``Follower``.

    What is wanted of it takes effect at the first instant after every symbol concerned has heard of it: those of the
    configuration before and of the one that comes. Each symbol hears of it at a place in its feed that never changes,
    so that instant is the same however things come. It takes members on as they stand then.

    State: the follower's, the barrier's, what was heard and is not in force yet, and how those stand who are not
    members yet.
    """

    def __init__(self, resume: Snapshot | None = None) -> None:
        self._barrier = Barrier()
        self._entry: PortfolioEntry | None = None
        self._follower: Follower | None = None
        self._commands: dict[str, _Command] = {}
        self._done: list[str] = []
        self._standing: dict[str, Report] = {}
        if resume is not None:
            state = cast("dict[str, Any]", resume)  # written by snapshot() below
            check_version("portfolio step", state["schema_version"], SCHEMA_VERSION)
            promises = {_bare(symbol): next_ms for symbol, next_ms in state["barrier"]["promises"].items()}
            self._barrier = Barrier(resume={**state["barrier"], "promises": promises})
            for kept, heard in state["commands"]:
                known = read(kept)
                self._commands[known.record.command] = _Command(
                    known, {_bare(symbol): since for symbol, since in heard.items()}
                )
            self._done = list(state["done"])
            self._standing = {one.key: one for one in map(restored, state["standing"])}
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
            "commands": [  # in the order of the log, which is told by nothing else where two are of one time
                [written(one.what), dict(sorted(one.heard.items()))] for one in self._commands.values()
            ],
            "done": list(self._done),
            "standing": [primitives(one) for _, one in sorted(self._standing.items())],
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
            symbol = _bare(gathered.symbol)
            for heard in gathered.heard:
                self._hear(symbol, heard)
            barrier.reached(symbol, gathered.until, gathered.reports)
            if gathered.ends:
                barrier.forget(symbol)
                if any(symbol in one.unheard for one in self._commands.values()):
                    barrier.expect(symbol, gathered.until + 1)
        out: list[Told] = []
        for instant in barrier.released():
            out += self._carry_out(instant.at_ms)
            out += self._work(instant)
        if barrier.idle:
            out += self._carry_out(inf, removals=True)
        return out

    def _hear(self, symbol: str, heard: Heard) -> None:
        record = heard.record
        if record.command in self._done:
            return
        known = self._commands.get(record.command)
        if known is None:
            known = self._commands[record.command] = _Command(heard._replace(from_ms=None), {})
        known.heard.setdefault(symbol, heard.from_ms)
        if isinstance(record, PortfolioEntry) and record.config is not None:
            for unheard in known.unheard:
                self._barrier.expect(unheard, heard.from_ms)

    def _carry_out(self, before_ms: float, *, removals: bool = False) -> Iterator[Told]:
        """What takes effect before an instant, in order of event time, then of the log."""
        while True:
            due = [one for one in self._commands.values() if one.is_known and one.since < before_ms]
            if removals:
                due = [one for one in due if one.removes]
            if not due:
                return
            first = min(due, key=lambda one: (one.since, one.is_reset, self._place(one)))
            self._finish(first.command)
            record = first.what.record
            if isinstance(record, PortfolioEntry):
                self._supersede(first.what.after)
                yield from self._configure(record, first.since)
            elif self._follower is not None:
                self._follower.reset(Reset(record.command, None if first.since == -inf else int(first.since)))

    def _place(self, command: "_Command") -> int:
        """How many commands that are known, one after another, come before it in the log."""
        place, before = 0, command.what.after
        while before is not None and (known := self._commands.get(before)) is not None:
            place, before = place + 1, known.what.after
        return place

    def _supersede(self, command: str | None) -> None:
        """What came before in the log takes effect no more, whatever its time."""
        while command is not None and (known := self._commands.get(command)) is not None:
            self._finish(command)
            command = known.what.after

    def _finish(self, command: str) -> None:
        del self._commands[command]
        self._done = [*self._done, command][-_REMEMBERED:]

    def _configure(self, entry: PortfolioEntry, since: float) -> Iterator[Told]:
        config, follower = entry.config, self._follower
        self._barrier.patience_ms = _patience(config)
        if config is None:
            if follower is not None and since > -inf:
                yield from follower.removed(int(since), entry.command)
            self._entry = self._follower = None
            self._standing.clear()
            return
        self._entry = entry
        if follower is None:
            self._follower = Follower(config, entry.command, 0 if since == -inf else int(since))
        else:
            follower.configured(config, entry.command)

    def _work(self, instant: Instant) -> list[Told]:
        """Members are followed; how others stand is kept, for they may become members."""
        config, follower, standing = self._config, self._follower, self._standing
        symbols = set() if config is None else set(map(_bare, config.symbols))
        told = {report.key for report in (*instant.late, *instant.reports) if _bare(report.symbol) in symbols}
        joined = [
            standing.pop(key)._replace(at_ms=instant.at_ms, entry=None, fills=())
            for key in sorted(standing)
            if _bare(standing[key].symbol) in symbols
        ]
        for report in (*instant.late, *instant.reports):
            known = standing.get(report.key)
            if _bare(report.symbol) in symbols or (known is not None and known.at_ms > report.at_ms):
                continue
            standing[report.key] = report
            if report.next_ms is None:
                del standing[report.key]
        if follower is None:
            return []
        reports = [one for one in joined if one.key not in told]
        reports += [one for one in instant.reports if _bare(one.symbol) in symbols]
        late = [one for one in instant.late if _bare(one.symbol) in symbols]
        return follower.at(Instant(instant.at_ms, sorted(reports, key=lambda one: one.key), late))


class _Command(NamedTuple):
    """What is wanted, and by symbol, bare, from when on it knows of it; None before its first candle."""

    what: Heard
    heard: dict[str, int | None]

    @property
    def command(self) -> str:
        return self.what.record.command

    @property
    def is_reset(self) -> bool:
        return isinstance(self.what.record, PortfolioReset)

    @property
    def removes(self) -> bool:
        record = self.what.record
        return isinstance(record, PortfolioEntry) and record.config is None

    @property
    def unheard(self) -> set[str]:
        """Its own symbols that have not heard of it: they will, so they are waited for."""
        record = self.what.record
        config = record.config if isinstance(record, PortfolioEntry) else None
        return set() if config is None else set(map(_bare, config.symbols)) - self.heard.keys()

    @property
    def is_known(self) -> bool:
        """Whether every symbol concerned has heard of it."""
        return set(map(_bare, self.what.concerned)) <= self.heard.keys()

    @property
    def since(self) -> float:
        """It takes effect at the first instant after this one."""
        heard = [self.heard[_bare(one)] for one in self.what.concerned]
        times: list[float] = [-inf, *(one for one in heard if one is not None)]
        effective_from = self.what.record.effective_from
        if effective_from is not None and not self.removes:
            times.append(to_milliseconds(effective_from))
        return max(times)


def _bare(symbol: str) -> str:
    """A slash in the name of a symbol does not count."""
    return symbol.replace("/", "")


def _patience(config: PortfolioConfig | None) -> int | None:
    return None if config is None or config.patience_seconds is None else config.patience_seconds * 1_000
