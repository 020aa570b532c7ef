"""What a portfolio holds, kept as sums: of everything, by symbol and by group, and what its stops leave at risk."""

from collections.abc import Mapping, Sequence

from operators.risk.exact import exact, nearest
from operators.risk.group_symbols import in_a_group
from operators.risk.member import NOBODY, Member


class Exposures:
    """Members by key, and their sums, exact: in whatever order members change, the same.

    The positions of several strategies on one symbol are one position: where they face each other they cancel out. So
    a symbol's exposure is the absolute value of the sum, that of a group and of everything (gross) the sum over symbols
    of that, and net exposure is the sum of all values. All are in quote currency. A change costs about two
    microseconds, however many members there are.

    Args:
        groups: names of groups with the names or patterns of their symbols; a symbol may be in several.

    >>> exposures = Exposures({"coins": ["BTC*", "ETH*"]})
    >>> exposures.put("a|BTCUSDT|1h", Member("a", "BTCUSDT", 1_000.0, value=300.0, at_risk=30.0))
    >>> exposures.put("b|BTCUSDT|1h", Member("b", "BTCUSDT", 1_000.0, value=-100.0, at_risk=5.0))
    >>> exposures.put("a|ETHUSDT|1h", Member("a", "ETHUSDT", 500.0, value=-50.0, at_risk=50.0))
    >>> exposures.gross, exposures.net, exposures.of_symbol("BTCUSDT"), exposures.of_group("coins")
    (250.0, 150.0, 200.0, 250.0)
    >>> exposures.at_risk, exposures.equity
    (85.0, 2500.0)
    """

    def __init__(self, groups: Mapping[str, Sequence[str]]) -> None:
        self._groups = groups
        self._groups_of: dict[str, list[str]] = {}
        self._members: dict[str, Member] = {}
        self._keys_on: dict[str, dict[str, None]] = {}
        self._positions_of: dict[str, int] = {}
        self._by_symbol: dict[str, int] = {}
        self._by_group = dict.fromkeys(groups, 0)
        self._gross = self._net = self._at_risk = self._equity = 0

    @property
    def members(self) -> Mapping[str, Member]:
        """All of them, by key."""
        return self._members

    def put(self, key: str, now: Member | None) -> None:
        """What a member is from now on, None for one that has left. A key keeps its strategy and its symbol."""
        was = self._members.get(key)
        if now is not None:
            self._members[key] = now
        elif was is not None:
            del self._members[key]
        before, after = was or NOBODY, now or NOBODY
        if before.equity != after.equity:
            self._equity += exact(after.equity) - exact(before.equity)
        if before.at_risk != after.at_risk:
            self._at_risk += exact(after.at_risk) - exact(before.at_risk)
        if before.value != after.value:
            one = now or before
            self._moved(one.symbol, exact(after.value) - exact(before.value))
            if not before.value or not after.value:
                self._came_or_went(key, one, came=bool(after.value))

    def _moved(self, symbol: str, change: int) -> None:
        was = self._by_symbol.get(symbol, 0)
        now = self._by_symbol[symbol] = was + change
        self._net += change
        larger = abs(now) - abs(was)
        self._gross += larger
        for name in self.groups_of(symbol):
            self._by_group[name] += larger

    def _came_or_went(self, key: str, one: Member, *, came: bool) -> None:
        keys = self._keys_on.setdefault(one.symbol, {})
        if came:
            keys[key] = None
        else:
            del keys[key]
        self._positions_of[one.strategy] = self._positions_of.get(one.strategy, 0) + (1 if came else -1)

    def groups_of(self, symbol: str) -> Sequence[str]:
        """The names of the groups that a symbol is in; the slash of ``BTC/USDT`` does not count."""
        found = self._groups_of.get(symbol)
        if found is None:
            found = self._groups_of[symbol] = [
                name
                for name, patterns in self._groups.items()
                if any(in_a_group(symbol, pattern) for pattern in patterns)
            ]
        return found

    def against(self, strategy: str, symbol: str, value: float) -> list[str]:
        """The keys of other strategies that stand on the other side of a symbol, in order."""
        return sorted(
            key
            for key in self._keys_on.get(symbol, ())
            if self._members[key].value * value < 0 and self._members[key].strategy != strategy
        )

    def positions_of(self, strategy: str) -> int:
        """How many series a strategy holds a position on, or is about to."""
        return self._positions_of.get(strategy, 0)

    def of_symbol(self, symbol: str) -> float:
        """On one symbol, 0 or more."""
        return abs(nearest(self._by_symbol.get(symbol, 0)))

    def of_group(self, name: str) -> float:
        """On the symbols of one group, 0 or more."""
        return nearest(self._by_group[name])

    @property
    def symbols(self) -> list[str]:
        """Those on which there is a position, in order."""
        return sorted(symbol for symbol, keys in self._keys_on.items() if keys)

    @property
    def gross(self) -> float:
        """Over all symbols, 0 or more."""
        return nearest(self._gross)

    @property
    def net(self) -> float:
        """Long less short."""
        return nearest(self._net)

    @property
    def at_risk(self) -> float:
        """What would be lost if every stop were hit."""
        return nearest(self._at_risk)

    @property
    def equity(self) -> float:
        """Of all members."""
        return nearest(self._equity)
