"""The alert process: reads what the engine tells, asks workers how they are, works the rules, tells people.

It reads by ``assign`` and writes nothing but alerts, so the engine does not know that it is there. What it has seen,
which alerts stand and what is not delivered yet is in its state file, saved before anything is told: a process that is
killed goes on where it was and tells nothing twice on the topic, and to a destination at least once.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from dataflows.alerts.destination import Destination
from dataflows.alerts.lane import Lane
from dataflows.alerts.outbox import Outbox
from dataflows.alerts.reader import AlertReader
from dataflows.alerts.rule_files import RuleFile
from dataflows.alerts.scrape import Scraped, Scraper
from dataflows.alerts.state_file import StateFile
from dataflows.alerts.untold import Untold
from dataflows.kafka.codec import build_codec
from dataflows.kafka.follow import Followed, FollowedRecord
from dataflows.settings import Settings
from dataflows.stop import StopFlag
from operators.alerts.health import Look, figures
from operators.alerts.watcher import Watcher
from schemas import topics
from schemas.alert import Alert, EngineKind, Severity
from schemas.alert_rule import AlertRule, EquityRule, PortfolioRule, SilentStrategyRule, StaleFeedRule
from schemas.codec import Codec
from schemas.lifecycle import StrategyStatus
from schemas.metrics import EquityPoint, StrategyMetrics
from schemas.portfolio_event import PortfolioEvent
from schemas.portfolio_metrics import PortfolioMetrics
from schemas.record import Record, to_milliseconds
from schemas.signal import Signal
from schemas.timeframe import timeframe_ms
from schemas.topics import TopicSpec
from schemas.trade import Trade

_SAVE_S = 1.0
"""How often at most the state is saved where nothing is to be told."""
_TICK_S = 1.0
"""How often at most it is looked whether something has stopped coming."""
_MANY = 1_000
"""So many records at once: there are more, and what has not come yet is not missing."""
_NEWEST_CANDLES = 10_000
"""Candles of each partition that a first run looks at."""
_WATCHED: tuple[tuple[TopicSpec, tuple[type[Record], ...], int | None], ...] = (
    (topics.METRICS, (StrategyMetrics, PortfolioMetrics), None),
    (topics.EQUITY, (EquityPoint,), None),
    (topics.POSITIONS, (Trade,), None),
    (topics.STATUS, (StrategyStatus,), None),
    (topics.ALERTS, (Alert,), 0),  # what was told before anybody listened is not sent out
)


@dataclass(frozen=True)
class Report:
    """Records read, alerts told by rules, messages delivered, not yet, dropped, tried in vain; alerts that stand."""

    read: int
    told: int
    sent: int
    waiting: int
    dropped: int
    failures: int
    firing: int


class AlertRun:
    """One process's work.

    Args:
        settings: how to reach the broker.
        rules: what is watched.
        destinations: where alerts go.
        state: the file to go on from.
        health: addresses of workers' health ports.
        least: the least severity that is sent out; that of the rules if None.
        mute: kinds of the engine's own alerts that are not sent out, beside those of the rules.
        every_s: seconds between two looks at the workers.
        notify_timeout_s: the longest that one attempt to send may take.
        say: called with each alert that a rule tells.
        wall: the clock, seconds since the epoch.
    """

    def __init__(  # noqa: PLR0913  # everything that differs between installations
        self,
        settings: Settings,
        rules: RuleFile,
        destinations: Sequence[Destination],
        state: Path,
        *,
        health: Sequence[str] = (),
        least: Severity | None = None,
        mute: Iterable[EngineKind] = (),
        every_s: float = 15.0,
        notify_timeout_s: float = 20.0,
        say: Callable[[Alert], None] = lambda _alert: None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._file = StateFile(state)
        saved = self._file.read()
        held = saved or {
            "is_first": True,
            "watcher": None,
            "untold": [],
            "outbox": None,
            "offsets": [],
            "looks": {},
        }
        self._wall = wall
        self._say = say
        codec = build_codec(settings)
        config = settings.kafka_client_config()
        self._prefix = settings.topic_prefix
        self._skew_ms = round(settings.max_clock_skew_seconds * 1000)
        self._watcher = Watcher(rules.rules, rules.references, held["watcher"])
        self._scraper = Scraper(health, every_s, self._now_ms)
        self._outbox = Outbox(
            [Lane(one, timeout_s=notify_timeout_s) for one in destinations],
            least or rules.rules.send,
            held["outbox"],
            mute={*rules.rules.mute, *mute},
        )
        self._untold = Untold(config, topics.ALERTS.prefixed(self._prefix), codec, held["untold"])
        self._looks = {name: _look(one) for name, one in held["looks"].items()}
        offsets = {(topic, partition): offset for topic, partition, offset in held["offsets"]}
        self._reader = AlertReader(config, list(_followed(rules.rules.rules, self._prefix, codec)), offsets)
        self._read = self._told = 0
        self._holds_back: bool = held["is_first"]
        self._saved_at, self._is_changed, self._ticked_at = 0.0, True, -_TICK_S
        self._tell(self._watcher.leftovers)

    def turn(self, timeout_s: float = 0.2) -> None:
        """Take in what has come, and tell what follows from it."""
        records = self._reader.poll(_MANY, timeout_s)
        self._read += len(records)
        self._is_changed |= bool(records)
        for one in records:
            self._take(one)
        for scraped in self._scraper.told():
            self._tell(self._of(scraped))
        if self._reader.is_at_end and len(records) < _MANY:
            self._tick()
            self._hold_back_no_more()
        self._is_changed |= self._outbox.settle()
        self._save(now=False)
        if self._reader.is_at_end:  # those of an earlier life may be on the topic: what is there is read first
            self._untold.write()

    def run(self, stop: StopFlag, *, once: bool = False, patience_s: float = 30.0) -> Report:
        """Until asked to stop; or ``once``: to the end of the topics, and until all is told, at most for a while."""
        deadline = time.monotonic() + patience_s
        while not stop.is_set:
            asked = self._scraper.has_asked_all
            self.turn()
            if once and ((asked and self._is_done) or time.monotonic() > deadline):
                break
        return self.report

    @property
    def report(self) -> Report:
        """What it has come to so far."""
        out = self._outbox
        return Report(self._read, self._told, out.sent, out.waiting, out.dropped, out.failures, self._watcher.firing)

    @property
    def trouble(self) -> str | None:
        """Why the broker cannot be reached at present, or None."""
        return self._reader.trouble

    def close(self) -> None:
        """Save, and let go of everything. What is not delivered is in the state."""
        self._scraper.close()
        self._outbox.close(0.5)
        self._outbox.settle()
        self._untold.flush(1.0)
        self._reader.close()
        self._save(now=True)

    @property
    def _is_done(self) -> bool:
        return self._reader.is_at_end and not self._holds_back and not len(self._untold) and not self._outbox.waiting

    def _now_ms(self) -> int:
        return int(self._wall() * 1000)

    def _tick(self) -> None:
        at = time.monotonic()
        if at - self._ticked_at >= _TICK_S:
            self._ticked_at = at
            self._tell(self._watcher.tick(self._now_ms()))

    def _hold_back_no_more(self) -> None:
        """The first run has seen all the history there is: what of it still stands is told."""
        if self._holds_back:
            self._holds_back, self._is_changed = False, True
            self._untold.drop_what_is_over()
            self._told = len(self._untold)
            for alert in self._untold:
                self._say(alert)

    def _take(self, one: FollowedRecord) -> None:
        match one.record:
            case StrategyStatus() as status:
                self._watcher.pace.status(status)
            case Signal() as signal:
                at_ms = to_milliseconds(signal.close_time)
                self._watcher.pace.signal(signal.strategy, signal.symbol, signal.timeframe, at_ms)
            case (str() as symbol, str() as timeframe, int() as open_ms, *_, True):
                close_ms = open_ms + timeframe_ms(timeframe)
                if close_ms <= (one.timestamp_ms or 0) + self._skew_ms:  # the engine refuses what is dated ahead
                    self._watcher.pace.candle(symbol, timeframe, close_ms)
            case Alert() as alert:
                self._untold.seen(alert)
                self._outbox.take(alert)
            case Record() as record:
                self._tell(self._judged(record))

    def _judged(self, record: Record) -> Iterable[Alert]:
        match record:
            case StrategyMetrics():
                return self._watcher.metrics(record)
            case PortfolioMetrics():
                return self._watcher.portfolio(record)
            case PortfolioEvent():
                return self._watcher.removed(record)
            case EquityPoint():
                return self._watcher.equity(record)
            case Trade():
                return self._watcher.trade(record)
        return ()

    def _of(self, scraped: Scraped) -> Iterator[Alert]:
        found = figures(self._looks.get(scraped.worker), scraped.look)
        if scraped.look is not None:
            self._looks[scraped.worker] = scraped.look
        self._is_changed = True
        yield from self._watcher.health(scraped.worker, found, scraped.at_ms)

    def _tell(self, alerts: Iterable[Alert]) -> None:
        for alert in alerts:
            self._is_changed = True
            self._told += 1
            self._untold.add(alert)
            if not self._holds_back:
                self._say(alert)

    def _save(self, *, now: bool) -> None:
        """Before anything is told, and otherwise once a second."""
        at = time.monotonic()
        if not self._is_changed or not (now or len(self._untold) or at - self._saved_at >= _SAVE_S):
            return
        self._file.write(
            {
                "is_first": self._holds_back,
                "watcher": self._watcher.snapshot(),
                "untold": self._untold.snapshot(),
                "outbox": self._outbox.snapshot(),
                "offsets": [[*place, offset] for place, offset in sorted(self._reader.offsets.items())],
                "looks": {name: _held(one) for name, one in self._looks.items()},
            }
        )
        self._saved_at, self._is_changed = at, False


def _followed(rules: Sequence[AlertRule], prefix: str, codec: Codec) -> Iterator[Followed]:
    """The topics to read; candles, signals and what portfolios do only for rules that look at them."""
    for spec, kinds, last in _WATCHED:
        yield Followed(spec.prefixed(prefix), partial(_decoded, codec, kinds), last)
    if any(isinstance(rule, PortfolioRule) or (isinstance(rule, EquityRule) and rule.portfolios) for rule in rules):
        yield Followed(topics.EXECUTIONS.prefixed(prefix), partial(_decoded, codec, (PortfolioEvent,)), None)
    if any(isinstance(rule, StaleFeedRule | SilentStrategyRule) for rule in rules):
        yield Followed(topics.CANDLES.prefixed(prefix), codec.decode_candle_row, _NEWEST_CANDLES)
    if any(isinstance(rule, SilentStrategyRule) for rule in rules):
        yield Followed(topics.SIGNALS.prefixed(prefix), partial(_decoded, codec, (Signal,)), None)


def _decoded(codec: Codec, kinds: tuple[type[Record], ...], value: bytes | None) -> Record:
    return codec.decode_any(value, kinds)


def _held(look: Look) -> dict[str, object]:
    return {**look._asdict(), "latency": [[str(bound), count] for bound, count in look.latency.items()]}


def _look(held: dict[str, object]) -> Look:
    latency = held["latency"]
    if not isinstance(latency, list):
        raise TypeError(f"expected a list of buckets, got {type(latency).__name__}")
    fields = {**held, "latency": {float(bound): count for bound, count in latency}}
    return Look(**fields)  # type: ignore[arg-type]  # as ``_held`` wrote them
