"""Why a signal happened, in words: its condition tree with what each part said, and what its confidence is made of."""

from collections.abc import Iterator
from typing import NamedTuple

from schemas.confidence import VALUE, WEIGHT
from schemas.signal import Signal


class Said(NamedTuple):
    """One part of a rule, and what it said: ``values`` are the two numbers that it compared, or nothing."""

    depth: int
    text: str
    holds: bool
    values: str

    @property
    def mark(self) -> str:
        """A sign for what it said."""
        return "✓" if self.holds else "✗"


def parts(signal: Signal) -> Iterator[Said]:
    """Every part of the rule, in reading order. A rule of one part has nothing to tell apart, and gives none."""
    if len(signal.conditions) > 1:
        for condition in signal.conditions:
            compared = (condition.left, condition.right)
            values = "  ".join(f"{value:.6g}" for value in compared if value is not None)
            yield Said(condition.depth, condition.text, condition.holds, values)


def confidence_text(signal: Signal) -> str:
    """How the confidence follows from its terms; empty for one that the rule states as it is."""
    terms = signal.confidence_terms
    if signal.confidence_method == "weighted":
        weighted = ((name.removeprefix(WEIGHT), weight) for name, weight in terms.items() if name.startswith(WEIGHT))
        return " + ".join(f"{weight:g} * {part} {_value(terms, VALUE + part)}" for part, weight in weighted)
    if signal.confidence_method == "scaled" and {"threshold", "full", "least", "most"} <= terms.keys():
        start = f"{terms['threshold']:g} ({terms['least']:.0%})"
        return f"{_value(terms, 'value')} on the way from {start} to {terms['full']:g} ({terms['most']:.0%})"
    return ""


def _value(terms: dict[str, float], name: str) -> str:
    return f"{terms[name]:.4g}" if name in terms else "(not ready)"
