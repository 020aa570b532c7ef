"""The control topic of the proof: a watchlist, six strategies, a portfolio, and what their owner changes meanwhile."""

import json
from collections.abc import Sequence
from datetime import datetime

from dataflows.prove.happenings import Sent
from dataflows.prove.strategies import by_day, by_style, everywhere, latecomer, referring, together
from operators.control.records import ControlRecord
from schemas.lifecycle import DesiredState, StrategyVersion
from schemas.portfolio import PortfolioConfig, PortfolioEntry, PortfolioReset
from schemas.record import from_milliseconds
from schemas.strategy import StrategyConfig
from schemas.watchlist import AssetConfig, WatchlistEntry

MINUTE_MS = 60_000
HALF_A_MINUTE_MS = MINUTE_MS // 2
"""Some commands name a time that no candle opens or closes at."""


class Script:
    """Records in the order of the topic, by parts of the whole stretch of event time."""

    def __init__(self, first: int, last: int) -> None:
        self._first, self._last = first, last
        self._commands = 0
        self.sent: list[Sent] = []

    def ms(self, part: float) -> int:
        """The minute at which so much of the stretch is over."""
        return self._first + round((self._last - self._first) * part / MINUTE_MS) * MINUTE_MS

    def send(self, part: float, record: ControlRecord) -> None:
        """One record, once so much of the stretch is over; 0 is before the first candle."""
        self.sent.append(Sent(self.ms(part), record))

    def version(self, part: float, config: StrategyConfig, number: int = 1) -> None:
        """A version of a strategy."""
        self.send(part, StrategyVersion(strategy=config.id, version=number, config=config))

    def want(  # noqa: PLR0913  # a command has as many parts
        self,
        part: float,
        strategy: str,
        state: str,
        *,
        number: int = 1,
        generation: int = 0,
        since: float | None = None,
        shift: int = 0,
    ) -> None:
        """A command; ``since`` is the part of the stretch from which it holds, the next candle without one."""
        effective = None if since is None else self._after(part, self.ms(since) + shift)
        document = {
            "strategy": strategy,
            "version": number,
            "state": state,
            "generation": generation,
            "effective_from": effective,
            "command": self._command(),
        }
        self.send(part, DesiredState.model_validate(document))

    def watch(self, part: float, symbol: str, asset: AssetConfig | None, *, since: float | None = None) -> None:
        """What the watchlist says of a symbol; None takes it off."""
        effective = None if since is None else self._after(part, self.ms(since))
        entry = WatchlistEntry(symbol=symbol, asset=asset, effective_from=effective, command=self._command())
        self.send(part, entry)

    def enrol(self, part: float, config: PortfolioConfig, *, since: float | None = None) -> None:
        """What is wanted of a portfolio."""
        effective = None if since is None else self._after(part, self.ms(since))
        command = self._command()
        self.send(part, PortfolioEntry(portfolio=config.id, config=config, effective_from=effective, command=command))

    def lift(self, part: float, portfolio: str, *, since: float) -> None:
        """The reset of a portfolio's kill switch."""
        effective = self._after(part, self.ms(since))
        self.send(part, PortfolioReset(portfolio=portfolio, effective_from=effective, command=self._command()))

    def _after(self, part: float, ms: int) -> datetime:
        """A time that a command names: later than it is sent, however short the stretch, or it would come too late."""
        return from_milliseconds(max(ms, self.ms(part) + HALF_A_MINUTE_MS))

    def _command(self) -> str:
        self._commands += 1
        return f"prove:{self._commands}"


def script(symbols: Sequence[str], first: int, last: int, *, quiet: bool) -> list[Sent]:
    """Everything that an owner can do, spread over the event time from ``first`` to ``last`` (milliseconds)."""
    told = Script(first, last)
    watched = symbols[:-1] if len(symbols) > 1 else symbols
    for number, symbol in enumerate(watched):
        told.watch(0, symbol, asset(symbol, number, quiet=quiet))
    for config in (everywhere(), by_day(), by_style(), referring(), together(symbols)):
        told.version(0, config)
        told.want(0, config.id, "running")
    told.enrol(0, everything(symbols))
    told.want(0.2, "everywhere", "paused", since=0.24, shift=HALF_A_MINUTE_MS)
    told.want(0.22, "everywhere", "running", since=0.28)
    told.watch(0.3, symbols[-1], asset(symbols[-1], len(symbols) - 1, quiet=quiet), since=0.33)
    told.want(0.36, "together", "paused")
    told.version(0.4, everywhere(45), 2)
    told.want(0.4, "everywhere", "running", number=2, since=0.42)
    told.want(0.44, "together", "running", generation=1)
    told.lift(0.45, "everything", since=0.46)
    told.want(0.48, "referring", "stopped")
    told.watch(0.5, symbols[0], asset(symbols[0], 3, quiet=quiet), since=0.52)
    told.want(0.55, "by_day", "running", generation=1, since=0.56, shift=-HALF_A_MINUTE_MS)
    told.version(0.6, latecomer())
    told.want(0.6, "latecomer", "running", since=0.62)
    told.version(0.64, together(symbols, 48), 2)
    told.want(0.64, "together", "running", number=2, generation=1, since=0.66)
    told.watch(0.65, symbols[-1], None, since=0.67)
    told.watch(0.7, symbols[-1], asset(symbols[-1], 0, quiet=quiet))
    told.enrol(0.72, everything(symbols, conflict="first"), since=0.74)
    told.want(0.75, "referring", "running")
    told.want(0.8, "everywhere", "running", since=0.82)
    off = asset(symbols[0], 0, quiet=quiet).model_copy(update={"enabled": False})
    told.watch(0.85, symbols[0], off, since=0.86)
    told.lift(0.88, "everything", since=0.89)
    told.watch(0.9, symbols[0], asset(symbols[0], 0, quiet=quiet), since=0.91)
    told.want(0.93, "together", "stopped")
    told.want(0.94, "by_style", "stopped", since=0.95)
    return told.sent


def asset(symbol: str, number: int, *, quiet: bool) -> AssetConfig:
    """One of four kinds of watchlist entries, so that neighbours differ."""
    kinds: tuple[dict[str, object], ...] = (
        {"timeframes": ["1m", "5m", "15m", "1h", "4h", "1d"], "consensus": {"cool_down": "5m"}},
        {
            "timeframes": [
                {"name": "5m", "aggregation_method": "vwap"},
                {"name": "15m", "trading_style": "swing"},
                {"name": "30m", "enabled": False},
                {"name": "2h", "buffer_size": 64},
            ],
            "base_timeframe": "1m",
            "quiet_market": True,
        },
        {
            "timeframes": [{"name": "15m", "aggregation_method": "typical"}, "1h", "1d", "1w"],
            "base_timeframe": "1m",
            "session": {"zone": "America/New_York", "opens": "09:30", "closes": "16:00", "days": "mon-fri"},
        },
        {
            "timeframes": ["1m", "3m", "30m", "6h"],
            "consensus": {
                "windows": {"day": {"length": "20m", "every": "1m"}},
                "weights": {"1m": 0.5},
                "minimum_strategies": 1,
                "minimum_agreement": 0.6,
                "top": 1,
            },
        },
    )
    chosen = kinds[number % len(kinds)]
    return AssetConfig.model_validate({"symbol": symbol, **chosen, **({"quiet_market": True} if quiet else {})})


def everything(symbols: Sequence[str], conflict: str = "net") -> PortfolioConfig:
    """All strategies on all symbols; its limits are narrow, and its kill switch trips soon."""
    document = {
        "id": "everything",
        "symbols": list(symbols),
        "limits": {"max_gross_exposure": 0.5, "max_symbol_exposure": 0.25},
        "conflict": conflict,
        "kill_switch": {"action": "flatten", "max_drawdown": 0.0005},
    }
    return PortfolioConfig.model_validate_json(json.dumps(document))
