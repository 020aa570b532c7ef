"""Groups of a portfolio whose names and patterns mean none of its symbols: what limits them limits nothing."""

from fnmatch import fnmatchcase

from schemas.names import did_you_mean
from schemas.portfolio import PortfolioConfig


def in_a_group(symbol: str, pattern: str) -> bool:
    """Whether a name or pattern of a group means a symbol; a slash does not count, case does.

    >>> in_a_group("BTC/USDT", "BTC*"), in_a_group("BTCUSDT", "BTC/USDT"), in_a_group("BTCUSDT", "btc*")
    (True, True, False)
    """
    return fnmatchcase(symbol.replace("/", ""), pattern.replace("/", ""))


def named_in_vain(config: PortfolioConfig) -> list[str]:
    """A warning, with its place, for each entry of a group that means no symbol; none while it has no symbols."""
    if not config.symbols:
        return []
    found = []
    for group, patterns in config.groups.items():
        meant = [any(in_a_group(symbol, one) for symbol in config.symbols) for one in patterns]
        nothing = "" if any(meant) else ": nothing is in this group"
        for at, one in enumerate(patterns):
            if not meant[at]:
                hint = did_you_mean(one, config.symbols)
                found.append(f"groups.{group}.{at}: {one!r} means none of the portfolio's symbols{hint}{nothing}")
    return found
