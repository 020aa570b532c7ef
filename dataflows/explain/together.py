"""A strategy whose positions are counted together, worked up to an instant on all its symbols, to explain one."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from itertools import groupby

from dataflows.explain.bar import AtBar
from dataflows.explain.instant import Instant
from dataflows.explain.run import Event, SymbolRun, enough_ms, time_text
from dataflows.explain.series import SeriesRun
from dataflows.explain.together_feed import newest_close
from dataflows.graph import Parameters
from operators.events import CandleBatch, Frames, Reached, Rolled, Shared, Transition
from operators.lift import Snapshot
from operators.market.step import MarketStep
from operators.strategy.step import Output, StrategyStep
from operators.tally import Tally
from operators.together.step import SeriesStep, TogetherStep
from schemas.names import did_you_mean
from schemas.strategy import StrategyConfig


class TogetherRun(SymbolRun):
    """As ``SymbolRun``, for a strategy that is worked on all its symbols in one order, and waits for each of them.

    The others are worked as the engine works them, so that refusals come out as there. What comes may be of any of the
    symbols.

    Args:
        config: any version of the strategy, for all of them count the same symbols together.
        symbol: that which is asked about, one of those.
        timeframe: the only one that is asked about; None for whatever it runs on.
        instant: up to when.
        parameters: of the graph.
        seen: symbols that there are candles of, for whoever has mistyped one; read at the end.
    """

    def __init__(  # noqa: PLR0913, PLR0917  # what is asked, of whom, and what the graph depends on
        self,
        config: StrategyConfig,
        symbol: str,
        timeframe: str | None,
        instant: Instant,
        parameters: Parameters,
        seen: Collection[str] = (),
    ) -> None:
        super().__init__(config.id, timeframe, instant, parameters)
        self._asked = symbol.replace("/", "")
        self._seen = seen
        others = sorted(config.counted_together - {self._asked})
        self._markets = {self._asked: self._market}
        self._markets |= {other: MarketStep(self._catalog, Tally(), parameters) for other in others}
        self._newest = dict.fromkeys(self._markets, 0)
        self._reached: dict[str, int] = {}
        self._together = TogetherStep(self._catalog, Tally(), open_series=self._opened)
        self._beside: tuple[str, ...] = ()

    @property
    def finished(self) -> bool:
        """Whether nothing that comes could change the answer."""
        return self._is_answered or min(self._newest.values()) > enough_ms(self._instant)

    def take(self, events: Iterable[Event]) -> None:
        """What comes next of one symbol or several. One that is far enough beyond the bar is heard no more."""
        fed: list[Shared | Reached] = []
        for symbol, own in groupby(events, lambda one: one.symbol.replace("/", "")):
            if self._newest.get(symbol, 0) <= enough_ms(self._instant):
                fed += self._worked(symbol, list(own))
        self._together.on_batch(fed)

    def _worked(self, symbol: str, events: list[Event]) -> Iterator[Shared | Reached]:
        """What a symbol has for the strategy."""
        market = self._markets.get(symbol)
        if market is None:
            return
        is_asked = symbol == self._asked
        kept = self._heard(events) if is_asked else self._concerning(events)
        if any(isinstance(one, CandleBatch) for one in kept):
            self._newest[symbol] = max(self._newest[symbol], newest_close(kept))
        for item in market.on_batch(kept):
            if isinstance(item, Reached):
                self._reached[symbol] = item.until
                yield item
            elif isinstance(item, Shared):
                if is_asked:
                    self._series_of(item.key)  # it runs there, though nothing may have been worked yet
                yield item

    def _opened(self, key: str, resume: Snapshot | None) -> SeriesStep:
        _, symbol, timeframe = key.split("|")
        if symbol.replace("/", "") == self._asked and self._timeframe in {None, timeframe}:
            return _Listened(self._series_of(key), lambda: self._note_beside(key))
        return StrategyStep(self._catalog, Tally(), resume)

    def _note_beside(self, key: str) -> None:
        self._beside = tuple(self._together.occupied_beside(key))

    def at_bar(self, where: str) -> AtBar:
        """The bar that was asked about, worked or not: then it says for whom it waits.

        Raises:
            CandelabraError: as ``SymbolRun.at_bar``.
        """
        at = super().at_bar(where)
        if any(run.found is at for run in self.series.values()):
            return replace(at, beside=self._beside)
        waits = [one for one in self._markets if self._reached.get(one, 0) < at.bar.close_time]
        if not waits:
            return at
        return replace(at, waits="the strategy waits for " + " and for ".join(self._lack(one, where) for one in waits))

    def _lack(self, symbol: str, where: str) -> str:
        newest = self._newest[symbol]
        if not newest:
            return f"{symbol}, of which {where} has no candles{did_you_mean(symbol, self._others_seen())}"
        if symbol not in self._reached:
            return f"{symbol}, of which {where} has one candle: its base timeframe is certain with the second"
        return f"{symbol}, whose candles end at {time_text(newest)} UTC"

    def _others_seen(self) -> list[str]:
        """The symbols that there are candles of and that the strategy does not name."""
        return [one for one in self._seen if one.replace("/", "") not in self._markets]


class _Listened:
    """The series that is asked about, in its place among the others.

    ``note`` is called once the bar that is asked about has been worked, before anything else is.
    """

    def __init__(self, run: SeriesRun, note: Callable[[], None]) -> None:
        self._run = run
        self._note = note

    def on_batch(self, events: Iterable[Frames | Transition | Rolled]) -> Iterable[Output]:
        """Work events in order; what comes of them is kept by the run."""
        for event in events:
            before = self._run.found
            self._run.take(event)
            if before is None and self._run.found is not None:
                self._note()
        return ()

    def snapshot(self) -> Snapshot:
        """Of the step as it stands."""
        return self._run.step.snapshot()

    @property
    def finished(self) -> bool:
        """Whether it was stopped."""
        return self._run.step.finished

    @property
    def is_occupied(self) -> bool:
        """Whether it holds something, or waits for a fill."""
        return self._run.step.is_occupied

    def count_with(self, others: Callable[[], int], symbol: str, timeframe: str) -> None:
        """Count its position together with others."""
        self._run.count_with(others, symbol, timeframe)
