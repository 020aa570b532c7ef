"""One strategy on one series: transitions and frames in; signals, acknowledgements and what they come to out."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from operators.events import Frames, Lost, Rolled, Transition, Worked
from operators.lift import Snapshot
from operators.snapshot import check_parameters, check_version
from operators.strategy.broken import Broken, IndicatorLost
from operators.strategy.catalog import Catalog
from operators.strategy.compile import CompiledStrategy
from operators.strategy.quarantine import broken_alert, unable_alert
from operators.tally import Tally
from operators.trading.book import Booked
from operators.trading.reporting import Reporter
from operators.trading.trader import Trader
from operators.trading.walking import Walk
from schemas.alert import Alert
from schemas.binding import binds_symbol
from schemas.lifecycle import DesiredState, State, StrategyStatus, StrategyVersion
from schemas.record import from_milliseconds
from schemas.signal import Signal
from schemas.strategy import ANY
from schemas.trading_style import TRADING_STYLES

SCHEMA_VERSION = 4

Event = Frames | Transition | Rolled
Output = Signal | StrategyStatus | Alert | Worked | Booked

_ACTUAL = {"running": State.RUNNING, "paused": State.PAUSED, "stopped": State.STOPPED}


class StrategyStep:
    """Key ``strategy|symbol|timeframe``. Decides at the close of the candle whose rule holds.

    Flat, the first entry rule that holds opens its side. In a position, the first exit rule of that side that holds
    closes it, and an entry of the other side may open at the same close (stop and reverse). A rule that is not ready
    never holds. A candle at which nothing changes says nothing. What a decision comes to, on the strategy's own account
    on this series, and what ends a position without a rule, see ``operators.trading``.

    A rule that raises, an indicator that has failed on the series, an absurd number in a signal or a storm of signals
    quarantines this key alone, until a restart or another version. The position stays, and so does what protects it.

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

    Paused, no rule is asked and the position is kept, with what protects it; resumed, it goes on. A stop and a restart
    close it at their first candle, and what comes after begins on a new account. What a command closes is closed under
    the version that was in force before it.

    State: position and account, desired state, quarantine. The configuration is not state: it is looked up in the
    catalog. State that was made with another one under the same version number is refused.
    """

    def __init__(self, catalog: Catalog, tally: Tally, resume: Snapshot | None = None) -> None:
        self._catalog = catalog
        self._tally = tally
        self._trader = Trader(tally)
        self._desired: DesiredState | None = None
        self._desired_text: str | None = None
        self._quarantined: str | None = None
        self._parameters: dict[str, object] = {}
        self._strategy: CompiledStrategy | None = None
        if resume is not None:
            self._restore(resume)

    def _restore(self, resume: Snapshot) -> None:
        state: dict[str, Any] = migrated(resume)
        self._trader = Trader(self._tally, state["trader"])
        self._quarantined = state["quarantined"]
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
        """Position and account, desired state and quarantine, as primitives."""
        return {
            "schema_version": SCHEMA_VERSION,
            "parameters": {**self._parameters},
            "trader": self._trader.snapshot(),
            "desired": self._desired_text,
            "quarantined": self._quarantined,
        }

    @property
    def finished(self) -> bool:
        """A stopped strategy needs no state: a later start begins anew."""
        return self._desired is not None and self._desired.state == "stopped"

    @property
    def is_occupied(self) -> bool:
        """Whether it holds something, or waits for a fill."""
        return self._trader.is_occupied

    def count_with(self, others: Callable[[], int], symbol: str, timeframe: str) -> None:
        """Count its position together with ``others``: how many of those there are, asked at every entry from flat.

        After a resume this brings the account back, which else waits for the first event of the series, named here.

        Raises:
            SnapshotRefused: the version in force was never added to the catalog.
        """
        self._trader.others = others
        if self._desired is not None:
            self._in_force(self._desired, symbol, timeframe)

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
        reporter = None if rolled.portfolio_roll is None else self._reporting(event)
        if isinstance(event, Frames):
            self._evaluate(event, out)
            if reporter is not None and self._desired is not None:
                _stand(reporter, event, rolled.stands_after)
        else:
            self._transit(event, out)
        self._trader.reporter = None
        desired = self._desired
        if desired is not None:  # frames never come before the transition that announces them
            signals = tuple(one for one in out[before:] if isinstance(one, Signal))
            strategy = self._strategy
            weighing = strategy.config.weighing if signals and strategy is not None else None
            series, rolls = (event.symbol, event.timeframe), (rolled.roll, rolled.symbol_roll)
            told = rolled.portfolio_roll, () if reporter is None else tuple(reporter.found)
            out.append(Worked(desired.strategy, desired.version, *series, *rolls, signals, weighing, *told))

    def _reporting(self, event: Frames | Transition) -> Reporter:
        """Who tells the portfolios of what comes of an item."""
        before = self._desired
        if before is not None:
            self._in_force(before, event.symbol, event.timeframe)
        config = event.version.config if isinstance(event, Transition) else None
        if config is None and self._strategy is not None:
            config = self._strategy.config
        strategy = before.strategy if before is not None else config.id if config is not None else ""
        capital = 0.0 if config is None else config.execution.capital
        return self._trader.reporting(f"{strategy}|{event.symbol}|{event.timeframe}", event.timeframe, capital)

    def _transit(self, event: Transition, out: list[Output]) -> None:
        before, desired, trader = self._desired, event.desired, self._trader
        restarted = before is not None and desired.generation != before.generation
        updated = before is not None and desired.version != before.version
        if before is not None:
            self._in_force(before, event.symbol, event.timeframe)
        strategy = self._catalog.add(event.version)
        notes: list[str] = []
        side = trader.held.side
        if desired.state == "stopped" and before is not None:
            trader.command(event, "stop", out)
        elif restarted:
            trader.command(event, "restart", out)
        elif updated and side != "flat" and (event.unable or not _can_leave(strategy, event.version, side)):
            trader.command(event, "update", out)
            lack = "cannot run on this series" if event.unable else "has no exit rule for it"
            notes.append(f"closed the {side} position: version {desired.version} {lack}")
        if restarted or updated or desired.state == "stopped":
            self._quarantined = None
            trader.forgive()
        if event.unable and desired.state != "stopped":
            self._quarantined = event.unable
            out.append(unable_alert(event))
        if desired.state == "stopped":
            notes += _unbound(event, before)
        self._desired = desired
        self._desired_text = desired.model_dump_json()
        self._parameters = self._parameters_of(desired)
        self._strategy = strategy
        began_anew = restarted and before is not None and before.state != "stopped"  # that one had ended already
        trader.commanded(event, ends=desired.state == "stopped" or began_anew)
        if restarted and before is not None and desired.state != "stopped":
            trader.restart()
        trader.under(desired, strategy, event.symbol, event.timeframe, event.bars_a_year)
        trader.status = desired.state if self._quarantined is None else "quarantined"
        trader.report(event, out)
        if desired.state == "stopped":  # as if it had never been: so it is where the next command finds no state
            trader.restart()
        out.append(self._acknowledgement(event, notes))

    def _in_force(self, desired: DesiredState, symbol: str, timeframe: str) -> CompiledStrategy:
        """The version in force, which after a resume is looked up again."""
        strategy = self._strategy
        if strategy is None:
            strategy = self._strategy = self._catalog.get(desired.strategy, desired.version)
            self._trader.under(desired, strategy, symbol, timeframe)
            self._trader.status = desired.state if self._quarantined is None else "quarantined"
        return strategy

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
        if desired is None:
            return
        strategy = self._strategy or self._in_force(desired, frames.symbol, frames.timeframe)
        if desired.state != "running" or self._quarantined is not None:
            self._watch(frames, 0, out)
            return
        if frames.failed is not None and not frames.failed.keys().isdisjoint(strategy.columns):
            self._evaluate_until_lost(desired, frames, strategy, frames.failed, out)
            return
        count = len(frames.open_times)
        trader = self._trader
        if count > 1 or (count and not (trader.stays(frames) or trader.holds_on(frames, out))):
            try:
                Walk(self._trader, frames, out).run()
            except Broken as broken:
                self._quarantine(desired, frames, broken, out)
                count = broken.row
                self._watch(frames, count + 1, out)
        tally = self._tally
        tally.evaluations += count
        evaluated = tally.evaluated
        evaluated[desired.strategy] = evaluated.get(desired.strategy, 0) + count

    def _watch(self, frames: Frames, first: int, out: list[Output]) -> None:
        """No rule is asked, and what protects a position goes on."""
        if self._trader.is_watched and first < len(frames.open_times):
            Walk(self._trader, frames, out).watch(first)

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
            lost = IndicatorLost(row, failed[column].reason)
            self._trader.lost(frames, row, str(lost), out)
            self._quarantine(desired, frames, lost, out)
            self._watch(frames, row, out)

    def _quarantine(self, desired: DesiredState, frames: Frames, broken: Broken, out: list[Output]) -> None:
        reason = self._quarantined = str(broken)
        self._trader.status = "quarantined"
        out.append(broken_alert(desired, frames, broken))
        open_time = frames.open_times[broken.row]
        out.append(_status(desired, frames.symbol, frames.timeframe, open_time, State.QUARANTINED, reason))


def migrated(snapshot: Snapshot) -> Snapshot:
    """A snapshot of any schema version in the form of today's.

    Version 1 had the side of the position alone (see ``Holding.restored``). Versions 1 and 2 had no parameters: those
    are empty then, and nothing is checked. Up to version 3 there was no account: one is opened with the next bar, and a
    position of then is known to the rules alone, whose exit is a signal and no fill.

    Raises:
        SnapshotRefused: a version that is not known.
    """
    version = snapshot["schema_version"]
    if version in {1, 2, 3}:
        trader = {
            "schema_version": 1,
            "position": snapshot["position"],
            "signalled": snapshot.get("signalled"),
            "last_signal": None,
            "year": 0.0,
            "told": [0, 0, 0],
            "desk": None,
        }
        parameters = snapshot.get("parameters", {})
        kept = {name: snapshot[name] for name in ("desired", "quarantined")}
        return {**kept, "schema_version": SCHEMA_VERSION, "parameters": parameters, "trader": trader}
    check_version("strategy", version, SCHEMA_VERSION)
    return snapshot


def _stand(reporter: Reporter, frames: Frames, stands_after: Iterable[int | None]) -> None:
    """Tell how the series stands at its first close after each of these times."""
    for since in stands_after:
        for row in range(len(frames.open_times)):
            close_ms = frames.close_ms(row)
            if since is None or close_ms > since:
                reporter.stands(close_ms, frames.value("close", 0, row))
                break


def _can_leave(strategy: CompiledStrategy, version: StrategyVersion, side: str) -> bool:
    """Whether a version can end a position of this side by itself."""
    return bool(strategy.exits["long" if side == "long" else "short"]) or _ends_without_rule(version)


def _ends_without_rule(version: StrategyVersion) -> bool:
    risk = version.config.risk
    if risk is None:
        return False
    return any((risk.stop_loss, risk.take_profit, risk.trailing_stop, risk.max_bars_held))


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
