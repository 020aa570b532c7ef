"""What workers have counted."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from operators.tally import Tally


@dataclass(frozen=True)
class Figures:
    """Counts of one worker or of a cluster since its start; ``lag`` is in candles that are left to read."""

    candles: int = 0
    evaluations: int = 0
    signals: Mapping[str, int] = field(default_factory=dict)
    dead_letters: int = 0
    seconds: float = 0.0
    lag: int = 0

    def counts(self) -> dict[str, Any]:
        """By the names that other programs rely on."""
        return {
            "candles": self.candles,
            "evaluations": self.evaluations,
            "signals": dict(self.signals),
            "dead_letters": self.dead_letters,
            "seconds": round(self.seconds, 3),
        }


def figures_of(tally: Tally, seconds: float) -> Figures:
    """A worker's figures now. Safe while its flow goes on counting in another thread."""
    return Figures(
        candles=tally.candles,
        evaluations=tally.evaluations,
        signals=dict(tally.signals.copy()),
        dead_letters=tally.dead_letters,
        seconds=seconds,
        lag=sum(tally.lag.copy().values()),
    )


def summed(parts: Iterable[Figures]) -> Figures:
    """Of a whole cluster: counts added, and the longest time.

    >>> summed([Figures(2, 2, {"a": 1}, 0, 1.5), Figures(3, 3, {"a": 1, "b": 4}, 1, 1.0)])
    Figures(candles=5, evaluations=5, signals={'a': 2, 'b': 4}, dead_letters=1, seconds=1.5, lag=0)
    """
    every = list(parts)
    signals: Counter[str] = Counter()
    for one in every:
        signals.update(one.signals)
    return Figures(
        candles=sum(one.candles for one in every),
        evaluations=sum(one.evaluations for one in every),
        signals=dict(signals),
        dead_letters=sum(one.dead_letters for one in every),
        seconds=max((one.seconds for one in every), default=0.0),
        lag=sum(one.lag for one in every),
    )
