"""What was acknowledged, held against itself and the signals: by the topics alone, without journal or reference.

Only series of symbols whose entry on the watchlist never changes are looked at: on the others one command may rightly
be acknowledged again, when the watchlist brings a timeframe back.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from operators.control.records import ControlRecord
from operators.market.grid import grid_of
from schemas.candle_row import CandleRow
from schemas.lifecycle import DesiredState, State, StrategyStatus, StrategyVersion
from schemas.record import to_milliseconds
from schemas.signal import Signal
from schemas.signal_config import FORCED, LIFECYCLE

_GRID = grid_of(None)


@dataclass(frozen=True)
class Kept:
    """What is looked at.

    Attributes:
        control: everything that was sent, in the order of the log.
        statuses: by key, in the order of the topic.
        signals: by key, in the order of the topic.
        rows: the candles of each symbol, in the order of the feed.
        changing: the symbol that is not looked at.
    """

    control: Sequence[ControlRecord]
    statuses: Mapping[str, Sequence[StrategyStatus]]
    signals: Mapping[str, Sequence[Signal]]
    rows: Mapping[str, Sequence[CandleRow]]
    changing: str


def broken(kept: Kept) -> list[str]:
    """Every promise that was not kept, in words."""
    series = {
        key: list(statuses)
        for key, statuses in kept.statuses.items()
        if statuses and statuses[0].symbol not in {None, kept.changing}
    }
    return [
        *_unanswered(kept),
        *(text for key, statuses in series.items() for text in _acknowledged_twice(key, statuses)),
        *(text for key, statuses in series.items() for text in _out_of_order(key, statuses, kept)),
        *(text for key, statuses in series.items() for text in _not_at_its_time(key, statuses, kept)),
        *(text for key, statuses in series.items() for text in _contradicted(key, statuses, kept.signals.get(key, ()))),
        *_forgotten(kept, series),
    ]


def _unanswered(kept: Kept) -> Iterator[str]:
    """Each record has one answer for each time that it was sent."""
    sent = Counter(_answer_to(one) for one in kept.control if isinstance(one, DesiredState | StrategyVersion))
    found: Counter[tuple[str, str]] = Counter()
    for key, statuses in kept.statuses.items():
        found.update((key, one.command or f"@{one.version}") for one in statuses if one.symbol is None)
    for (strategy, command), count in sorted((sent - found).items()):
        yield f"{strategy}: {command} was sent and {count} answers are missing"
    for (strategy, command), count in sorted((found - sent).items()):
        yield f"{strategy}: {command} has {count} answers more than it was sent"


def _answer_to(record: DesiredState | StrategyVersion) -> tuple[str, str]:
    return record.strategy, record.command if isinstance(record, DesiredState) else f"@{record.version}"


def _acknowledged_twice(key: str, statuses: Sequence[StrategyStatus]) -> Iterator[str]:
    bars: defaultdict[str, list[str]] = defaultdict(list)
    for one in statuses:
        bars[one.command or ""].append(str(one.effective_bar))
    for command, found in bars.items():
        if len(found) > 1:
            yield f"{key}: {command} is acknowledged {len(found)} times, for {' and '.join(sorted(set(found)))}"


def _out_of_order(key: str, statuses: Sequence[StrategyStatus], kept: Kept) -> Iterator[str]:
    """What takes effect later was sent later."""
    sent = {one.command: number for number, one in enumerate(kept.control) if isinstance(one, DesiredState)}
    for one, other in pairwise(statuses):
        if one.command == other.command:
            continue  # told of above
        if sent[one.command or ""] > sent[other.command or ""]:
            yield f"{key}: {other.command} takes effect after {one.command}, and was sent before it"
        elif _bar(one) > _bar(other):
            yield f"{key}: {other.command} takes effect at {other.effective_bar}, before {one.command}"


def _not_at_its_time(key: str, statuses: Sequence[StrategyStatus], kept: Kept) -> Iterator[str]:
    """What names its time takes effect at the first bar that closes after it, and has any candle, be it of before."""
    wanted = {one.command: one for one in kept.control if isinstance(one, DesiredState)}
    for one in statuses:
        since = wanted[one.command or ""].effective_from
        if since is None:
            continue
        symbol, timeframe, ms = one.symbol or "", one.timeframe or "", to_milliseconds(since)
        bars = (_GRID.bucket(row[2], timeframe) for row in kept.rows[symbol])
        opened = next((bar[0] for bar in bars if bar is not None and bar[1] > ms), None)
        if opened != _bar(one):
            yield f"{key}: {one.command} was to hold from {since}, and is acknowledged for {one.effective_bar}"


def _contradicted(key: str, statuses: Sequence[StrategyStatus], signals: Sequence[Signal]) -> Iterator[str]:
    """A signal is of the version that was acknowledged for its bar, and there is none where none may be."""
    bars = [(_bar(one), one) for one in statuses]
    for signal in signals:
        if signal.rule.startswith(LIFECYCLE):
            continue  # what ends a position when a command takes effect is of the version that opened it
        in_force = [one for bar, one in bars if bar <= to_milliseconds(signal.open_time)]
        if not in_force:
            yield f"{key}: a signal at {signal.open_time}, before anything was acknowledged"
        elif signal.version != in_force[-1].version or not _may_be_said(signal, in_force[-1].state):
            last = in_force[-1]
            yield (
                f"{key}: a signal of version {signal.version} at {signal.open_time}, though {last.command} is "
                f"acknowledged: version {last.version} {last.state} from {last.effective_bar}"
            )


def _may_be_said(signal: Signal, state: State) -> bool:
    """A rule speaks while it is asked; what protects a position ends it also where no rule is asked."""
    return state is State.RUNNING or (signal.rule.startswith(FORCED) and state in {State.PAUSED, State.QUARANTINED})


def _forgotten(kept: Kept, series: Mapping[str, Sequence[StrategyStatus]]) -> Iterator[str]:
    """Of the accepted commands of a strategy the last is acknowledged by a series, if it had candles to hold for."""
    refused = {one.command for found in kept.statuses.values() for one in found if one.state is State.REFUSED}
    end = max((rows[-1][2] for rows in kept.rows.values()), default=0)
    last = {one.strategy: one for one in kept.control if isinstance(one, DesiredState) and one.command not in refused}
    for strategy, desired in last.items():
        known = {one.command for key, found in series.items() if key.startswith(f"{strategy}|") for one in found}
        timely = desired.effective_from is None or to_milliseconds(desired.effective_from) < end
        if desired.state == "running" and timely and desired.command not in known:
            yield f"{strategy}: {desired.command} was accepted, and no series acknowledges it"


def _bar(status: StrategyStatus) -> int:
    return 0 if status.effective_bar is None else to_milliseconds(status.effective_bar)
