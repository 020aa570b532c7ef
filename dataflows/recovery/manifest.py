"""What a store was made for, written beside it."""

import json
import os
import secrets
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dataflows.recovery.folder import MANIFEST
from dataflows.settings import Settings
from operators.market.parameters import Parameters

FORMAT: Final = 1

_MARK_BITS: Final = 31
"""SQLite keeps the mark as a signed number of 32 bits in each file's header."""


class ManifestUnusable(Exception):
    """The file cannot be read; the text goes on from its name."""


class ManifestNewer(ManifestUnusable):
    """A later release wrote it."""


class Begun(StrEnum):
    """How the store began."""

    FIRST = "first"
    REBUILD = "rebuild"
    COLD = "cold"
    ADOPTED = "adopted"
    """It was there without a manifest: a release before this one made it."""


class Manifest(BaseModel):
    """What the answers in a store belong to.

    Attributes:
        format: of this file.
        store: a random mark that every partition has too, so that files of two stores do not mix; 0: none.
        cluster: the broker's cluster id; empty where it has none.
        prefix: of the topics.
        partitions: of the store, for ever; the most workers that can share it.
        parameters: what the answers depend on beside candles and control records, by name.
        created: when, UTC.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = FORMAT
    store: int = Field(ge=0, lt=1 << _MARK_BITS)
    cluster: str
    prefix: str
    partitions: int = Field(ge=1)
    parameters: dict[str, object]
    created: datetime
    begun: Begun

    @classmethod
    def of(
        cls,
        settings: Settings,
        cluster: str,
        begun: Begun,
        *,
        partitions: int | None = None,
        store: int | None = None,
    ) -> Self:
        """For a store that these settings make, or that is found with so many partitions and this mark."""
        return cls(
            store=secrets.randbits(_MARK_BITS) if store is None else store,
            cluster=cluster,
            prefix=settings.topic_prefix,
            partitions=partitions or settings.partitions,
            parameters=parameters_of(settings),
            created=datetime.now(UTC).replace(microsecond=0),
            begun=begun,
        )

    def write(self, folder: Path) -> None:
        """Put it into the directory, whole or not at all."""
        written = folder / f"{MANIFEST}.{os.getpid()}"
        with written.open("w", encoding="utf-8") as file:
            file.write(self.model_dump_json(indent=2) + "\n")
            file.flush()
            os.fsync(file.fileno())
        written.replace(folder / MANIFEST)


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a directory; None where there is none.

    Raises:
        ManifestUnusable: it cannot be read.
        ManifestNewer: its format is of a later release.
    """
    path = folder / MANIFEST
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ManifestUnusable(f"cannot be read: {error}") from error
    if isinstance(found, dict) and isinstance(found.get("format"), int) and found["format"] > FORMAT:
        raise ManifestNewer(f"is of a later release (format {found['format']}, expected {FORMAT})")
    try:
        return Manifest.model_validate(found)
    except ValidationError as error:
        places = ", ".join(".".join(map(str, detail["loc"])) or "all of it" for detail in error.errors())
        raise ManifestUnusable(f"is not as it was written: {places}") from error


def parameters_of(settings: Settings) -> dict[str, object]:
    """What the answers of these settings depend on, by the settings' names, as snapshots and the journal have it."""
    return Parameters(settings.history_bars, settings.gap_tolerance_bars, settings.timeframes).written
