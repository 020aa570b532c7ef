"""What an owner does while everything breaks: strategies and a portfolio come, change, stop; so does the watchlist."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from dataflows.chaos.inputs import TIMEFRAMES
from dataflows.chaos.portfolio_owner import PortfolioOwner
from dataflows.prove.strategies import by_day, by_style, everywhere, latecomer, referring, together
from operators.control.portfolios import Wanted
from operators.control.records import ControlRecord
from schemas.lifecycle import DesiredState, StrategyVersion
from schemas.record import from_milliseconds
from schemas.strategy import StrategyConfig
from schemas.watchlist import AssetConfig, WatchlistEntry

MINUTE_MS = 60_000
SOONEST_MINUTES = 20
"""How far ahead in event time a command names the time from which it holds, at least: so much later than it is sent
must the first candle come that it holds for."""
SPREAD_MINUTES = 40
"""By how much more, at most."""
LATECOMERS = 3


@dataclass
class _Kept:
    """What its owner believes of a strategy."""

    version: int = 1
    highest: int = 1
    state: str = "running"
    generation: int = 0


class Owner:
    """Gives records of the control topic, at random from a seed. What it gives is in order with what it gave before.

    The watchlist's last symbol is the one whose entry changes: all others keep theirs from before the first candle.
    """

    def __init__(self, symbols: Sequence[str], chance: Random, *, soonest_minutes: int = SOONEST_MINUTES) -> None:
        self._chance = chance
        self._soonest = soonest_minutes
        self._symbols = list(symbols)
        self.changing = symbols[-1]
        self._strategies: dict[str, _Kept] = {}
        self._portfolio = PortfolioOwner(self._symbols, chance, self._command)
        self._commands = 0
        self._newest: DesiredState | Wanted | None = None

    def opening(self) -> list[ControlRecord]:
        """Before the first candle: the watchlist but for its last symbol, five strategies that run, and a portfolio."""
        found: list[ControlRecord] = [self._entry(symbol, number) for number, symbol in enumerate(self._symbols[:-1])]
        for config in (everywhere(), by_day(), by_style(), referring(), together(self._symbols)):
            found += self._begin(config, None)
        return [*found, self._portfolio.opening()]

    def next(self, now: int) -> list[ControlRecord]:
        """One thing that an owner does, in one or two records. ``now``: the latest event time that was fed, in ms."""
        since = None
        if self._chance.random() < 0.5:  # noqa: PLR2004  # one half names its time
            halves = self._chance.randint(2 * self._soonest, 2 * (self._soonest + SPREAD_MINUTES))
            since = now + halves * MINUTE_MS // 2
        deeds: list[tuple[int, Callable[[int | None], list[ControlRecord]]]] = [
            (4, self._turn),
            (2, self._restart),
            (3, self._update),
            (2, self._roll_back),
            (1, self._deploy),
            (3, self._list),
            (2, self._change_portfolio),
            (1, self._remove_portfolio),
            (3, self._reset),
            (1, self._ask_the_impossible),
            (1, self._repeat),
        ]
        (deed,) = self._chance.choices([deed for _, deed in deeds], [weight for weight, _ in deeds])
        return deed(since)

    def _turn(self, since: int | None) -> list[ControlRecord]:
        """Pause, stop or start."""
        name, kept = self._any()
        states = [state for state in ("running", "running", "paused", "stopped") if state != kept.state]
        kept.state = self._chance.choice(states)
        return [self._want(name, since)]

    def _restart(self, since: int | None) -> list[ControlRecord]:
        name, kept = self._any()
        kept.generation += 1
        kept.state = "running"
        return [self._want(name, since)]

    def _update(self, since: int | None) -> list[ControlRecord]:
        kept = self._strategies["everywhere"]
        kept.highest += 1
        kept.version = kept.highest
        kept.state = "running"
        config = everywhere(35 + kept.version % 12)
        version = StrategyVersion(strategy="everywhere", version=kept.version, config=config)
        return [version, self._want("everywhere", since)]

    def _roll_back(self, since: int | None) -> list[ControlRecord]:
        kept = self._strategies["everywhere"]
        kept.version = self._chance.randint(1, kept.highest)
        kept.state = "running"
        return [self._want("everywhere", since)]

    def _deploy(self, since: int | None) -> list[ControlRecord]:
        late = sum(name.startswith("latecomer") for name in self._strategies)
        if late == LATECOMERS:
            return self._turn(since)
        config = latecomer().model_copy(update={"id": f"latecomer_{late + 1}"})
        return self._begin(config, since)

    def _list(self, since: int | None) -> list[ControlRecord]:
        """Another word on the one symbol; now and then it is taken off."""
        taken_off = self._chance.random() < 0.25  # noqa: PLR2004  # one in four
        number = self._chance.randrange(4)
        return [self._entry(self.changing, number, since=since, taken_off=taken_off)]

    def _change_portfolio(self, since: int | None) -> list[ControlRecord]:
        return self._of_portfolio(self._portfolio.change(since))

    def _remove_portfolio(self, since: int | None) -> list[ControlRecord]:
        return self._of_portfolio(self._portfolio.remove(since))

    def _reset(self, since: int | None) -> list[ControlRecord]:
        return self._of_portfolio(self._portfolio.reset(since))

    def _of_portfolio(self, record: Wanted) -> list[ControlRecord]:
        self._newest = record
        return [record]

    def _ask_the_impossible(self, since: int | None) -> list[ControlRecord]:
        name, kept = self._any()
        return [self._want(name, since, version=kept.highest + 7)]

    def _repeat(self, since: int | None) -> list[ControlRecord]:
        """The newest command once more, to the letter: it changes nothing."""
        return [self._newest] if self._newest else self._turn(since)

    def _any(self) -> tuple[str, _Kept]:
        name = self._chance.choice(sorted(self._strategies))
        return name, self._strategies[name]

    def _begin(self, config: StrategyConfig, since: int | None) -> list[ControlRecord]:
        self._strategies[config.id] = _Kept()
        return [StrategyVersion(strategy=config.id, version=1, config=config), self._want(config.id, since)]

    def _want(self, name: str, since: int | None, *, version: int | None = None) -> DesiredState:
        kept = self._strategies[name]
        document = {
            "strategy": name,
            "version": version or kept.version,
            "state": kept.state,
            "generation": kept.generation,
            "effective_from": None if since is None else from_milliseconds(since),
            "command": self._command(),
        }
        desired = self._newest = DesiredState.model_validate(document)
        return desired

    def _entry(self, symbol: str, number: int, *, since: int | None = None, taken_off: bool = False) -> WatchlistEntry:
        effective = None if since is None else from_milliseconds(since)
        asset = None if taken_off else _asset(symbol, number)
        return WatchlistEntry(symbol=symbol, asset=asset, effective_from=effective, command=self._command())

    def _command(self) -> str:
        self._commands += 1
        return f"chaos:{self._commands}"


def _asset(symbol: str, number: int) -> AssetConfig:
    """One of four kinds of entries, all with the five timeframes and weighed among strategies."""
    kinds: tuple[dict[str, object], ...] = (
        {"consensus": {"cool_down": "5m"}},
        {"consensus": {"windows": {"day": {"length": "20m", "every": "1m"}}, "minimum_strategies": 1, "top": 1}},
        {"consensus": {"minimum_strategies": 1, "minimum_agreement": 0.6}, "quiet_market": True},
        {"consensus": {"weights": {"1m": 0.5}}, "base_timeframe": "1m"},
    )
    document = {"symbol": symbol, "timeframes": list(TIMEFRAMES), **kinds[number % len(kinds)]}
    return AssetConfig.model_validate(document)
