"""The memory of the alert process between two runs: one JSON file, replaced as a whole."""

import contextlib
import json
import os
from pathlib import Path
from typing import Any, Final

from dataflows.errors import CandelabraError

SCHEMA_VERSION: Final = 1


class StateFileRefused(CandelabraError):
    """The state file cannot be gone on from; the message says why and what to do."""


class StateFile:
    """Written beside itself, synced, then renamed: whoever reads finds the old state or the new one, whole."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> dict[str, Any] | None:
        """The state; None where there is none yet."""
        try:
            state = json.loads(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StateFileRefused(f"{self._path}: cannot be read: {error.strerror}") from None
        except ValueError:
            raise self._refused("it is no JSON") from None
        found = state.get("schema_version") if isinstance(state, dict) else None
        if not isinstance(state, dict) or found != SCHEMA_VERSION:
            raise self._refused(f"schema version {found}, expected {SCHEMA_VERSION}")
        return state

    def write(self, state: dict[str, Any]) -> None:
        """Replace the state; on the disk when this returns."""
        beside = self._path.with_name(f"{self._path.name}.new")
        try:
            with beside.open("w", encoding="utf-8") as file:
                json.dump({"schema_version": SCHEMA_VERSION, **state}, file, separators=(",", ":"), allow_nan=False)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._path)
        except OSError as error:
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)
            raise StateFileRefused(f"{self._path}: cannot be written: {error.strerror}") from None

    def _refused(self, why: str) -> StateFileRefused:
        return StateFileRefused(
            f"{self._path}: no state of alerts that can be gone on from: {why}. Remove it to begin anew: then what "
            "fires is told once more"
        )
