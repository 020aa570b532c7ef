"""What a strategy costs at a candle, counted and not timed, and how much it may.

The count is the same on every machine, so a strategy that is accepted here is accepted everywhere and at every restart.
It bounds the work, for the language has no loops: each part of an expression is worked at most once a candle.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from operators.indicators.graph import ordered
from operators.indicators.node import Indicator
from schemas.problems import Problem

if TYPE_CHECKING:
    from operators.strategy.compile import CompiledRule

MOST_OPERATIONS: Final = 20_000
"""Of a strategy at a candle of one series. An operation takes about 20 nanoseconds: so half a millisecond."""

MOST_TIMEFRAMES: Final = 32
"""Other timeframes that the rules of a strategy may read: each is kept for every symbol that it runs on."""

UPDATE: Final = 10
"""An indicator's next value: ten times what a comparison takes."""

WINDOW: Final = 20
"""So many bars of an indicator's lookback count as one operation: some kinds look over all of them at every candle."""

MEMORY: Final = 200
"""So many bars of an indicator's memory count as one operation: it is opened anew over them at every 128th candle."""


@dataclass(frozen=True)
class Cost:
    """Operations at a candle, by part, in the order of the file: a rule with its confidence, or an indicator.

    What several rules read is computed once, and counted once.
    """

    parts: tuple[tuple[str, int], ...]

    @property
    def total(self) -> int:
        """Of all parts together."""
        return sum(operations for _, operations in self.parts)

    @property
    def costliest(self) -> tuple[str, int]:
        """The first of the parts that take most."""
        return max(self.parts, key=lambda part: part[1])


def cost_of(rules: Iterable["CompiledRule"], indicators: Iterable[Indicator]) -> Cost:
    """What rules cost with the indicators that they read, each with all that it reads in turn.

    >>> from operators.strategy.compile import compile_strategy
    >>> from schemas.strategy_file import load_strategy
    >>> dip = load_strategy(b'{"id": "dip", "rules": {"entry": {"condition": "rsi_14 < 30"}}}', origin="dip.json")
    >>> strategy = compile_strategy(dip)
    >>> cost_of(strategy.entries, strategy.indicators).parts
    (('signals.entry', 3), ('rsi(close,period=14)', 12))
    """
    said = [(f"signals.{rule.id}", rule.operations) for rule in rules]
    return Cost((*said, *((one.key, operations_of(one)) for one in _all(indicators))))


def operations_of(indicator: Indicator) -> int:
    """What one indicator costs at a candle of its own timeframe, without what it reads."""
    return UPDATE + indicator.own_lookback // WINDOW + indicator.memory // MEMORY


def over_budget(rules: Sequence["CompiledRule"], indicators: Iterable[Indicator]) -> list[Problem]:
    """A problem for each bound that rules and what they read go beyond."""
    found = []
    nodes = _all(indicators)
    cost = cost_of(rules, nodes)
    if cost.total > MOST_OPERATIONS:
        part, operations = cost.costliest
        message = (
            f"expected a strategy that takes at most {MOST_OPERATIONS:,} operations a candle, got {cost.total:,} by "
            f"{len(rules):,} signals and {len(nodes):,} indicators; the costliest part is {part:.200} with "
            f"{operations:,}: make several strategies of it"
        )
        found.append(Problem("signals", message))
    timeframes = {one.timeframe for one in nodes if one.timeframe is not None}
    if len(timeframes) > MOST_TIMEFRAMES:
        message = f"expected rules that read at most {MOST_TIMEFRAMES} other timeframes, got {len(timeframes)} of them"
        found.append(Problem("signals", message))
    return found


def _all(indicators: Iterable[Indicator]) -> list[Indicator]:
    """Every indicator with all that it reads, on whatever timeframe, each once."""
    found: dict[str, Indicator] = {}
    for one in ordered(indicators):
        found[one.key] = one
        if one.native is not None:
            for behind in ordered([one.native]):
                found.setdefault(f"{behind.key}@{one.timeframe}", behind)
    return list(found.values())
