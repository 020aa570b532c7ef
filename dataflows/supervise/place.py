"""What a worker process begins from: its environment, and nothing else."""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from pydantic import SecretStr

from dataflows.settings import PREFIX, Settings

VARIABLE: Final = "WORKER_PLACE"
"""Not one of the settings, which are the same for all workers."""


@dataclass(frozen=True)
class Place:
    """A worker's place in its cluster.

    Attributes:
        process: its number, from 0.
        addresses: ``host:port`` of all of them; empty for a worker that is alone.
        once: whether to end where the topics end at the start.
        restarts: how often the cluster was started before.
        cold: whether what is on the output topics need not be what the worker makes.
        parent: the process that looks after it.
        report: file descriptor to report to.
        shown: file descriptor of what a person sees as standard error.
    """

    process: int
    addresses: tuple[str, ...]
    once: bool
    restarts: int
    cold: bool
    parent: int
    report: int
    shown: int


def environment_of(settings: Settings, place: Place) -> dict[str, str]:
    """The whole environment of a worker: this process's, with every setting spelt out, and the place.

    Secrets are in it, as they are in the environment that they come from; other users cannot read it.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.upper().startswith(PREFIX)}
    given = {
        PREFIX + name.upper(): _written(value)
        for name in type(settings).model_fields
        if (value := getattr(settings, name)) not in (None, "", {})
    }
    modules = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return {**inherited, **given, **modules, VARIABLE: json.dumps(asdict(place))}


def own_settings() -> Settings:
    """The settings of this worker: those of its environment, whatever an ``.env`` says by now."""
    return Settings(_env_file=None)  # type: ignore[call-arg]  # pydantic-settings' own argument, of no type without its plugin


def own_place() -> Place:
    """The place of this worker. KeyError where nobody gave it one."""
    document = json.loads(os.environ[VARIABLE])
    return Place(**{**document, "addresses": tuple(document["addresses"])})


def _written(value: Any) -> str:  # noqa: ANN401  # settings are of many types
    """As a person would write it into the variable."""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, tuple):
        return ",".join(value)
    if isinstance(value, Mapping):
        return json.dumps({name: _written(one) for name, one in value.items()})
    return str(value)
