"""Contradictions between parts of a configuration, each of which is right in itself."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from pydantic_core import PydanticCustomError

MEANINGLESS = "meaningless"
"""The type of the one validation error that carries these faults."""

Location = tuple[int | str, ...]


class Fault(NamedTuple):
    """A contradiction, and where in the configuration it shows."""

    location: Location
    message: str


def refuse(found: Sequence[Fault]) -> None:
    """Raise the one validation error of these faults, if there are any."""
    if found:
        text = "; ".join(fault.message for fault in found)
        raise PydanticCustomError(MEANINGLESS, "{text}", {"text": text, "faults": list(found)})


def repeated(section: str | Location, names: Iterable[tuple[str, str]], *key: str) -> Iterator[Fault]:
    """A fault for each name of a list, at ``key`` of its item, that means what an earlier one means."""
    start: Location = (section,) if isinstance(section, str) else section
    seen: dict[str, str] = {}
    for index, (name, meaning) in enumerate(names):
        if meaning in seen:
            same = f" (the same as {seen[meaning]!r})" if seen[meaning] != name else ""
            yield Fault((*start, index, *key), f"expected each of {start[-1]} once, got {name!r} again{same}")
        seen.setdefault(meaning, name)
