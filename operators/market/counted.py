"""Strategies whose positions are counted together: what a symbol has for their series goes to one place."""

from collections.abc import Iterable
from typing import Any

from operators.events import Command, Reached, Shared
from operators.market.schedule import Schedule
from operators.snapshot import SnapshotRefused
from schemas.lifecycle import StrategyVersion


class Counted:
    """The strategies whose positions on this symbol count together with those on the others that they name.

    All that the market sends to a series of one goes to the strategy, and after each go how far the symbol has come:
    only who knows that of all symbols can work their items in one order. It goes on for good, running or stopped, for
    nobody can know which of the other symbols has heard of a stop by now.

    State: ``strategies``.

    Attributes:
        strategies: those, with the symbols that each names.
        is_at_work: whether one of them is in force here, or will be: then anything may come for it.
    """

    def __init__(self, resume: Iterable[tuple[str, Iterable[str]]] = ()) -> None:
        self.strategies = {strategy: tuple(symbols) for strategy, symbols in resume}
        self.is_at_work = False
        self._until: dict[str, int] = {}

    @classmethod
    def restored(cls, state: list[Any] | None, schedule: Schedule, symbol: str) -> "Counted":
        """What ``snapshot`` gave; None is of a release that counted none of them together.

        Raises:
            SnapshotRefused: one of that release is in force, whose positions are elsewhere.
        """
        if state is not None:
            counted = cls(state)
            counted.look_at(schedule)
            return counted
        for one in schedule.present():
            if one.version.config.counted_together:
                raise SnapshotRefused(
                    f"market of {symbol}: expected no strategy in force with risk.limits.max_concurrent_positions, got "
                    f"{one.desired.strategy!r}, which an earlier release traded on each series by itself. Stop it "
                    "under that release and start it again under this one, or begin anew with --cold"
                )
        counted = cls()
        for waiting in schedule.waiting():
            counted._take(symbol, waiting.version)
        counted.look_at(schedule)
        return counted

    def snapshot(self) -> list[list[Any]]:
        """As primitives."""
        return [[strategy, list(among)] for strategy, among in sorted(self.strategies.items())]

    def command(self, command: Command) -> None:
        """Hear of a command, whatever becomes of it here."""
        self._take(command.symbol, command.version)

    def look_at(self, schedule: Schedule) -> None:
        """See who is in force by now, or waits to be."""
        if self.strategies:
            here = (*schedule.present(), *schedule.waiting())
            self.is_at_work = any(one.desired.strategy in self.strategies for one in here)

    def wrapped(self, out: list[Any], symbol: str, watermark: int | None) -> list[Any]:
        """What the market emits in one go (``out``, changed), with what is for these strategies on its way to them.

        ``watermark``: up to when (event time, milliseconds) everything has closed; None while time may go back.
        """
        if not self.strategies:
            return out
        for place, item in enumerate(out):
            if type(item) is tuple:
                key, event = item
                strategy = key[: key.index("|")]
                if strategy in self.strategies:
                    out[place] = Shared(strategy, key, event)
        if watermark is not None:
            for strategy, among in self.strategies.items():
                if self._until.get(strategy) != watermark:
                    self._until[strategy] = watermark
                    out.append(Reached(strategy, symbol, watermark, among))
        return out

    def _take(self, symbol: str, version: StrategyVersion) -> None:
        among = version.config.counted_together
        if symbol.replace("/", "") in among:
            self.strategies.setdefault(version.strategy, tuple(sorted(among)))
