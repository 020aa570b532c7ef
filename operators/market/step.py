"""One symbol: its candles cleaned and put in order, and its strategies fed."""

from collections.abc import Iterable
from typing import Any

from operators.control.scheduled import Scheduled, looked_up, superseded
from operators.events import CandleBatch, Command
from operators.lift import Snapshot
from operators.market.series import Fed, Series
from operators.strategy.catalog import Catalog
from operators.tally import Tally
from schemas.alert import Alert, alert_id
from schemas.candle_row import CandleRow
from schemas.dead_letter import DeadLetter, Reason, dead_letter
from schemas.record import from_milliseconds
from schemas.timeframe import timeframe_ms

SCHEMA_VERSION = 2

Output = Fed | DeadLetter | Alert


class MarketStep:
    """Key ``symbol``. Turns candles and commands into frames and transitions for each strategy on each timeframe.

    Exact duplicates are dropped, gaps flagged, candles that are out of order or contradict an earlier one refused. A
    command takes effect between two candles of a series and is passed on with the bar that it took effect at. State:
    per timeframe the bounded candle history and its lifecycle, and the newest commands for timeframes yet to come.
    """

    def __init__(
        self, catalog: Catalog, tally: Tally, history_bars: int, gap_tolerance_bars: int, resume: Snapshot | None = None
    ) -> None:
        self._catalog = catalog
        self._tally = tally
        self._history_bars = history_bars
        self._gap_tolerance_bars = gap_tolerance_bars
        self._symbol = ""
        self._series: dict[str, Series] = {}
        self._commands: dict[str, list[Scheduled]] = {}
        if resume is not None:
            if resume["schema_version"] != SCHEMA_VERSION:
                message = f"expected market state of schema version {SCHEMA_VERSION}, got {resume['schema_version']}"
                raise ValueError(message)
            if resume["parameters"] != self._parameters:
                raise ValueError(
                    f"expected the state of a market with {self._parameters}, got one with {resume['parameters']}: run "
                    "with the settings that the recovery store was made with, or begin with an empty one"
                )
            self._restore(resume)

    @property
    def _parameters(self) -> dict[str, int]:
        """What the answers depend on beside the feed; state that was made with others is refused."""
        return {"history_bars": self._history_bars, "gap_tolerance_bars": self._gap_tolerance_bars}

    def _restore(self, resume: Snapshot) -> None:
        state: dict[str, Any] = resume
        self._symbol = state["symbol"]
        for timeframe, series in state["series"].items():
            self._series[timeframe] = Series(self._symbol, timeframe, self._catalog, self._history_bars, series)
        self._commands = {
            strategy: [looked_up(text, self._catalog) for text in texts]
            for strategy, texts in state["commands"].items()
        }

    def snapshot(self) -> Snapshot:
        """Every series and the newest commands, as primitives."""
        return {
            "schema_version": SCHEMA_VERSION,
            "parameters": self._parameters,
            "symbol": self._symbol,
            "series": {timeframe: series.snapshot() for timeframe, series in self._series.items()},
            "commands": {strategy: [one.text for one in queue] for strategy, queue in self._commands.items()},
        }

    @property
    def finished(self) -> bool:
        """A symbol is never forgotten: nobody can know that no candle of it will come."""
        return False

    def on_batch(self, events: Iterable[CandleBatch | Command]) -> list[Output]:
        """Work candles and commands in order."""
        out: list[Output] = []
        for event in events:
            self._symbol = event.symbol
            if isinstance(event, Command):
                self._command(Scheduled(event.desired, event.version))
            else:
                for index, row in enumerate(event.rows):
                    self._candle(event, index, row, out)
        for series in self._series.values():
            series.flush(out)
        return out

    def _command(self, scheduled: Scheduled) -> None:
        self._catalog.add(scheduled.version)
        for series in self._series.values():
            series.command(scheduled)
        strategy = scheduled.desired.strategy
        self._commands[strategy] = superseded(self._commands.get(strategy, []), scheduled)

    def _candle(self, event: CandleBatch, index: int, row: CandleRow, out: list[Output]) -> None:
        timeframe, open_time = row[1], row[2]
        series = self._series.get(timeframe)
        if series is None:
            series = self._series[timeframe] = Series(event.symbol, timeframe, self._catalog, self._history_bars)
            for queue in self._commands.values():
                for scheduled in queue:
                    series.command(scheduled)
        newest = series.newest
        if newest is not None and open_time <= newest:
            self._not_new(series, event, index, out)
            return
        missing = series.missing_before(open_time)
        if missing > self._gap_tolerance_bars:
            out.append(self._gap(series, open_time, missing))
        self._tally.candles += 1
        series.candle(row, out)

    def _not_new(self, series: Series, event: CandleBatch, index: int, out: list[Output]) -> None:
        row = event.rows[index]
        repeats = series.repeats(row)
        if repeats:
            self._tally.duplicates += 1
            return
        opened = from_milliseconds(row[2]).isoformat()
        if repeats is None:
            newest = from_milliseconds(series.newest or 0).isoformat()
            reason, detail = Reason.OUT_OF_ORDER, f"candle {opened} came after {newest}"
        else:
            reason, detail = Reason.CONFLICTING_DUPLICATE, f"candle {opened} was taken before with other values"
        self._tally.dead_letters += 1
        out.append(
            dead_letter(
                reason,
                f"{event.symbol} {series.timeframe}: {detail}",
                topic=event.topic,
                partition=event.partition,
                offset=event.offsets[index],
                key=event.symbol.encode(),
                value=event.payloads[index],
                event_time=from_milliseconds(row[2] + timeframe_ms(series.timeframe)),
            )
        )

    def _gap(self, series: Series, open_time: int, missing: int) -> Alert:
        self._tally.gaps += 1
        since = from_milliseconds((series.newest or 0) + timeframe_ms(series.timeframe))
        event_time = from_milliseconds(open_time)
        count = "1 candle is" if missing == 1 else f"{missing} candles are"
        return Alert(
            id=alert_id("gap", series.symbol, series.timeframe, event_time),
            kind="gap",
            severity="warning",
            symbol=series.symbol,
            timeframe=series.timeframe,
            event_time=event_time,
            message=f"{count} missing from {since.isoformat()} to {event_time.isoformat()}",
        )
