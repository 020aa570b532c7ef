"""The strategies and versions that exist, and what is wanted of them: the control log, worked record by record."""

from typing import overload

from operators.control.portfolios import Enlisted, Portfolios
from operators.control.records import ControlRecord
from operators.control.same_symbols import other_symbols
from operators.control.scheduled import Scheduled, superseded
from operators.control.watchlist import Listed, Watchlist
from operators.strategy.catalog import Catalog
from operators.strategy.runnable import unrunnable
from schemas.lifecycle import (
    MAX_REASON_LENGTH,
    NOTHING_YET,
    DesiredState,
    State,
    StrategyStatus,
    StrategyVersion,
)
from schemas.names import did_you_mean
from schemas.portfolio import PortfolioEntry, PortfolioReset
from schemas.problems import StrategyFileError
from schemas.watchlist import WatchlistEntry

MAX_REMEMBERED = 256
"""Commands of one strategy that are remembered, so that a repeat is known for one; the oldest are forgotten."""


class Registry:
    """What the control log says so far. Whoever applies the same records gets the same answers.

    A version is immutable: a second one with the same number and other contents is refused, one with the same contents
    is the same version, whoever sent it. Numbers follow one another. All versions of a strategy count the positions of
    the same symbols together, or of none. A desired state must name a version that exists.
    What was made from, or meant for, a version that is not current any more is refused as stale, so of two who act on
    the same state of things one wins. What is refused changes nothing, nor does what comes twice.

    Compaction keeps every version, and of desired states the newest alone. So nothing is refused as stale where no
    desired state is known: what it was judged by is gone, and it was judged.

    ``watchlist`` is the second part of the log: what was said of each symbol; ``portfolios`` the third.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._versions: dict[str, dict[int, StrategyVersion]] = {}
        self._highest: dict[str, int] = {}
        self._wanted: dict[str, list[Scheduled]] = {}
        self._commands: dict[str, dict[str, DesiredState]] = {}
        self.watchlist = Watchlist()
        self.portfolios = Portfolios()

    def versions(self, strategy: str) -> dict[int, StrategyVersion]:
        """The versions of a strategy by number, empty where there is no such strategy."""
        return dict(self._versions.get(strategy, {}))

    @property
    def strategies(self) -> tuple[str, ...]:
        """Every strategy with at least one version, sorted."""
        return tuple(sorted(self._versions))

    def wanted(self, strategy: str) -> list[Scheduled]:
        """The commands that count, oldest first; the last is the newest. Empty where none was accepted."""
        return list(self._wanted.get(strategy, []))

    def current(self, strategy: str) -> int | None:
        """The version that the newest command names; None before the first."""
        queue = self._wanted.get(strategy)
        return queue[-1].desired.version if queue else None

    def commands(self, strategy: str) -> tuple[DesiredState, ...]:
        """The accepted commands that are remembered, in the order of the log: not those that compaction removed."""
        return tuple(self._commands.get(strategy, {}).values())

    @overload
    def apply(self, record: StrategyVersion | DesiredState) -> StrategyStatus: ...

    @overload
    def apply(self, record: WatchlistEntry) -> Listed: ...

    @overload
    def apply(self, record: PortfolioEntry | PortfolioReset) -> Enlisted: ...

    @overload
    def apply(self, record: ControlRecord) -> StrategyStatus | Listed | Enlisted: ...

    def apply(self, record: ControlRecord) -> StrategyStatus | Listed | Enlisted:
        """Take one record; the answer is ``accepted``, or ``refused`` with the reason.

        An entry of the watchlist, or a record of a portfolio, concerns no strategy, so its answer is no status.
        """
        if isinstance(record, PortfolioEntry | PortfolioReset):
            return self.portfolios.apply(record)
        if isinstance(record, WatchlistEntry):
            return self.watchlist.apply(record)
        if isinstance(record, StrategyVersion):
            return self._take_version(record)
        return self._take_desired(record)

    def _take_version(self, record: StrategyVersion) -> StrategyStatus:
        versions = self._versions.get(record.strategy, {})
        highest = self._highest.get(record.strategy, 0)
        problem = None
        if record.config.id != record.strategy:
            problem = f"the configuration is of strategy {record.config.id!r}, not {record.strategy!r}"
        elif record.version in versions:
            if versions[record.version].config != record.config:
                problem = f"version {record.version} exists with other contents: a version is immutable"
                problem += self._instead(record.strategy)
        elif record.version > highest + 1:
            problem = f"version {record.version} would leave a gap: the next one is {highest + 1}"
        else:
            # A refused number counts as given: whoever reads the log after compaction may not know why it was refused.
            self._highest[record.strategy] = max(highest, record.version)
            problem = self._stale_base(record) or self._unusable(record)
        if problem is not None:
            return _refused(record, problem)
        self._versions.setdefault(record.strategy, {}).setdefault(record.version, record)
        return StrategyStatus(strategy=record.strategy, state=State.ACCEPTED, version=record.version)

    def _stale_base(self, record: StrategyVersion) -> str | None:
        current = self.current(record.strategy)
        if record.based_on is None or current is None or record.based_on == current:
            return None
        return f"it was made from version {record.based_on}{self._instead(record.strategy)}"

    def _unusable(self, record: StrategyVersion) -> str | None:
        problems = unrunnable(record.config) or other_symbols(record.config, self._versions.get(record.strategy, {}))
        if problems:  # asked first: a refused version must not be in the catalog, for its number is free again
            return str(StrategyFileError(record.strategy, problems))
        try:
            self._catalog.add(record)
        except StrategyFileError as error:
            return str(error)
        return None

    def _take_desired(self, record: DesiredState) -> StrategyStatus:
        versions = self._versions.get(record.strategy)
        if versions is None:
            hint = did_you_mean(record.strategy, self._versions)
            return _refused(record, f"there is no strategy {record.strategy!r}{hint}")
        version = versions.get(record.version)
        if version is None:
            have = ", ".join(map(str, sorted(versions)))
            return _refused(record, f"strategy {record.strategy!r} has no version {record.version}, it has {have}")
        commands = self._commands.setdefault(record.strategy, {})
        before = commands.get(record.command)
        if before is None:
            problem = self._stale(record)
            if problem is not None:
                return _refused(record, problem)
            queue = self._wanted.get(record.strategy, [])
            self._wanted[record.strategy] = superseded(queue, Scheduled(record, version))
            if len(commands) == MAX_REMEMBERED:
                del commands[next(iter(commands))]
            commands[record.command] = record
        elif before != record:
            return _refused(record, f"command {record.command} was given before, and said otherwise")
        return StrategyStatus(
            strategy=record.strategy,
            state=State.ACCEPTED,
            version=record.version,
            generation=record.generation,
            command=record.command,
            reason=f"{record.state} is wanted",
        )

    def _stale(self, record: DesiredState) -> str | None:
        current, expected = self.current(record.strategy), record.expected_version
        if current is None:
            return None
        if expected is not None and expected != current:
            meant = "while no version was current" if expected == NOTHING_YET else f"for version {expected}"
            return f"it was meant {meant}{self._instead(record.strategy)}"
        newest = self._wanted[record.strategy][-1].desired
        if record.follows is not None and record.follows != newest.command:
            return (
                f"it follows command {record.follows}, and command {newest.command} has come since: version {current} "
                f"is to be {newest.state}"
            )
        return None

    def _instead(self, strategy: str) -> str:
        """Which version is current, and by whom, to end a refusal with."""
        current = self.current(strategy)
        if current is None:
            return ""
        newest = self._wanted[strategy][-1].desired
        return f"; version {current} is current" + (f" (by {newest.author})" if newest.author else "")


def _refused(record: StrategyVersion | DesiredState, reason: str) -> StrategyStatus:
    desired = record if isinstance(record, DesiredState) else None
    return StrategyStatus(
        strategy=record.strategy,
        state=State.REFUSED,
        version=record.version,
        generation=desired.generation if desired else 0,
        command=desired.command if desired else None,
        reason=reason[:MAX_REASON_LENGTH],
    )
