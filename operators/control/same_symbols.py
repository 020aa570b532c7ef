"""Whether a version waits for the symbols that the others of its strategy wait for."""

from collections.abc import Collection, Mapping
from typing import Final

from schemas.lifecycle import StrategyVersion
from schemas.problems import Problem
from schemas.strategy import StrategyConfig

LIMIT: Final = "risk.limits.max_concurrent_positions"

_SHOWN = 5
"""How many symbols are named."""


def other_symbols(config: StrategyConfig, versions: Mapping[int, StrategyVersion]) -> list[Problem]:
    """What keeps a configuration from being a version of its strategy beside these; nothing where it may be one.

    Where positions are counted together, an instant is worked once every symbol that the strategy names has told all
    up to it. Which symbols those are is part of the order in which the strategy is worked, and that order is for good:
    so every version of one id counts the same symbols together, or none.

    Args:
        config: of the version that is judged.
        versions: those that were accepted, by number; they agree with each other.
    """
    if not versions:
        return []
    number = max(versions)
    before, now = versions[number].config, config
    expected, got = before.counted_together, now.counted_together
    if expected == got:
        return []
    if expected and got:
        what = f"{_counted(expected)} counted together as in version {number}"
        changes = filter(None, (_named("without", expected - got), _named("with", got - expected)))
        came = f"{len(got):,}: {', '.join(changes)}"
    elif expected:
        what, came = f"{_counted(expected)} counted together as in version {number}", _none(now)
    else:
        what, came = f"no symbols counted together as in version {number}, with {_none(before)}", _counted(got)
    both_limited = _is_limited(before) and _is_limited(now)
    return [
        Problem(
            "symbols" if both_limited else LIMIT,
            f"expected {what}, got {came}. The symbols that a strategy waits for are its own for good: make it another "
            "strategy (`candelabra strategy clone` gives a file another id)",
        )
    ]


def _is_limited(config: StrategyConfig) -> bool:
    return config.risk is not None and config.risk.limits.max_concurrent_positions is not None


def _none(config: StrategyConfig) -> str:
    """Why nothing of a strategy is counted together."""
    if not _is_limited(config):
        return "no such limit"
    pattern = next(symbol for symbol in config.symbols if "*" in symbol or "?" in symbol)
    return f"the pattern {pattern!r} among them"


def _counted(symbols: Collection[str]) -> str:
    noun = "symbol" if len(symbols) == 1 else "symbols"
    return f"the {len(symbols):,} {noun} {_listed(symbols)}"


def _named(how: str, symbols: Collection[str]) -> str:
    return f"{how} {_listed(symbols)}" if symbols else ""


def _listed(symbols: Collection[str]) -> str:
    more = f" and {len(symbols) - _SHOWN:,} more" if len(symbols) > _SHOWN else ""
    return ", ".join(sorted(symbols)[:_SHOWN]) + more
