"""Portfolios as something to read and to change: written to the control topic, read back, judged as workers do."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from dataflows.control_client import UNSIGNED, Signature
from dataflows.control_desk import ControlDesk, wall_clock
from dataflows.errors import CommandRefused
from dataflows.settings import Settings
from operators.risk.roster import Deployed, Roster, roster
from schemas.names import did_you_mean
from schemas.portfolio import PortfolioConfig, PortfolioEntry, PortfolioReset

Done: TypeAlias = Literal["added", "changed", "removed", "unchanged"]


@dataclass(frozen=True)
class Change:
    """What became of a portfolio: ``entry`` is what counts now."""

    done: Done
    entry: PortfolioEntry


class PortfolioClient:
    """Reads what the control topic says of portfolios and adds to it. One per command line call.

    What it adds it reads back: a change returns once it is accepted, by the rules that every worker follows. ``now`` is
    as for ControlDesk, which also says what it raises.
    """

    def __init__(self, settings: Settings, *, now: Callable[[], datetime] = wall_clock) -> None:
        self._desk = ControlDesk(settings, now=now)
        self._topic = self._desk.topic

    @property
    def entries(self) -> dict[str, PortfolioEntry]:
        """The entry of every portfolio that is there, sorted by id."""
        return {name: one for name, one in self._topic.portfolios.entries.items() if one.config is not None}

    def entry(self, portfolio: str) -> PortfolioEntry:
        """What is said of a portfolio; CommandRefused with the nearest id where there is none."""
        entry = self.entries.get(portfolio)
        if entry is None:
            end = did_you_mean(portfolio, self.entries) if self.entries else ": there is none"
            raise CommandRefused(
                f"there is no portfolio {portfolio!r}{end}; `candelabra portfolio list` shows what there is, and "
                "`candelabra portfolio apply FILE` adds one"
            )
        return entry

    def roster(self, config: PortfolioConfig) -> Roster:
        """Which strategies a portfolio follows, by what is deployed, and what is doubtful about it."""
        others = [one for name, one in self._topic.portfolios.configs.items() if name != config.id]
        watchlist = {symbol: one for symbol, one in self._topic.watchlist.entries.items() if one.asset is not None}
        return roster(config, self._deployed(), watchlist, others=others)

    def apply(
        self, config: PortfolioConfig, *, effective_from: datetime | None = None, signature: Signature = UNSIGNED
    ) -> Change:
        """Let a portfolio be as it is given; what is said already is not sent again.

        Raises:
            CommandRefused: it names no symbols, or is too long to send.
        """
        before = self.entries.get(config.id)
        if before is not None and before.config == config and effective_from is None:
            return Change("unchanged", before)
        begins = self._desk.begins(effective_from)
        entry = PortfolioEntry(portfolio=config.id, config=config, effective_from=begins, **self._desk.stamp(signature))
        self._add(entry)
        return Change("added" if before is None else "changed", entry)

    def remove(self, portfolio: str, *, signature: Signature = UNSIGNED) -> Change:
        """Take a portfolio away, from the next close of its symbols on.

        Raises:
            CommandRefused: there is no such portfolio.
        """
        self.entry(portfolio)
        entry = PortfolioEntry(portfolio=portfolio, config=None, **self._desk.stamp(signature))
        self._add(entry)
        return Change("removed", entry)

    def reset(
        self, portfolio: str, *, effective_from: datetime | None = None, signature: Signature = UNSIGNED
    ) -> PortfolioReset:
        """Lift a portfolio's kill switch.

        Raises:
            CommandRefused: there is no such portfolio.
        """
        self.entry(portfolio)
        begins = self._desk.begins(effective_from)
        reset = PortfolioReset(portfolio=portfolio, effective_from=begins, **self._desk.stamp(signature))
        self._add(reset)
        return reset

    def _deployed(self) -> dict[str, Deployed]:
        """Every strategy there is, as its newest command has it."""
        found = {}
        for name in self._topic.strategies:
            registry = self._topic.registry_of(name)
            versions, wanted = registry.versions(name), registry.wanted(name)
            number = registry.current(name) or max(versions)
            found[name] = Deployed(versions[number].config, wanted[-1].desired.state if wanted else "accepted")
        return found

    def _add(self, record: PortfolioEntry | PortfolioReset) -> None:
        answer = self._topic.add_portfolio(record)
        if answer.refusal:
            raise CommandRefused(f"{record.portfolio}: {answer.refusal}")
