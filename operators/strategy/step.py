"""One strategy on one series: a state machine of transitions and frames in, signals and acknowledgements out."""

from collections.abc import Iterable
from datetime import timedelta

from operators.events import Frames, Transition
from operators.lift import Snapshot
from operators.strategy.catalog import Catalog
from operators.strategy.compile import CompiledRule, CompiledStrategy
from operators.strategy.hits import Hits, RuleRaised
from operators.tally import Tally
from schemas.alert import Alert, alert_id
from schemas.ids import RecordIds
from schemas.lifecycle import DesiredState, State, StrategyStatus
from schemas.record import from_milliseconds, trusted
from schemas.signal import Position, Signal, signal_id, signal_ids
from schemas.strategy import LIFECYCLE
from schemas.timeframe import timeframe_ms

SCHEMA_VERSION = 1

Output = Signal | StrategyStatus | Alert

_ACTUAL = {"running": State.RUNNING, "paused": State.PAUSED, "stopped": State.STOPPED}


class StrategyStep:
    """Key ``strategy|symbol|timeframe``. Enters and leaves at the close of the candle whose rule holds.

    Flat, the first entry rule that holds opens its side. In a position, the first exit rule of that side that holds
    closes it, and an entry of the other side may open at the same close (stop and reverse). A rule that is not ready
    never holds. Paused, nothing is evaluated and the position is kept. Stopped, an open position is closed at the first
    candle of that state. A rule that raises quarantines this key alone, until a restart or another version.

    State: position, desired state, quarantine. The configuration is not state: it is looked up in the catalog.
    """

    def __init__(self, catalog: Catalog, tally: Tally, resume: Snapshot | None = None) -> None:
        self._catalog = catalog
        self._tally = tally
        self._position: Position = "flat"
        self._desired: DesiredState | None = None
        self._desired_text: str | None = None
        self._quarantined: str | None = None
        self._strategy: CompiledStrategy | None = None
        self._ids: RecordIds | None = None
        if resume is not None:
            if resume["schema_version"] != SCHEMA_VERSION:
                message = f"expected strategy state of schema version {SCHEMA_VERSION}, got {resume['schema_version']}"
                raise ValueError(message)
            self._position = resume["position"]  # type: ignore[assignment]  # written by snapshot() below
            if resume["desired"] is not None:
                self._desired_text = str(resume["desired"])
                self._desired = DesiredState.model_validate_json(self._desired_text)
            self._quarantined = resume["quarantined"]  # type: ignore[assignment]  # written by snapshot() below

    def snapshot(self) -> Snapshot:
        """Position, desired state and quarantine, as primitives."""
        return {
            "schema_version": SCHEMA_VERSION,
            "position": self._position,
            "desired": self._desired_text,
            "quarantined": self._quarantined,
        }

    @property
    def finished(self) -> bool:
        """A stopped strategy needs no state: a later start begins anew."""
        return self._desired is not None and self._desired.state == "stopped"

    def on_batch(self, events: Iterable[Frames | Transition]) -> list[Output]:
        """Work transitions and frames in order."""
        out: list[Output] = []
        for event in events:
            if isinstance(event, Frames):
                self._evaluate(event, out)
            else:
                self._transit(event, out)
        return out

    def _transit(self, event: Transition, out: list[Output]) -> None:
        before, desired = self._desired, event.desired
        restarted = before is not None and desired.generation != before.generation
        updated = before is not None and desired.version != before.version
        if self._position != "flat" and before is not None and (restarted or desired.state == "stopped"):
            rule = LIFECYCLE + ("stop" if desired.state == "stopped" else "restart")
            out.append(self._closing(event, before.version, rule))
            self._position = "flat"
        if restarted or updated or desired.state == "stopped":
            self._quarantined = None
        self._desired = desired
        self._desired_text = desired.model_dump_json()
        self._strategy = self._catalog.add(event.version)
        self._ids = None
        state = State.QUARANTINED if self._quarantined is not None else _ACTUAL[desired.state]
        reason = self._quarantined
        if reason is None and event.warm_up:
            reason = f"evaluated {event.warm_up} candles later: its indicators reach further back than the history kept"
        out.append(_status(desired, event.symbol, event.timeframe, event.open_time, state, reason))

    def _evaluate(self, frames: Frames, out: list[Output]) -> None:
        desired = self._desired
        if desired is None or desired.state != "running" or self._quarantined is not None:
            return
        if self._strategy is None:  # first frames after a resume
            self._strategy = self._catalog.get(desired.strategy, desired.version)
        count = len(frames.open_times)
        try:
            self._walk(desired, frames, self._strategy, out)
        except RuleRaised as raised:
            self._quarantine(desired, frames, raised, out)
            count = raised.row
        self._tally.evaluations += count
        evaluated = self._tally.evaluated
        evaluated[desired.strategy] = evaluated.get(desired.strategy, 0) + count

    def _walk(self, desired: DesiredState, frames: Frames, strategy: CompiledStrategy, out: list[Output]) -> None:
        """From one change of position to the next: between them nothing happens, however many candles there are."""
        hits = Hits(frames)
        row = 0
        while True:
            position = self._position
            watched = strategy.entries if position == "flat" else strategy.exits[position]
            found = hits.first(watched, row)
            if found is None:
                return
            row, rule = found
            out.append(self._signal(desired, frames, row, rule))
            if position != "flat":
                other = hits.at([entry for entry in strategy.entries if entry.side != position], row)
                if other is not None:
                    out.append(self._signal(desired, frames, row, other))
            row += 1

    def _signal(self, desired: DesiredState, frames: Frames, row: int, rule: CompiledRule) -> Signal:
        after: Position = rule.side if rule.type == "entry" else "flat"
        length = timeframe_ms(frames.timeframe)
        strategy, version = desired.strategy, desired.version
        if self._ids is None:
            self._ids = signal_ids(strategy, version, frames.symbol, frames.timeframe)
        signal = trusted(
            Signal,
            {
                "id": self._ids.id(str(frames.open_times[row] + length), rule.id),
                "strategy": strategy,
                "version": version,
                "symbol": frames.symbol,
                "timeframe": frames.timeframe,
                "open_time": frames.time(row),
                "close_time": frames.time(row) + timedelta(milliseconds=length),
                "rule": rule.id,
                "type": rule.type,
                "side": rule.side,
                "confidence": rule.confidence,
                "price": frames.columns["close"][row + 1],
                "position_before": self._position,
                "position_after": after,
                "condition": rule.condition,
                "values": {name: frames.value(*operand, row) for name, operand in rule.names.items()},
            },
        )
        self._position = after
        self._tally.signalled(strategy)
        return signal

    def _closing(self, event: Transition, version: int, rule: str) -> Signal:
        close_time = from_milliseconds(event.open_time + timeframe_ms(event.timeframe))
        strategy = event.desired.strategy
        self._tally.signalled(strategy)
        return Signal(
            id=signal_id(strategy, version, event.symbol, event.timeframe, close_time, rule),
            strategy=strategy,
            version=version,
            symbol=event.symbol,
            timeframe=event.timeframe,
            open_time=from_milliseconds(event.open_time),
            close_time=close_time,
            rule=rule,
            type="exit",
            side="long" if self._position == "long" else "short",
            confidence=1.0,
            price=event.price,
            position_before=self._position,
            position_after="flat",
            condition=f"command {event.desired.command}",
            values={},
        )

    def _quarantine(self, desired: DesiredState, frames: Frames, raised: RuleRaised, out: list[Output]) -> None:
        open_time = frames.open_times[raised.row]
        reason = str(raised)
        self._quarantined = reason
        event_time = from_milliseconds(open_time + timeframe_ms(frames.timeframe))
        strategy = desired.strategy
        out.append(
            Alert(
                id=alert_id("quarantine", frames.symbol, frames.timeframe, event_time, strategy),
                kind="quarantine",
                severity="error",
                symbol=frames.symbol,
                timeframe=frames.timeframe,
                strategy=strategy,
                event_time=event_time,
                message=f"version {desired.version} raised {reason}",
            )
        )
        out.append(_status(desired, frames.symbol, frames.timeframe, open_time, State.QUARANTINED, reason))


def _status(  # noqa: PLR0913, PLR0917  # an acknowledgement says what, where, from when and why
    desired: DesiredState, symbol: str, timeframe: str, open_time: int, state: State, reason: str | None
) -> StrategyStatus:
    return StrategyStatus(
        strategy=desired.strategy,
        symbol=symbol,
        timeframe=timeframe,
        state=state,
        version=desired.version,
        generation=desired.generation,
        effective_bar=from_milliseconds(open_time),
        command=desired.command,
        reason=reason,
    )
