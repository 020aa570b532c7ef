"""The indicators that a strategy declares, resolved in the order in which they read each other."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from operators.indicators.definition import fold
from operators.indicators.identity import Indicator, IndicatorError, Output, Reading, implicit, resolve
from operators.indicators.memory import LONGEST_MEMORY
from schemas.identifiers import CANDLE_FIELDS
from schemas.indicator_config import Change, IndicatorConfig, Lag, Modifier, Normalize
from schemas.names import did_you_mean
from schemas.problems import Problem
from schemas.strategy_draft import MAX_PROBLEMS

LONGEST_REACH = 2 * LONGEST_MEMORY
"""Candles that an indicator may need with all that it reads: a series keeps as many, and writes them into snapshots."""

_NORMALISERS = {"zscore": "zscore", "minmax": "range_position", "rank": "percentrank"}

REMEMBERED: Final = 4_096
"""Declarations that are not resolved again: many strategies declare the same."""


@dataclass(frozen=True)
class Declared:
    """An indicator under its name. ``outputs`` are what its modifiers leave, by canonical output, the default first."""

    name: str
    indicator: Indicator
    outputs: Mapping[str, Output]
    modified: bool

    @property
    def default(self) -> Output:
        """What the bare name means."""
        return next(iter(self.outputs.values()))

    def output(self, name: str) -> Output:
        """An output by its name or an alias; IndicatorError with the nearest where there is none."""
        return self.outputs[self.indicator.output(name)]

    def columns(self) -> dict[str, Output]:
        """Every name under which an expression may read it: ``macd``, ``macd.signal``, ``macd_signal``."""
        found: dict[str, Output] = {self.name: self.default}
        spellings = {output: output for output in self.indicator.outputs} | dict(
            self.indicator.definition.output_aliases
        )
        for spelling, output in spellings.items():
            found[f"{self.name}.{spelling}"] = self.outputs[output]
            found.setdefault(f"{self.name}_{spelling}", self.outputs[output])
        return found

    def states(self) -> dict[str, str]:
        """Its named states by the name that an expression uses. A modified value has left the scale of its states."""
        if self.modified:
            return {}
        return {f"{self.name}_{state}": text for state, text in self.indicator.states(self.name).items()}


class Declarations:
    """Resolves what a strategy declares, each after those that it reads (a configuration has no cycles).

    Attributes:
        found: what could be resolved, by name, in the order of the file.
        problems: everything else, each at its place in the file.
    """

    def __init__(self, configs: Sequence[IndicatorConfig]) -> None:
        self._configs = {config.name: config for config in configs}
        self._done: dict[str, Declared | None] = {}
        self.problems: list[Problem] = []
        for name in self._configs:
            if len(self.problems) < MAX_PROBLEMS:
                self._resolve(name)
            else:
                self.problems.append(Problem("indicators", f"there are more than {MAX_PROBLEMS} problems: these first"))
                break
        resolved = {name: one for name in self._configs if (one := self._done.get(name)) is not None}
        clashing = _clashes(resolved)
        self.problems += clashing.values()
        self.found = {name: one for name, one in resolved.items() if name not in clashing}

    @property
    def refused(self) -> tuple[str, ...]:
        """The names of those that could not be resolved."""
        return tuple(name for name in self._configs if name not in self.found)

    def _resolve(self, name: str) -> None:
        """One indicator, and before it those that it reads; without recursion, however many read each other."""
        waiting = [name]
        while waiting:
            config = self._configs[waiting[-1]]
            stems = [reference.partition(".")[0] for reference in _sources(config)]
            missing = [stem for stem in stems if stem in self._configs and stem not in self._done]
            if missing:
                waiting += missing
            else:
                waiting.pop()
                if config.name not in self._done:
                    self._done[config.name] = self._declare(config)

    def _declare(self, config: IndicatorConfig) -> Declared | None:
        where = f"indicators.{config.name}"
        sources = [self._reading(reference, f"{where}.source") for reference in _sources(config)]
        known = [source for source in sources if source is not None]
        try:
            # With a source that is refused, the rest is checked over the usual price.
            whole = len(known) == len(sources)
            read = known if whole else ["close"] * len(sources)
            parameters = tuple(config.parameters.items())
            indicator = _resolved(config.type, parameters, tuple(read), config.timeframe, where, repr(parameters))
            outputs = {
                name: _modified(Output(indicator, name), config.modifiers, f"{where}.modifiers", config.timeframe)
                for name in indicator.outputs
            }
        except IndicatorError as error:
            self.problems.extend(error.problems)
            return None
        reach = max(output.indicator.reach for output in outputs.values())
        if reach > LONGEST_REACH:
            message = (
                f"expected at most {LONGEST_REACH:,} candles before each bar with all that it reads and its modifiers, "
                f"found {reach:,}: shorten a period, or compute it on a higher timeframe"
            )
            self.problems.append(Problem(where, message))
            return None
        return Declared(config.name, indicator, outputs, bool(config.modifiers)) if whole else None

    def _output(self, chosen: Callable[[], Output], where: str) -> Output | None:
        """An output, or None and a problem where the indicator has no such output."""
        try:
            return chosen()
        except IndicatorError as error:
            self.problems.append(Problem(where, error.problems[0].message))
            return None

    def _reading(self, reference: str, where: str) -> Reading | None:
        """What a reference means: another indicator of the file, a price, or a name that explains itself."""
        stem, _, output = reference.partition(".")
        if stem in self._configs:
            declared = self._done[stem]
            if declared is None:
                return None
            return self._output(lambda: declared.output(output) if output else declared.default, where)
        if fold(reference) in CANDLE_FIELDS:
            return fold(reference)
        try:
            undeclared = implicit(stem)
        except IndicatorError as error:
            self.problems.append(Problem(where, error.problems[0].message))
            return None
        if undeclared is not None:
            name = output or undeclared.outputs[0]
            return self._output(lambda: Output(undeclared, undeclared.output(name)), where)
        names = (*self._configs, *CANDLE_FIELDS)
        message = (
            f"expected a price or the name of an indicator, got {reference!r}{did_you_mean(reference, names)}; "
            f"known: {', '.join(names[:20])}"
        )
        self.problems.append(Problem(where, message))
        return None


def _clashes(declared: Mapping[str, Declared]) -> dict[str, Problem]:
    """Names that mean two things: their own, and an output or a state of another indicator.

    ``macd_signal`` is the output ``signal`` of ``macd`` to every expression, so no second indicator can be called that.
    """
    return {
        name: Problem(
            f"indicators.{name}",
            f"expected a name of its own, got {name!r}, which is {what} of {owner.name!r} in every expression",
        )
        for owner in declared.values()
        for names, what in ((owner.columns(), "an output"), (owner.states(), "a state"))
        for name in names
        if name in declared and name != owner.name
    }


def _sources(config: IndicatorConfig) -> Sequence[str]:
    source = config.source
    return (source,) if isinstance(source, str) else source or ()


@lru_cache(maxsize=REMEMBERED)
def _resolved(
    kind: str,
    parameters: tuple[tuple[str, object], ...],
    sources: tuple[Reading, ...],
    timeframe: str | None,
    where: str,
    _written: str,
) -> Indicator:
    """As `resolve`. ``_written`` is the parameters as text: 0.0 and -0.0 are equal, and do not make one key."""
    return resolve(kind, dict(parameters), where=where, sources=sources, timeframe=timeframe)


def _modified(output: Output, modifiers: Iterable[Modifier], where: str, timeframe: str | None) -> Output:
    """The output after its modifiers, in their order."""
    for index, modifier in enumerate(modifiers):
        kind, parameters = _as_kind(modifier)
        indicator = resolve(kind, parameters, where=f"{where}.{index}", sources=(output,), timeframe=timeframe)
        output = Output(indicator, indicator.outputs[0])
    return output


def _as_kind(modifier: Modifier) -> tuple[str, dict[str, object]]:
    match modifier:
        case Lag(bars=bars):
            return "lag", {"bars": bars}
        case Change(bars=bars, method=method):
            return "change", {"bars": bars, "method": method}
        case Normalize(method=method, period=period):
            return _NORMALISERS[method], {"period": period}
