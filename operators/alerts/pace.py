"""When candles and signals came last, in event time: what tells a feed that stops and a strategy that says nothing."""

from collections.abc import Iterator, Mapping
from typing import Any

from operators.alerts.source import Source, series
from schemas.lifecycle import State, StrategyStatus
from schemas.record import to_milliseconds
from schemas.timeframe import timeframe_ms


class Pace:
    """The newest candle of each symbol, the strategies that run, and the newest signal of each; times in ms."""

    def __init__(self, resume: Mapping[str, Any] | None = None) -> None:
        state = resume or {"candles": {}, "running": {}, "signals": {}}
        self._candles: dict[str, tuple[str, int]] = {key: (one[0], one[1]) for key, one in state["candles"].items()}
        self._running: dict[str, int | None] = dict(state["running"])
        self._signals: dict[str, int] = dict(state["signals"])

    def snapshot(self) -> dict[str, Any]:
        """The state as primitives."""
        return {
            "candles": {key: list(one) for key, one in self._candles.items()},
            "running": dict(self._running),
            "signals": dict(self._signals),
        }

    def candle(self, symbol: str, timeframe: str, close_ms: int) -> None:
        """A closed candle of the feed."""
        known = self._candles.get(symbol)
        if known is None or close_ms > known[1]:
            self._candles[symbol] = timeframe, close_ms

    def signal(self, strategy: str, symbol: str, timeframe: str, close_ms: int) -> None:
        """A signal."""
        name = series(strategy, symbol, timeframe).name
        self._signals[name] = max(close_ms, self._signals.get(name, close_ms))

    def status(self, status: StrategyStatus) -> None:
        """An answer of a strategy on a series; others say nothing here."""
        if status.symbol is None or status.timeframe is None:
            return
        if status.state is not State.RUNNING:
            self._running[status.key] = None
        elif self._running.get(status.key) is None:
            since = to_milliseconds(status.effective_bar) if status.effective_bar else self.newest(status.symbol)
            self._running[status.key] = since

    def newest(self, symbol: str) -> int | None:
        """The close of a symbol's newest candle."""
        known = self._candles.get(symbol)
        return None if known is None else known[1]

    def symbols(self) -> Iterator[tuple[str, int, int]]:
        """Each symbol with the close of its newest candle and the length of its candles."""
        for symbol, (timeframe, close_ms) in sorted(self._candles.items()):
            yield symbol, close_ms, timeframe_ms(timeframe)

    def silences(self) -> Iterator[tuple[Source, int, float]]:
        """Each series that ever ran, its event time, and for how many seconds it has said nothing: 0 if it rests."""
        for name, since in sorted(self._running.items()):
            strategy, symbol, timeframe = name.split("|")
            now = self.newest(symbol)
            if now is None:
                continue
            spoken = max((one for one in (since, self._signals.get(name)) if one is not None), default=now)
            silence = 0.0 if since is None else max(0, now - spoken) / 1000
            yield series(strategy, symbol, timeframe), now, silence
