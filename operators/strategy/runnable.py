"""Which parts of a valid strategy this release cannot carry out."""

from schemas.problems import Problem
from schemas.strategy import StrategyConfig

RUNNABLE_MODELS: frozenset[str] = frozenset()
"""Subtypes of models that the engine can run."""

RUNNABLE_POSTPROCESSING: frozenset[str] = frozenset()
"""Types of postprocessing that the engine can run."""


def unrunnable(config: StrategyConfig) -> list[Problem]:
    """What keeps a strategy from running, with its place and its type; nothing for one that can run.

    Such a strategy is valid and may be kept; it is refused where it would be deployed.

    >>> from schemas.strategy_file import parse_strategy
    >>> document = {"id": "a", "signals": {"entry": {"expression": "trend.forecast > close"}}}
    >>> unrunnable(parse_strategy(document, origin="a.json"))
    []
    >>> document["models"] = [{"id": "trend", "type": "traditional", "subtype": "ets"}]
    >>> print(*unrunnable(parse_strategy(document, origin="a.json")))
    models.0: expected a model that this release can run (none yet), got 'trend' of type traditional/ets
    """
    models = [
        (f"models.{index}", "model", RUNNABLE_MODELS, model.id, f"{model.type}/{model.subtype}")
        for index, model in enumerate(config.models)
        if model.subtype not in RUNNABLE_MODELS
    ]
    steps = [
        (f"postprocessing.{index}", "postprocessing", RUNNABLE_POSTPROCESSING, step.id, step.type)
        for index, step in enumerate(config.postprocessing)
        if step.type not in RUNNABLE_POSTPROCESSING
    ]
    return [
        Problem(where, f"expected a {what} that this release can run ({_listed(known)}), got {name!r} of type {kind}")
        for where, what, known, name, kind in (*models, *steps)
    ]


def _listed(known: frozenset[str]) -> str:
    return ", ".join(sorted(known)) or "none yet"
