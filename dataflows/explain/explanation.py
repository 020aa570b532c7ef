"""The answer to "why did it do that?", and to "why did it do nothing?": the same facts for people and for machines."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

from dataflows.explain.bar import AtBar
from dataflows.explain.instant import Match
from operators.strategy.at_bar import Asked
from operators.strategy.compile import CompiledRule, CompiledStrategy
from operators.strategy.hits import may_act
from operators.strategy.said import Part, parts, rule_scope
from schemas.lifecycle import State
from schemas.record import Record, from_milliseconds, to_milliseconds
from schemas.signal import Position
from schemas.signal_config import RuleType, Side


@dataclass(frozen=True)
class RuleSaid:
    """A rule at the bar.

    Attributes:
        rule: its id.
        type: ``entry`` or ``exit``.
        side: what it enters or leaves.
        condition: its text.
        asked: whether it was asked at all; ``why_not`` says why where it was not.
        holds: what it said; None where it was not ready, raised, or was not asked.
        acted: whether a signal came of it.
        parts: its condition, part by part; empty where it was not asked.
        values: what it read, by the names that it uses; None where there was no value.
        error: what it raised, in words.
        why_not: in words; empty where it was asked.
    """

    rule: str
    type: RuleType
    side: Side
    condition: str
    asked: bool
    holds: bool | None = None
    acted: bool = False
    parts: tuple[Part, ...] = ()
    values: dict[str, float | None] | None = None
    error: str = ""
    why_not: str = ""

    @property
    def not_ready(self) -> tuple[str, ...]:
        """The names that had no value."""
        return tuple(name for name, value in (self.values or {}).items() if value is None)


@dataclass(frozen=True)
class Explanation:
    """A strategy at a bar, with what each of its rules said, and where all of it is from.

    ``match`` says how the bar lies to the time that was asked for. ``state`` and ``version`` were in force as the bar
    closed, None before any command took effect. ``source`` says in words what this is of, ``notes`` what to mind.
    """

    strategy: str
    match: Match
    at: AtBar
    state: State | None
    version: int | None
    rules: tuple[RuleSaid, ...]
    source: str
    notes: tuple[str, ...] = ()

    @property
    def microseconds(self) -> int | None:
        """How long the engine took for the bar; None where nobody measured."""
        taken = [one.microseconds for one in self.at.executions if one.microseconds is not None]
        return sum(taken) if taken else None

    def document(self) -> dict[str, Any]:
        """All of it, for machines."""
        at, bar = self.at, self.at.bar
        status = at.before.status
        since = None if status is None or status.effective_bar is None else to_milliseconds(status.effective_bar)
        return {
            "strategy": self.strategy,
            "symbol": bar.symbol,
            "timeframe": bar.timeframe,
            "match": self.match,
            "bar": {**asdict(bar), "open_time": _iso(bar.open_time), "close_time": _iso(bar.close_time)},
            "version": self.version,
            "state": None if self.state is None else self.state.value,
            "state_since": None if since is None else _iso(since),
            "state_reason": None if status is None else status.reason,
            "position_before": asdict(at.before.standing),
            "position_after": asdict(at.after.standing),
            "equity": at.after.equity,
            "waits": at.waits,
            "held_beside": list(at.beside),
            "rules": [_rule_document(one) for one in self.rules],
            "records": _documents(at.records),
            "next_bar": _documents(at.following),
            "microseconds": self.microseconds,
            "source": self.source,
            "notes": list(self.notes),
        }


def rules_said(strategy: CompiledStrategy, at: AtBar, state: State | None) -> tuple[RuleSaid, ...]:
    """What every rule of a strategy said at a bar, in the order of its file; entries first, then exits."""
    scope = rule_scope(strategy.config)
    heard = _heard(at)
    acted = {one.rule for one in at.signals}
    rules = (*strategy.entries, *strategy.exits["long"], *strategy.exits["short"])
    held = _held(rules, heard, at)
    said = []
    for rule in rules:
        own = rule.id, rule.type, rule.side, rule.condition
        one = heard.get(rule.id)
        if one is None or _is_barred(rule, strategy, at):  # barred, it may be worked and is not asked
            said.append(RuleSaid(*own, asked=False, why_not=_why_not(rule, strategy, at, state, held, acted)))
            continue
        read = dict(zip(rule.operands, one.values, strict=True))
        values = {name: _number(read[operand]) for name, operand in rule.names.items()}
        said.append(
            RuleSaid(
                *own,
                asked=True,
                holds=one.holds,
                acted=rule.id in acted,
                parts=parts(rule, scope, read),
                values=values,
                error=one.error,
            )
        )
    return tuple(said)


def _heard(at: AtBar) -> dict[str, Asked]:
    """The questions that counted: the last of several, for the first are asked ahead of need.

    So are the exits of a position that the bar itself ended. Where rules decided anything, its record names them.
    """
    heard = {one.rule: one for one in at.asked}
    decided = {rule for one in at.executions for rule in one.evaluated}
    return {rule: one for rule, one in heard.items() if rule in decided} if decided else heard


def _held(rules: Sequence[CompiledRule], heard: dict[str, Asked], at: AtBar) -> Position:
    """What was held as the rules were asked: only the exits of what is held are."""
    for signal in at.signals:
        if signal.rule in heard:
            return signal.position_before
    sides = {rule.side for rule in rules if rule.id in heard and rule.type == "exit"}
    return sides.pop() if len(sides) == 1 else at.after.standing.position


def _why_not(  # noqa: PLR0911, PLR0913, PLR0917  # one answer for each cause, the gravest first
    rule: CompiledRule,
    strategy: CompiledStrategy,
    at: AtBar,
    state: State | None,
    held: Position,
    acted: set[str],
) -> str:
    if at.waits:
        return "the bar is not worked yet"
    if state is None:
        return "the strategy did not run here yet"
    if state is not State.RUNNING:
        return f"the strategy was {state.value}"
    if _is_barred(rule, strategy, at):
        return f"the bar lacks candles, and partial_bars is {strategy.config.partial_bars}"
    if rule.type == "entry" and held != "flat":
        return f"a {held} position was held"
    if rule.type == "exit" and held != rule.side:
        return f"no {rule.side} position was held"
    if not at.asked:
        return "the strategy was shown no bar here: it was still warming up"
    return "a rule before it held" if acted else "the strategy did not come to it"


def _is_barred(rule: CompiledRule, strategy: CompiledStrategy, at: AtBar) -> bool:
    return at.bar.partial and not may_act(strategy.config.partial_bars, rule.type)


def _number(value: float) -> float | None:
    return value if isfinite(value) else None


def _rule_document(said: RuleSaid) -> dict[str, Any]:
    return {
        **asdict(said),
        "parts": [part._asdict() for part in said.parts],
        "values": said.values or {},
        "not_ready": list(said.not_ready),
    }


def _documents(records: Sequence[Record]) -> list[dict[str, Any]]:
    return [{"record": type(one).__name__, **one.model_dump(mode="json")} for one in records]


def _iso(milliseconds: int) -> str:
    return from_milliseconds(milliseconds).isoformat().replace("+00:00", "Z")
