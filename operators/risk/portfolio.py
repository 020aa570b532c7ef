"""Strategies together: one instant after the other in, who may enter and who has to leave out."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from operators.risk.barrier import Instant
from operators.risk.conflict import Conflicts, conflict
from operators.risk.daily_loss import DailyLoss
from operators.risk.exposure import Exposures
from operators.risk.kill_switch import Reset, Switch
from operators.risk.member import Member, gone, member, member_after
from operators.risk.portfolio_limits import amounts, exceeded
from operators.risk.refusal import Refusal
from operators.risk.report import Entry, Report
from operators.risk.sizes import may_open
from operators.risk.verdict import Allowed, Leave, Lifted, Refused, Tripped, Verdict
from operators.snapshot import check_parameters, check_version, fingerprint
from schemas.portfolio import PortfolioConfig

SCHEMA_VERSION: Final = 1


class Portfolio:
    """Key ``portfolio``. A state machine of instants, as ``operators.risk.barrier`` releases them.

    At an instant everything is learnt first: a reset that is due, then what all reports say. Equity is that of all
    members together; one that joins or leaves is neither gain nor loss. Then the kill switch is looked at, and whoever
    has to leave is told. Then entries are asked one by one, by key (under ``priority`` by rank, then key), each in view
    of what those before it were allowed. The first of these that speaks against one refuses it:

    1. a report that is late;
    2. the kill switch, until a reset;
    3. ``max_daily_loss``, for the rest of the UTC day;
    4. ``max_concurrent_positions`` of its strategy;
    5. strategies on the other side, see ``Conflicts``;
    6. exposures and heat. An entry that makes an exposure no larger is not refused by it, whatever it is.

    An entry that was allowed counts as if it were filled until its key reports again, a position that has to make room
    as if it were gone.

    With ``flatten`` a switch that has tripped tells every member to leave that holds something or is about to, at that
    instant or at a later one; with ``freeze`` nobody. Nothing else ever touches an open position but ``priority``.

    State: what is known of each member, equity's references, the switch. Sums are not state: they are exact.

    Args:
        config: the portfolio.
        now_ms: event time at which it begins, milliseconds.
        resume: what ``snapshot`` gave; SnapshotRefused where that was of another configuration.
    """

    def __init__(self, config: PortfolioConfig, now_ms: int, resume: dict[str, Any] | None = None) -> None:
        state: dict[str, Any] = {} if resume is None else resume
        self._take(config)
        if resume is not None:
            check_version("portfolio", state["schema_version"], SCHEMA_VERSION)
            check_parameters(f"portfolio {config.id!r}", state["parameters"], self._parameters)
        for key, written in state.get("members", {}).items():
            self._exposures.put(key, Member(*written))
        self._day = DailyLoss(config.limits.max_daily_loss, now_ms, 0.0, state.get("day"))
        self._switch = Switch(config.kill_switch, now_ms, 0.0, state.get("switch"))
        self._leaving: set[str] = set(state.get("leaving", ()))
        self._resets = [Reset(*one) for one in state.get("resets", ())]
        self._last_reset: str | None = state.get("last_reset")

    def _take(self, config: PortfolioConfig) -> None:
        self._config = config
        self._parameters: dict[str, object] = {"config": fingerprint(config.model_dump(mode="json"))}
        self._conflicts = Conflicts(config)
        self._exposures = Exposures(config.groups)

    def snapshot(self) -> dict[str, Any]:
        """As primitives."""
        return {
            "schema_version": SCHEMA_VERSION,
            "parameters": {**self._parameters},
            "members": {key: list(one) for key, one in sorted(self._exposures.members.items())},
            "day": self._day.snapshot(),
            "switch": self._switch.snapshot(),
            "leaving": sorted(self._leaving),
            "resets": [list(one) for one in self._resets],
            "last_reset": self._last_reset,
        }

    @property
    def exposures(self) -> Exposures:
        """What its members hold, and their sums. To be read alone."""
        return self._exposures

    @property
    def daily_loss(self) -> float:
        """Since 00:00 UTC, fraction of equity at that time; 0 for a gain."""
        return self._day.loss

    @property
    def drawdown(self) -> float:
        """From the highest equity since the beginning or the last reset, fraction of it."""
        return self._switch.drawdown

    @property
    def tripped(self) -> Refusal | None:
        """Why the kill switch has tripped; None where it has not."""
        return self._switch.tripped

    def configured(self, config: PortfolioConfig) -> None:
        """Another configuration, from the next instant on. A switch that has tripped stays so, references stay."""
        day, switch, members = self._day.snapshot(), self._switch.snapshot(), self._exposures.members
        self._take(config)
        for key, one in members.items():
            self._exposures.put(key, one)
        self._day = DailyLoss(config.limits.max_daily_loss, 0, 0.0, day)
        self._switch = Switch(config.kill_switch, 0, 0.0, switch)

    def reset(self, command: Reset) -> None:
        """Lift the kill switch in time, and count losses from there. Where it has not tripped by then it does nothing.

        One that comes again, as the newest of a compacted topic does, does nothing either.
        """
        if command.command != self._last_reset:
            self._last_reset = command.command
            self._resets.append(command)

    def filled(self, report: Report) -> None:
        """What came of a verdict at the very close that it was given at; losses are measured with the next instant."""
        self._exposures.put(report.key, member(report))
        if not (report.quantity or report.coming):
            self._leaving.discard(report.key)

    def violated(self, now_ms: int) -> list[Refusal]:
        """What is beyond its limit at an instant: the switch, the day, and exposures, which prices alone may drive."""
        equity, limits = self._exposures.equity, self._config.limits
        found = [exceeded(one, equity) for one in amounts(limits, self._exposures, self._exposures.symbols)]
        return [one for one in (self._switch.tripped, self._day.refusal(now_ms), *found) if one is not None]

    def at(self, instant: Instant) -> list[Verdict]:
        """Work one instant, later than all before."""
        out: list[Verdict] = [*self._lift(instant.at_ms)]
        self._learn(instant)
        out += self._stop(instant.at_ms)
        out += [
            Refused(report.key, instant.at_ms, Refusal("late", instant.at_ms, report.at_ms))
            for report in instant.late
            if report.entry is not None
        ]
        asking = [
            (report, report.entry)
            for report in instant.reports
            if report.entry is not None and report.next_ms is not None
        ]
        asking.sort(key=lambda one: (self._conflicts.turn(one[0].strategy), one[0].key))
        for report, entry in asking:
            out += self._asked(report, entry)
        return out

    def _lift(self, at_ms: int) -> Iterator[Verdict]:
        due = [one for one in self._resets if one.from_ms is None or one.from_ms < at_ms]
        self._resets = [one for one in self._resets if one not in due]
        if due and self._switch.tripped is not None:
            self._switch.reset(at_ms - 1)
            self._day.begin(at_ms - 1, self._exposures.equity)
            self._leaving.clear()
            yield Lifted(at_ms, due[-1].command)

    def _learn(self, instant: Instant) -> None:
        """Equity of those who are and stay members is a result; that of all others has come or goes."""
        exposures = self._exposures
        newest: dict[str, Report] = {}
        ended: dict[str, Report] = {}
        for report in (*instant.late, *instant.reports):
            before = newest.get(report.key)
            if before is not None and before.next_ms is None and report.next_ms is not None:
                ended.setdefault(report.key, before)  # and begins anew
            newest[report.key] = report
        joined = [report for key, report in newest.items() if key not in exposures.members or key in ended]
        left = [key for key, report in newest.items() if report.next_ms is None]
        for key, report in newest.items():
            if key in exposures.members:
                exposures.put(key, member(ended.get(key, report)))
        self._day.marked(instant.at_ms, exposures.equity)
        self._switch.marked(instant.at_ms, exposures.equity)
        for report in joined:
            exposures.put(report.key, member(report))
        for key in left:
            exposures.put(key, None)
        if joined or left:
            self._day.flowed(exposures.equity)
            self._switch.flowed(exposures.equity)
        self._leaving -= ended.keys()
        self._leaving -= {key for key, one in newest.items() if key in left or not (one.quantity or one.coming)}

    def _stop(self, at_ms: int) -> Iterator[Verdict]:
        """Say that the switch has tripped, once, and to whoever it concerns that they have to leave."""
        cause, config = self._switch.tripped, self._config.kill_switch
        if cause is None or config is None:
            return
        if not self._switch.told:
            self._switch.told = True
            yield Tripped(at_ms, cause, config.action)
        if config.action == "flatten":
            for key, one in sorted(self._exposures.members.items()):
                if one.value and key not in self._leaving:
                    self._leaving.add(key)
                    yield Leave(key, at_ms, cause)

    def _asked(self, report: Report, entry: Entry) -> Iterator[Verdict]:
        key, at_ms, members = report.key, report.at_ms, self._exposures.members
        after = member_after(report, entry)
        standing = self._conflicts.standing(after, self._exposures)
        before = {one: members[one] for one in (key, *standing.make_room)}
        refusal = self._stopped(at_ms) or self._too_many(report, entry) or standing.refusal
        if refusal is None:
            refusal = self._too_much(key, after, standing.make_room)
        if refusal is not None:
            for one, was in before.items():
                self._exposures.put(one, was)
            yield Refused(key, at_ms, refusal)
            return
        for one in standing.make_room:
            if one not in self._leaving:
                self._leaving.add(one)
                yield Leave(one, at_ms, conflict(1, report.strategy))
        yield Allowed(key, at_ms)

    def _stopped(self, at_ms: int) -> Refusal | None:
        tripped = self._switch.tripped
        return self._day.refusal(at_ms) if tripped is None else tripped

    def _too_many(self, report: Report, entry: Entry) -> Refusal | None:
        if self._exposures.members[report.key].value:
            return None
        return may_open(entry.most_positions, self._exposures.positions_of(report.strategy), report.strategy)

    def _too_much(self, key: str, after: Member, make_room: Sequence[str]) -> Refusal | None:
        """What it would be too much of. Members are put as they would be, and left so.

        It is compared to what would be without the entry: those gone who make room, and this one too where it turns.
        """
        exposures, limits, symbols = self._exposures, self._config.limits, [after.symbol]
        turned = exposures.members[key].value * after.value < 0
        for one in (*make_room, *((key,) if turned else ())):
            exposures.put(one, gone(exposures.members[one]))
        before = [one.value for one in amounts(limits, exposures, symbols)]
        exposures.put(key, after)
        for one, was in zip(amounts(limits, exposures, symbols), before, strict=True):
            refusal = exceeded(one, exposures.equity) if one.value > was else None
            if refusal is not None:
                return refusal
        return None
