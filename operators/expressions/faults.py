"""Everything that is wrong with one expression, gathered while it is checked."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from operators.expressions.errors import MAX_FAULTS, ExpressionError, ExpressionErrors, Fault, Source
from operators.indicators.checking import IndicatorError

_LONGEST = 300  # characters of what another part of the engine says


class Faults:
    """Faults of an expression and of the named states that it enters, each with the text that it is in."""

    def __init__(self, source: Source, found: Sequence[Fault] = ()) -> None:
        self._sources = [source]
        self._at: int | None = None  # where in the expression itself the outermost open state is named
        self._errors: list[tuple[int, ExpressionError]] = []
        self._muted = 0
        for fault in found:
            self.add(fault.at, fault.reason)

    @property
    def where(self) -> str:
        """The place of the expression."""
        return self._sources[0].where

    def add(self, at: int, reason: str, *, always: bool = False) -> None:
        """Note what is wrong at an offset of the text that is being checked; ``always`` if it is so only this time."""
        if always or not self._muted:
            self._errors.append((at if self._at is None else self._at, self._sources[-1].error(Fault(at, reason))))

    @contextmanager
    def within(self, source: Source, at: int, *, again: bool) -> Iterator[None]:
        """Inside, another text is checked, which is named at ``at``; what it has was told before if ``again``."""
        outermost = self._at is None
        if outermost:
            self._at = at
        self._sources.append(source)
        self._muted += again
        yield
        self._muted -= again
        self._sources.pop()
        if outermost:
            self._at = None

    def finish(self) -> None:
        """Raise `ExpressionErrors`, in the order of the text, if there was anything."""
        if self._errors:
            ordered = sorted(self._errors, key=lambda error: error[0])
            raise ExpressionErrors([error for _, error in ordered[:MAX_FAULTS]])


def reason_of(error: ValueError) -> str:
    """What an error says; one of an indicator without its place, which the caret shows, and not at any length."""
    said = "; ".join(problem.message for problem in error.problems) if isinstance(error, IndicatorError) else str(error)
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST]}..."
