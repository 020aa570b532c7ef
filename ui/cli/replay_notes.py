"""What a replay has to say beside its counts: why a strategy ran on nothing, which symbols and candles were missing."""

import re
from collections import Counter
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from schemas.binding import binds_symbol
from schemas.composite import ALL_STRATEGIES
from schemas.lifecycle import State, StrategyStatus
from schemas.names import did_you_mean
from schemas.record import from_milliseconds
from schemas.trading_style import TRADING_STYLES
from ui.cli.files import places
from ui.cli.printing import counted
from ui.cli.strategy_report import minute

if TYPE_CHECKING:
    from pathlib import Path

    from dataflows.candle_files import CandleFile
    from dataflows.demo_data import DemoCandles
    from dataflows.replay import Replayed
    from operators.tally import Tally
    from schemas.portfolio import PortfolioConfig
    from schemas.strategy import StrategyConfig
    from schemas.watchlist import AssetConfig

_LATE_MS = 7 * 86_400_000
"""By how much a symbol may begin after another before that is worth a word."""
_NAMED = 3
"""Symbols that are named; of more their number is told."""
_MANY_PARTIAL = 20
"""Partial bars from which on they are a trait of the market rather than of the feed,"""
_CANDLES_A_PARTIAL = 100
"""if there is at least one to so many candles."""


def notes(
    result: "Replayed",
    configs: "Sequence[StrategyConfig]",
    portfolios: "Sequence[PortfolioConfig]",
    name: str,
    watchlist: "Sequence[AssetConfig] | None",
) -> list[str]:
    """All that has to be said of a replay on the file of this name."""
    evaluated = result.tally.evaluated
    found = [
        lacking(result, name, watchlist or ()),
        quiet(partial_bars(result), result.tally.candles),
        *(waits(one, result, name) for one in portfolios),
        *(not_replayed(one, configs) for one in portfolios),
        *(
            held_back(one, result, name) or without_candles(one, result, name)
            if evaluated.get(one.id)
            else f"{one.id} ran on nothing: {why_nothing(one, result, name, watchlist)}"
            for one in configs
        ),
    ]
    return [note for note in found if note]


def refused(result: "Replayed", source: "CandleFile | DemoCandles", folder: "Path | None") -> str:
    """How many rows were refused, where the first is and why; empty where none was."""
    letters = result.dead_letters
    if not letters:
        return ""
    first = min(letters, key=lambda one: one.offset)
    place = places(source, [first.offset])[first.offset]
    why = re.sub(r"^(row|line) [0-9,]+: ", "", first.detail) + place.seen
    kept = "with --out FOLDER all are kept" if folder is None else f"all are in {folder / 'dead-letter.jsonl'}"
    return f"{source.name}: {counted(len(letters), 'row')} refused, the first in {place.where}: {why}; {kept}"


def follows_nothing(portfolio: "PortfolioConfig", configs: "Sequence[StrategyConfig]", result: "Replayed") -> bool:
    """Whether a portfolio has not begun, or names strategies alone that are not replayed."""
    if all(one.portfolio != portfolio.id for one in result.portfolio_metrics):
        return True
    replayed = {one.id for one in configs}
    return bool(portfolio.strategies) and replayed.isdisjoint(portfolio.strategies)


def came_to_nothing(
    result: "Replayed", configs: "Sequence[StrategyConfig]", portfolios: "Sequence[PortfolioConfig]", name: str
) -> str:
    """Why a replay is no success: nothing ran, or nothing was followed though portfolios were given; else empty."""
    if not result.tally.evaluations:
        whose = f"{configs[0].id} was not" if len(configs) == 1 else f"none of the {len(configs):,} strategies was"
        return f"nothing was replayed: {whose} evaluated at any bar of {name}"
    if portfolios and all(follows_nothing(one, configs, result) for one in portfolios):
        return f"no portfolio followed anything: {_some([one.id for one in portfolios])}"
    return ""


def why_nothing(
    config: "StrategyConfig", result: "Replayed", name: str, watchlist: "Sequence[AssetConfig] | None"
) -> str:
    """Why a strategy was evaluated at no bar, the likeliest cause first.

    Args:
        config: the strategy.
        result: what came out.
        name: of the file.
        watchlist: what was on the watchlist; None where none was given.
    """
    if not result.tally.candles and result.dead_letters:
        return _all_refused(result, name)
    missing = [one for one in config.symbols if not _is_there(one, result)]
    if config.counted_together and missing and len(missing) < len(config.symbols):
        return (
            f"it counts the positions of its {len(config.counted_together)} symbols together, and waits for "
            f"{_some(missing)}, of which {name} has no candle{_meant(missing, result)}"
        )
    own = [one for one in result.statuses if one.strategy == config.id and one.symbol is not None]
    quarantined = [one for one in own if one.state is State.QUARANTINED]
    if quarantined:
        reason = Counter(one.reason or "" for one in quarantined).most_common(1)[0][0]
        return f"{reason} ({_series([one for one in quarantined if (one.reason or '') == reason])})"
    running = [one for one in own if one.state is State.RUNNING]
    if running:
        told = next((f": {one.reason}" for one in running if one.reason), "")
        return f"no bar of {_series(running)} closed in {name} after its warm-up{told}"
    styles = [one for one in config.timeframes if one in TRADING_STYLES]
    if styles and watchlist is None and any(_means(config, symbol) for symbol in result.symbols):
        return (
            f"styles such as {styles[0]} mean what --watchlist FILE says; without one they mean the candles of {name} "
            "alone, by their length"
        )
    symbols, timeframes = ", ".join(config.symbols), ", ".join(config.timeframes)
    listed = " on the watchlist" if watchlist else ""
    meant = "" if watchlist else _meant(config.symbols, result)
    return f"it is for {symbols} on {timeframes}, and {name} has none of that{listed}{meant}"


def without_candles(config: "StrategyConfig", result: "Replayed", name: str) -> str:
    """Which of the symbols that a strategy names a file has no candle of, while it ran on others; else empty."""
    missing = [one for one in config.symbols if not _is_there(one, result)]
    if not missing:
        return ""
    return f"{config.id} names {_some(missing)}, and {name} has no candle of {_them(missing)}{_meant(missing, result)}"


def held_back(config: "StrategyConfig", result: "Replayed", name: str) -> str:
    """Which bars a strategy did not work, or worked late, because one of its symbols has no candles there; else empty.

    Only one whose positions are counted together waits for its symbols.
    """
    together = config.counted_together
    spans = {symbol: span for symbol, span in result.symbols.items() if symbol.replace("/", "") in together}
    if len(spans) < 2:  # noqa: PLR2004  # nobody waits for one alone
        return ""
    first, last = max(spans, key=lambda one: spans[one][0]), min(spans, key=lambda one: spans[one][1])
    (begins, ends), begun = (spans[first][0], spans[last][1]), min(span[0] for span in spans.values())
    found = []
    if ends < max(span[1] for span in spans.values()):
        found.append(
            f"no bar after {minute(from_milliseconds(ends))} UTC was worked, for it waits for {last}, whose candles in "
            f"{name} end there"
        )
    if begins - begun > _LATE_MS:
        found.append(
            f"live, nothing would have been worked before {minute(from_milliseconds(begins))} UTC, when the candles of "
            f"{first} begin"
        )
    return f"{config.id} counts its positions together: {'; and '.join(found)}" if found else ""


def lacking(result: "Replayed", name: str, watchlist: "Sequence[AssetConfig]") -> str:
    """Which symbols of the watchlist a file has no candle of; empty where it has all."""
    missing = [asset.symbol for asset in watchlist if asset.symbol not in result.symbols]
    return f"{name} has no candles of {_some(missing)}, on the watchlist" if missing else ""


def partial_bars(result: "Replayed") -> "Counter[str]":
    """How many bars were made without some of their candles, by symbol."""
    return Counter(alert.symbol for alert in result.alerts if alert.kind == "partial" and alert.symbol is not None)


def quiet(partial: "Counter[str]", candles: int) -> str:
    """What to do about partial bars where they are many; empty where they are few."""
    count = partial.total()
    if count < _MANY_PARTIAL or count * _CANDLES_A_PARTIAL < candles:
        return ""
    symbols = [symbol for symbol, _ in sorted(partial.items(), key=lambda one: (-one[1], one[0]))]
    return (
        f"{count:,} bars lack candles ({_some(symbols)}): if no trade makes no candle there, say "
        '"quiet_market": true on the watchlist, and such bars are complete'
    )


def counts_told(tally: "Tally", partial: int) -> str:
    """What became of the candles in a line; of late signals and consensus where there are composites."""
    composites = tally.composites
    late = f"   late signals {tally.late_signals:,}" if composites or tally.late_signals else ""
    lacked = f"   partial bars {partial:,}" if partial else ""
    agreed = f"   consensus {composites[ALL_STRATEGIES]:,}" if ALL_STRATEGIES in composites else ""
    rest = f"gaps {tally.gaps:,}   duplicates {tally.duplicates:,}   dead letters {tally.dead_letters:,}"
    return f"{rest}{lacked}{late}{agreed}"


def _all_refused(result: "Replayed", name: str) -> str:
    letters = result.topics()["dead-letter"]  # in the order of the file
    reason, count = Counter(letter.reason for letter in result.dead_letters).most_common(1)[0]
    detail = next(letter.detail for letter in result.dead_letters if letter.reason == reason)
    most = "" if count == len(letters) else f", {count:,} of them"
    return f"every candle of {name} was refused ({len(letters):,}){most} as {reason}, such as {detail}"


def _is_there(symbol: str, result: "Replayed") -> bool:
    """Whether there is a candle of a symbol, or of any that a pattern means; a slash does not count."""
    return any(fnmatchcase(one.replace("/", ""), symbol.replace("/", "")) for one in result.symbols)


def _meant(names: Sequence[str], result: "Replayed") -> str:
    """The symbol that is nearest to the first of them that is not there."""
    return next((did_you_mean(one, result.symbols) for one in names if not _is_there(one, result)), "")


def _them(names: Sequence[str]) -> str:
    return "it" if len(set(names)) == 1 else "them"


def _means(config: "StrategyConfig", symbol: str) -> bool:
    return binds_symbol(config, symbol, listed=False, exists=False)


def _series(statuses: "Sequence[StrategyStatus]") -> str:
    return _some([f"{one.symbol} {one.timeframe}" for one in statuses])


def _some(names: Sequence[str]) -> str:
    """The first few, and how many more there are, each once.

    >>> _some(["A", "B", "A"]), _some(["A", "B", "C", "D", "E"])
    ('A, B', 'A, B, C and 2 more')
    """
    each = list(dict.fromkeys(names))
    more = len(each) - _NAMED
    return ", ".join(each[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def not_replayed(portfolio: "PortfolioConfig", configs: "Sequence[StrategyConfig]") -> str:
    """Which of the strategies that a portfolio names are not replayed; empty where all are."""
    replayed = [one.id for one in configs]
    missing = [one for one in portfolio.strategies or () if one not in replayed]
    if not missing:
        return ""
    meant = did_you_mean(missing[0], replayed)
    return f"portfolio {portfolio.id} names {_some(missing)}, and no such strategy is replayed{meant}"


def waits(portfolio: "PortfolioConfig", result: "Replayed", name: str) -> str:
    """That a portfolio waits for symbols of which there is no candle; empty where it does not."""
    missing = [one for one in portfolio.symbols if one not in result.symbols]
    if not missing:
        return ""
    return (
        f"portfolio {portfolio.id} waits for the first candle of each of its symbols, and {name} has none of "
        f"{_some(missing)}{_meant(missing, result)}: take {_them(missing)} out"
    )
