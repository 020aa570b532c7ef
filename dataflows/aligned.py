"""Several sources as one.

Bytewax ends epochs for each input on its own, and holds a part back until the whole flow is done with the epoch
before. Two inputs whose epochs end at different moments so wait for each other, for up to a whole epoch, in every
epoch: measured with candles and control as inputs of their own, 150 ms at the median with epochs of one second. Parts
of one input end their epochs together.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition


@dataclass(frozen=True)
class AlignedSources(FixedPartitionedSource[Any, Any]):
    """The parts of all sources, each named ``source/part``: a stored format, as part names are."""

    sources: Mapping[str, FixedPartitionedSource[Any, Any]]

    def list_parts(self) -> list[str]:
        """Every part of every source."""
        return [f"{name}/{part}" for name, source in self.sources.items() for part in source.list_parts()]

    def build_part(self, step_id: str, for_part: str, resume_state: Any) -> StatefulSourcePartition[Any, Any]:  # noqa: ANN401  # each source knows its own state
        """The part, made by its source."""
        name, part = for_part.split("/", 1)
        return self.sources[name].build_part(step_id, part, resume_state)
