"""Rules on the data: how often each holds, and those that never do, always do, or can never matter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import numpy as np

from dataflows.check.parts import idle_parts, parts_of, why_always, why_never
from dataflows.check.reach import candles_until_ready
from dataflows.check.remark import Remark, Severity
from dataflows.check.run import Floats, Outcome
from dataflows.check.series import Series, longer
from dataflows.check.verdicts import Flags, verdicts
from operators.indicators.identity import Indicator
from operators.strategy.compile import CompiledRule, CompiledStrategy
from operators.strategy.hits import may_act
from operators.strategy.position import SIDE
from schemas.record import from_milliseconds

Fires = Literal["at times", "never", "always", "not ready", "not asked"]

_SIGN = {"long": 1.0, "short": -1.0}
_MOST_IDLE_PARTS = 3


@dataclass
class RuleOnData:
    """What a rule did on one series.

    Attributes:
        rule: its id.
        type: entry or exit, and the side.
        fires: whether its condition holds at times, never, always; is never ready; or, reading a position that there
            never was, was never asked.
        ready: candles at which it was ready.
        held: candles at which its condition held. Of a rule that reads the position, those at which the engine asks it.
        asked: candles at which the engine asks it: an entry while its side is not held, an exit while it is, and not
            at a bar that lacks candles unless the strategy says so.
        held_when_asked: candles at which it was asked and its condition held.
        signals: signals that it made.
        first: open time of the first candle at which its condition held.
        remarks: what is the matter with it.
    """

    rule: str
    type: str
    fires: Fires
    ready: int
    held: int
    asked: int
    held_when_asked: int
    signals: int
    first: datetime | None
    remarks: list[Remark] = field(default_factory=list)

    def per_thousand(self, candles: int) -> float:
        """Signals for every 1,000 candles."""
        return 1_000 * self.signals / candles


def all_rules(strategy: CompiledStrategy) -> list[CompiledRule]:
    """Entries, then exits."""
    return [*strategy.entries, *strategy.exits["long"], *strategy.exits["short"]]


def rules_on_data(
    strategy: CompiledStrategy, indicators: Sequence[Indicator], series: Series, whole: Outcome
) -> list[RuleOnData]:
    """What every rule did over a run. ``whole`` has the columns of the position that the strategy had."""
    needs = {column: candles_until_ready(one, series.timeframe) for one in indicators for column in one.columns}
    return [_rule(strategy, rule, needs, series, whole) for rule in all_rules(strategy)]


def _rule(
    strategy: CompiledStrategy, rule: CompiledRule, needs: Mapping[str, int], series: Series, whole: Outcome
) -> RuleOnData:
    bars = len(whole.open_times)
    operands = [whole.operand(column, lag) for column, lag in rule.operands]
    said = verdicts(rule, operands, bars)
    adds = strategy.config.execution.scale_in is not None
    asked = _asked(rule, whole.columns[SIDE], adds=adds)
    if not may_act(strategy.config.partial_bars, rule.type):
        asked[whole.partial] = False
    judged = said.ready & asked if rule.reads_position else said.ready
    holds = said.holds & judged
    found = RuleOnData(
        rule=rule.id,
        type=f"{rule.type} {rule.side}",
        fires=_fires(holds, judged, asked, said.ready),
        ready=int(said.ready.sum()),
        held=int(holds.sum()),
        asked=int(asked.sum()),
        held_when_asked=int((holds & asked).sum()),
        signals=sum(one.rule == rule.id for one in whole.signals),
        first=from_milliseconds(whole.open_times[int(holds.argmax())]) if holds.any() else None,
    )
    judge = _Judge(rule, series, bars, found)
    longest = max((needs.get(column, 0) for column, _ in rule.operands), default=0)
    judge.condition(strategy, operands, np.flatnonzero(judged).tolist(), longest)
    judge.place(strategy, refused=bool(whole.refused))
    return found


def _asked(rule: CompiledRule, side: Floats, *, adds: bool) -> Flags:
    held: Flags = side == _SIGN[rule.side]
    if rule.type == "exit":
        return held
    return np.ones_like(held) if adds else ~held


def _fires(holds: Flags, judged: Flags, asked: Flags, ready: Flags) -> Fires:
    if not ready.any():
        return "not ready" if asked.any() else "not asked"
    if not judged.any():
        return "not asked"
    if not holds.any():
        return "never"
    return "always" if holds[judged].all() else "at times"


class _Judge:
    """Says what is the matter with one rule on one series."""

    def __init__(self, rule: CompiledRule, series: Series, bars: int, found: RuleOnData) -> None:
        self._rule = rule
        self._series = series
        self._bars = bars
        self._found = found

    def condition(
        self, strategy: CompiledStrategy, operands: Sequence[Floats], judged: Sequence[int], needs: int
    ) -> None:
        """What its condition did."""
        found, count = self._found, f"{len(judged):,} candles"
        if found.fires == "not ready":
            self._say(
                "finding",
                f"is never ready on these {self._bars:,} candles: its indicators take about {needs:,} "
                f"candles before their first value; {longer(self._series)}",
            )
            return
        if found.fires == "not asked":
            self._say("note", f"reads the position and was never asked: no {self._rule.side} position was ever open")
            return
        whole = parts_of(self._rule, operands, judged)
        if whole is None:
            return
        if found.fires == "never":
            severity: Severity = "note" if self._is_a_stop(strategy) else "finding"
            self._say(severity, f"never fires on the {count} at which it is ready: {_joined(why_never(whole))}")
        elif found.fires == "always":
            self._say("finding", f"fires at each of the {count} at which it is ready: {_joined(why_always(whole))}")
        else:
            for text in list(idle_parts(whole))[:_MOST_IDLE_PARTS]:
                self._say("note", text)

    def place(self, strategy: CompiledStrategy, *, refused: bool) -> None:
        """Whether it can ever matter, where it stands among the others."""
        rule, found = self._rule, self._found
        if rule.type == "exit" and all(entry.side != rule.side for entry in strategy.entries):
            self._say("finding", f"can never be reached: it leaves a {rule.side} position, and no entry opens one")
        elif rule.type == "exit" and found.fires in {"at times", "always"} and not found.asked:
            self._say("note", f"was never reached: no {rule.side} position was ever open")
        elif rule.type == "exit" and found.held and not found.held_when_asked:
            self._say(
                "finding",
                f"is never reached: it held at {found.held:,} candles, at none of the {found.asked:,} at which a "
                f"{rule.side} position was open",
            )
        elif found.held_when_asked and not found.signals:
            others = "exits" if rule.type == "exit" else "entries"
            if rule.type == "entry" and refused:
                others = "it was refused, or other entries"
            self._say("note", f"held at {found.held_when_asked:,} candles, and {others} before it always came first")
        if (
            rule.type == "entry"
            and not strategy.exits[rule.side]
            and not _ends_without_rule(strategy)
            and all(entry.side == rule.side for entry in strategy.entries)
        ):
            self._say("note", f"no rule ever closes its {rule.side} position: only a stop of the strategy does")

    def _is_a_stop(self, strategy: CompiledStrategy) -> bool:
        """Whether it is there for when things go wrong: that it was not needed yet is no fault of it."""
        rule = self._rule
        return rule.type == "exit" and rule.reads_position and len(strategy.exits[rule.side]) > 1

    def _say(self, severity: Severity, message: str) -> None:
        self._found.remarks.append(Remark(severity, "rules", self._rule.id, message, self._series.name))


def _ends_without_rule(strategy: CompiledStrategy) -> bool:
    """Whether its risk section ends a position."""
    risk = strategy.config.risk
    return risk is not None and any((risk.stop_loss, risk.take_profit, risk.trailing_stop, risk.max_bars_held))


def _joined(causes: Sequence[str]) -> str:
    return "; ".join(dict.fromkeys(causes))
