"""One strategy on one series: a state machine of transitions and frames in, signals and acknowledgements out."""

from collections.abc import Iterable, Mapping
from typing import Any

from operators.events import Frames, Lost, Rolled, Transition, Worked
from operators.lift import Snapshot
from operators.snapshot import check_parameters, check_version
from operators.strategy.broken import Broken, IndicatorLost, RuleRaised, SignalStorm
from operators.strategy.catalog import Catalog
from operators.strategy.compile import CompiledRule, CompiledStrategy
from operators.strategy.hits import Hits, absurd_rows, may_act
from operators.strategy.position import FLAT, Holding, Stretch
from operators.strategy.quarantine import broken_alert, unable_alert
from operators.strategy.signals import Signals, closing
from operators.strategy.storm import SignalCount
from operators.tally import Tally
from schemas.alert import Alert
from schemas.binding import binds_symbol
from schemas.lifecycle import DesiredState, State, StrategyStatus
from schemas.record import from_milliseconds
from schemas.signal import Signal
from schemas.signal_config import LIFECYCLE
from schemas.strategy import ANY
from schemas.trading_style import TRADING_STYLES

SCHEMA_VERSION = 3

Event = Frames | Transition | Rolled
Output = Signal | StrategyStatus | Alert | Worked

_ACTUAL = {"running": State.RUNNING, "paused": State.PAUSED, "stopped": State.STOPPED}


class StrategyStep:
    """Key ``strategy|symbol|timeframe``. Enters and leaves at the close of the candle whose rule holds.

    Flat, the first entry rule that holds opens its side. In a position, the first exit rule of that side that holds
    closes it, and an entry of the other side may open at the same close (stop and reverse). A rule that is not ready
    never holds. A candle at which nothing changes says nothing. A rule that raises, an indicator that has failed on the
    series, an absurd number in a signal or a storm of signals quarantines this key alone, until a restart or another
    version.

    At a bar that lacks candles no rule acts, or exits alone, or all, as the strategy's ``partial_bars`` says. Such a
    bar is held all the same, and the bars after it look back on it.

    What came ``Rolled``, because its signals are weighed with those of other series, is answered with a ``Worked``
    after everything else that it caused.

    What may change while a position is open: everything, with a new version; an update and a rollback are the same
    here. The position stays, with its entry price and the candles held so far, and from the new version's first candle
    on that version's exit rules decide. No version is left holding a position that it cannot leave:

    - one that has no exit rule for the open side closes it at its first candle, paused or running, by
      ``lifecycle.update``, and its acknowledgement says so;
    - so does one that cannot run on this series, which is quarantined from the start;
    - one that does not bind this series closes it as a stop does, by ``lifecycle.stop``.

    Paused, nothing is evaluated and the position is kept; resumed, it goes on. A stop and a restart close it at their
    first candle. What a command closes is closed under the version that was in force before it.

    State: position, desired state, quarantine. The configuration is not state: it is looked up in the catalog. State
    that was made with another one under the same version number is refused.
    """

    def __init__(self, catalog: Catalog, tally: Tally, resume: Snapshot | None = None) -> None:
        self._catalog = catalog
        self._tally = tally
        self._held = FLAT
        self._desired: DesiredState | None = None
        self._desired_text: str | None = None
        self._quarantined: str | None = None
        self._parameters: dict[str, object] = {}
        self._strategy: CompiledStrategy | None = None
        self._signals: Signals | None = None
        self._signalled = SignalCount()
        if resume is not None:
            self._restore(resume)

    def _restore(self, resume: Snapshot) -> None:
        state: dict[str, Any] = migrated(resume)
        self._held = Holding.restored(state["position"])
        self._quarantined = state["quarantined"]
        self._signalled = SignalCount(state["signalled"])
        if state["desired"] is not None:
            self._desired_text = state["desired"]
            desired = self._desired = DesiredState.model_validate_json(state["desired"])
            self._parameters = self._parameters_of(desired)
            if state["parameters"]:
                check_parameters(f"strategy {desired.strategy!r}", state["parameters"], self._parameters)

    def _parameters_of(self, desired: DesiredState) -> dict[str, object]:
        """What the answers depend on beside what comes in."""
        version = desired.version
        return {"version": version, "config": self._catalog.fingerprint(desired.strategy, version)}

    def snapshot(self) -> Snapshot:
        """Position, desired state and quarantine, as primitives."""
        return {
            "schema_version": SCHEMA_VERSION,
            "parameters": {**self._parameters},
            "position": self._held.snapshot(),
            "desired": self._desired_text,
            "quarantined": self._quarantined,
            "signalled": self._signalled.snapshot(),
        }

    @property
    def finished(self) -> bool:
        """A stopped strategy needs no state: a later start begins anew."""
        return self._desired is not None and self._desired.state == "stopped"

    def on_batch(self, events: Iterable[Event]) -> list[Output]:
        """Work transitions and frames in order."""
        out: list[Output] = []
        for event in events:
            if isinstance(event, Frames):
                self._evaluate(event, out)
            elif isinstance(event, Transition):
                self._transit(event, out)
            else:
                self._work_rolled(event, out)
        return out

    def _work_rolled(self, rolled: Rolled, out: list[Output]) -> None:
        event, before = rolled.event, len(out)
        if isinstance(event, Frames):
            self._evaluate(event, out)
        else:
            self._transit(event, out)
        desired = self._desired
        if desired is not None:  # frames never come before the transition that announces them
            signals = tuple(one for one in out[before:] if isinstance(one, Signal))
            strategy = self._strategy
            weighing = strategy.config.weighing if signals and strategy is not None else None
            series, rolls = (event.symbol, event.timeframe), (rolled.roll, rolled.symbol_roll)
            out.append(Worked(desired.strategy, desired.version, *series, *rolls, signals, weighing))

    def _transit(self, event: Transition, out: list[Output]) -> None:
        before, desired = self._desired, event.desired
        restarted = before is not None and desired.generation != before.generation
        updated = before is not None and desired.version != before.version
        strategy = self._catalog.add(event.version)
        notes: list[str] = []
        side = self._held.side
        if before is not None and side != "flat":
            cause = None
            if desired.state == "stopped":
                cause = "stop"
            elif restarted:
                cause = "restart"
            elif updated and (event.unable or not strategy.exits[side]):
                cause = "update"
                lack = "cannot run on this series" if event.unable else "has no exit rule for it"
                notes.append(f"closed the {side} position: version {desired.version} {lack}")
            if cause is not None:
                out.append(closing(event, self._held, before.version, LIFECYCLE + cause))
                self._tally.signalled(desired.strategy)
                self._held = FLAT
        if restarted or updated or desired.state == "stopped":
            self._quarantined = None
            self._signalled = SignalCount()
        if event.unable and desired.state != "stopped":
            self._quarantined = event.unable
            out.append(unable_alert(event))
        if desired.state == "stopped":
            notes += _unbound(event, before)
        self._desired = desired
        self._desired_text = desired.model_dump_json()
        self._parameters = self._parameters_of(desired)
        self._strategy = strategy
        self._signals = None
        out.append(self._acknowledgement(event, notes))

    def _acknowledgement(self, event: Transition, notes: list[str]) -> StrategyStatus:
        """What came of a transition, as it stands now; ``notes`` is what is to be said of the way there."""
        desired = event.desired
        state = State.QUARANTINED if self._quarantined is not None else _ACTUAL[desired.state]
        if self._quarantined is not None:
            notes.append(self._quarantined)
        elif event.warm_up:
            candles = f"{event.warm_up} candles later"
            notes.append(f"evaluated {candles}: its indicators reach further back than the history kept")
        if self._quarantined is None and event.young:
            notes.append(event.young)
        reason = "; ".join(notes) or None
        return _status(desired, event.symbol, event.timeframe, event.open_time, state, reason)

    def _evaluate(self, frames: Frames, out: list[Output]) -> None:
        desired = self._desired
        if desired is None or desired.state != "running" or self._quarantined is not None:
            return
        if self._strategy is None:  # first frames after a resume
            self._strategy = self._catalog.get(desired.strategy, desired.version)
        if frames.failed is not None and not frames.failed.keys().isdisjoint(self._strategy.columns):
            self._evaluate_until_lost(desired, frames, self._strategy, frames.failed, out)
            return
        count = len(frames.open_times)
        if count != 1 or not self._stays(frames, self._strategy):
            try:
                self._walk(desired, frames, self._strategy, out)
            except Broken as broken:
                self._quarantine(desired, frames, broken, out)
                count = broken.row
        tally = self._tally
        tally.evaluations += count
        evaluated = tally.evaluated
        strategy = desired.strategy
        evaluated[strategy] = evaluated.get(strategy, 0) + count

    def _evaluate_until_lost(
        self,
        desired: DesiredState,
        frames: Frames,
        strategy: CompiledStrategy,
        failed: Mapping[str, Lost],
        out: list[Output],
    ) -> None:
        """What comes before the first row at which something that a rule reads is out of service; then no more."""
        row, column = min((failed[column].row, column) for column in failed.keys() & strategy.columns)
        if row:
            self._evaluate(frames.before(row), out)
        if self._quarantined is None:
            self._quarantine(desired, frames, IndicatorLost(row, failed[column].reason), out)

    def _stays(self, frames: Frames, strategy: CompiledStrategy) -> bool:
        """Whether the one candle of these frames changes nothing; then it is worked.

        A live feed brings one candle at a time and nearly always this is the answer, for less than half of what
        ``_walk`` takes. Whatever is not so plain, a rule that raises included, is left to ``_walk``.
        """
        held = self._held
        side, columns = held.side, frames.columns
        rules = strategy.entries if side == "flat" else strategy.exits[side]
        if frames.partial and not may_act(strategy.config.partial_bars, "entry" if side == "flat" else "exit"):
            rules = ()
        try:
            for rule in rules:
                if rule.reads_position:
                    holds = rule.evaluate(*Stretch(frames, held, 0).values(rule.operands, 0))
                else:
                    holds = rule.evaluate(*rule.first_values(columns))
                if holds or (holds is None and absurd_rows(rule, frames)):
                    return False
        except Exception:  # noqa: BLE001  # the key's boundary: ``_walk`` asks again and says which rule it was
            return False
        if side != "flat":
            self._held = Holding(side, held.entry_price, held.bars_held + 1)
        return True

    def _walk(self, desired: DesiredState, frames: Frames, strategy: CompiledStrategy, out: list[Output]) -> None:
        """From one change of position to the next: between them nothing happens, however many candles there are."""
        hits = Hits(frames, strategy.config.partial_bars)
        stretch = Stretch(frames, self._held, 0)
        while True:
            side = stretch.held.side
            try:
                found = hits.first(strategy.entries if side == "flat" else strategy.exits[side], stretch)
                if found is None:
                    if side != "flat":
                        self._held = stretch.held_before(len(frames.open_times))
                    return
                row, rule = found
                self._change(desired, rule, stretch, row, out)
            except Broken as broken:
                self._held = stretch.held_before(broken.row)
                raise
            if side != "flat":
                flat = Stretch(frames, FLAT, row)
                other = hits.at([entry for entry in strategy.entries if entry.side != side], flat)
                if other is not None:
                    self._change(desired, other, flat, row, out)
            stretch = Stretch(frames, self._held, row + 1)

    def _change(self, desired: DesiredState, rule: CompiledRule, stretch: Stretch, row: int, out: list[Output]) -> None:
        """The one way in which a rule moves the position: with a signal that says so."""
        storm = self._signalled.one_more(stretch.frames.open_times[row], stretch.frames.timeframe)
        if storm:
            raise SignalStorm(row, storm)
        if self._signals is None:
            self._signals = Signals(desired, stretch.frames.symbol, stretch.frames.timeframe)
        try:
            signal = self._signals.of(rule, stretch, row)
        except Exception as error:  # the key's boundary, as in Hits
            raise RuleRaised(row, rule.id, error) from error
        out.append(signal)
        self._tally.signalled(signal.strategy)
        self._held = FLAT if signal.position_after == "flat" else Holding(signal.position_after, signal.price)

    def _quarantine(self, desired: DesiredState, frames: Frames, broken: Broken, out: list[Output]) -> None:
        reason = self._quarantined = str(broken)
        out.append(broken_alert(desired, frames, broken))
        open_time = frames.open_times[broken.row]
        out.append(_status(desired, frames.symbol, frames.timeframe, open_time, State.QUARANTINED, reason))


def migrated(snapshot: Snapshot) -> Snapshot:
    """A snapshot of any schema version in the form of today's.

    Version 1 had the side of the position alone (see ``Holding.restored``). Versions 1 and 2 had no parameters: those
    are empty then, and nothing is checked.

    Raises:
        SnapshotRefused: a version that is not known.
    """
    if snapshot["schema_version"] in {1, 2}:
        return {**snapshot, "schema_version": SCHEMA_VERSION, "parameters": {}, "signalled": None}
    check_version("strategy", snapshot["schema_version"], SCHEMA_VERSION)
    return snapshot


def _unbound(event: Transition, before: DesiredState | None) -> list[str]:
    """Why a strategy stops on a series that it is not to leave by its owner's word; nothing where it is."""
    config, series = event.version.config, f"{event.symbol} {event.timeframe}"
    if before is not None and before.command == event.desired.command:
        return [f"version {event.desired.version} runs on {series} no longer: the watchlist has changed"]
    # What a wildcard means is the watchlist's to say, so where there is one the owner may well have stopped it.
    named = event.timeframe in config.timeframes or not {ANY, *TRADING_STYLES}.isdisjoint(config.timeframes)
    if named and binds_symbol(config, event.symbol, listed=True, exists=True):
        return []
    return [f"version {event.desired.version} does not run on {series}"]


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
