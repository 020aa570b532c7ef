"""What must hold between the parts of a strategy, each of which is right in itself."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from schemas.faults import Fault, Location, repeated
from schemas.identifiers import RESERVED
from schemas.names import did_you_mean
from schemas.postprocessing import Ensemble, PostProcessingConfig
from schemas.risk import is_as_far, told

if TYPE_CHECKING:
    from schemas.strategy import StrategyConfig

_SHOWN = 8  # names of a long cycle that are told


def faults(config: "StrategyConfig") -> list[Fault]:
    """Everything that does not fit together, in the order of the file."""
    return [
        *_kind(config),
        *repeated("symbols", [(symbol, symbol.replace("/", "")) for symbol in config.symbols]),
        *repeated("timeframes", [(timeframe, timeframe) for timeframe in config.timeframes]),
        *repeated(("meta", "tags"), [(tag, tag) for tag in config.meta.tags]),
        *_names(config),
        *_sources(config),
        *_postprocessing(config),
        *_signals(config),
        *_scaling_out(config),
    ]


def _kind(config: "StrategyConfig") -> Iterator[Fault]:
    kind, count = config.meta.kind, len(config.models)
    if kind == "technical" and count:
        message = f"expected kind 'ml' or 'hybrid' for a strategy with models, got 'technical' with {count} of them"
        yield Fault(("meta", "kind"), message)
    elif kind != "technical" and not count:
        yield Fault(("meta", "kind"), f"expected at least one model in a strategy of kind {kind!r}, got none")


def _names(config: "StrategyConfig") -> Iterator[Fault]:
    """One name, one meaning: indicators, models and postprocessing are read by the same expressions."""
    taken: dict[str, str] = {}
    named = (
        *((("indicators", at, "name"), one.name, "an indicator") for at, one in enumerate(config.indicators)),
        *((("models", at, "id"), one.id, "a model") for at, one in enumerate(config.models)),
        *((("postprocessing", at, "id"), one.id, "a postprocessing") for at, one in enumerate(config.postprocessing)),
    )
    for location, name, what in named:
        if name.lower() in RESERVED:
            yield Fault(location, f"expected a name of its own, got {name!r}, which has a meaning in every expression")
        elif name in taken:
            yield Fault(location, f"expected a name of its own, got {name!r}, which is {taken[name]} already")
        taken.setdefault(name, what)


def _sources(config: "StrategyConfig") -> Iterator[Fault]:
    """An indicator does not read itself, not even through others. Each cycle is told once, at its first indicator."""
    reads = {one.name: [source.partition(".")[0] for source in _listed(one.source)] for one in config.indicators}
    told: set[str] = set()
    for index, one in enumerate(config.indicators):
        cycle = [] if one.name in told else _way_back(one.name, reads)
        if cycle:
            told.update(cycle)
            way = " -> ".join(cycle if len(cycle) <= _SHOWN else (*cycle[: _SHOWN - 1], "...", cycle[-1]))
            yield Fault(
                ("indicators", index, "source"),
                f"expected sources that do not read {one.name!r} in turn, got a cycle: {way}",
            )


def _way_back(name: str, reads: Mapping[str, Sequence[str]]) -> list[str]:
    """A shortest way from an indicator to itself along what each reads; empty if there is none."""
    came_from: dict[str, str] = {}
    waiting = deque([name])
    while waiting and name not in came_from:
        at = waiting.popleft()
        for source in reads.get(at, ()):
            if source not in came_from:
                came_from[source] = at
                waiting.append(source)
    if name not in came_from:
        return []
    way = [name]
    while len(way) == 1 or way[-1] != name:
        way.append(came_from[way[-1]])
    return way[::-1]


def _postprocessing(config: "StrategyConfig") -> Iterator[Fault]:
    """A step works on models, and on steps before it."""
    outputs = {model.id: model.outputs for model in config.models}
    later = {step.id for step in config.postprocessing}
    for index, step in enumerate(config.postprocessing):
        for location, name in _worked_on(step, index):
            if name in outputs:
                continue
            if name in later:
                yield Fault(location, f"expected a model or an earlier step, got {name!r}, which comes no earlier")
            else:
                known = ", ".join(outputs) or "there is none"
                yield Fault(
                    location, f"expected the id of a model ({known}), got {name!r}{did_you_mean(name, outputs)}"
                )
        yield from _output(step, index, outputs)
        later.discard(step.id)


def _worked_on(step: PostProcessingConfig, index: int) -> list[tuple[Location, str]]:
    if isinstance(step, Ensemble):
        return [(("postprocessing", index, "models", number), name) for number, name in enumerate(step.models)]
    return [(("postprocessing", index, "model"), step.model)]


def _output(step: PostProcessingConfig, index: int, outputs: dict[str, tuple[str, ...]]) -> Iterator[Fault]:
    if isinstance(step, Ensemble):
        outputs.setdefault(step.id, (step.output,))
        return
    of_model = outputs.get(step.model)
    if of_model is None:
        outputs.setdefault(step.id, (step.output,) if step.output else ())
        return
    output = step.output or of_model[0]
    outputs.setdefault(step.id, (output,))
    if output not in of_model:
        expected = f"expected an output of {step.model!r} ({', '.join(of_model)})"
        yield Fault(("postprocessing", index, "output"), f"{expected}, got {output!r}{did_you_mean(output, of_model)}")


def _signals(config: "StrategyConfig") -> Iterator[Fault]:
    yield from repeated("signals", [(signal.id, signal.id) for signal in config.signals], "id")
    if not any(signal.type == "entry" for signal in config.signals):
        yield Fault(("signals",), "expected at least one entry, got only exits")


def _scaling_out(config: "StrategyConfig") -> Iterator[Fault]:
    """A part of a position that is left where all of it is left already is never left."""
    last = None if config.risk is None else config.risk.take_profit
    for index, part in enumerate(config.execution.scale_out):
        if last is not None and is_as_far(part.at, last):
            yield Fault(
                ("execution", "scale_out", index, "at"),
                f"expected a distance of less than the take_profit ({told(last)}), where all is left, "
                f"got {told(part.at)}",
            )


def _listed(source: str | Sequence[str] | None) -> Sequence[str]:
    return [source] if isinstance(source, str) else source or ()
