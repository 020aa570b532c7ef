"""Which strategies, portfolios and symbols a rule is about."""

from collections.abc import Iterable
from fnmatch import fnmatchcase

ANY = "*"


def names(patterns: Iterable[str], name: str) -> bool:
    """Whether a name is among some names and patterns (``*`` any characters, ``?`` one).

    >>> names(["macd*"], "macd_btc"), names(["macd"], "macd_btc")
    (True, False)
    """
    return any(pattern == name or fnmatchcase(name, pattern) for pattern in patterns)


def means_symbol(patterns: Iterable[str], symbol: str) -> bool:
    """Whether a symbol is meant; the slash of ``BTC/USDT`` does not count, as in strategies.

    >>> means_symbol(["BTC/USDT"], "BTCUSDT"), means_symbol(["ETH*"], "BTCUSDT")
    (True, False)
    """
    return names((pattern.replace("/", "") for pattern in patterns), symbol.replace("/", ""))


def means_timeframe(timeframes: Iterable[str], timeframe: str) -> bool:
    """Whether a timeframe is meant.

    >>> means_timeframe(["*"], "1m"), means_timeframe(["1h"], "1m")
    (True, False)
    """
    return any(one in {ANY, timeframe} for one in timeframes)
