"""From what is wrong with a store to the refusal that names the ways out."""

from typing import Final

from dataflows.errors import RecoveryRefused
from dataflows.recovery.inspection import Found, Kind
from dataflows.recovery.refusal import COLD, COLD_WITHOUT, REBUILD, REBUILD_WITHOUT, RESTORE, refusal

_TOLD: Final = 4
"""Faults that are told one by one; a disk that fails spoils them all."""


def refuse_faults(found: Found, why_no_rebuild: str | None = None) -> None:
    """Refuse a store with faults; nothing where it has none.

    ``why_no_rebuild``: why the first candles cannot be worked again with the same result, if that is known.

    Raises:
        RecoveryRefused: what is wrong, and what can be done about faults of this kind.
    """
    if found.faults:
        raise fault_refusal(found, why_no_rebuild)


def fault_refusal(found: Found, why_no_rebuild: str | None = None) -> RecoveryRefused:
    """The refusal of a store with faults."""
    more = len(found.faults) - _TOLD
    told = "; ".join(map(str, found.faults[:_TOLD])) + (f"; and {more} more" if more > 0 else "")
    kinds = {fault.kind for fault in found.faults}
    if kinds == {Kind.STRAY}:
        names = " and ".join(fault.where for fault in found.faults)
        return refusal(found.folder, told, f"move {names} out of the directory")
    upgrade = ["run the release that wrote it, or a later one"] if Kind.NEWER in kinds else []
    return refusal(found.folder, told, *upgrade, RESTORE, *anew(why_no_rebuild))


def anew(why_no_rebuild: str | None, *, stored: bool = True) -> list[str]:
    """The ways of beginning anew, without the one that would be refused in turn; ``stored``: there is a store."""
    rebuild, cold = (REBUILD, COLD) if stored else (REBUILD_WITHOUT, COLD_WITHOUT)
    if why_no_rebuild is None:
        return [rebuild, cold]
    return [f"{cold} (`--rebuild` would not give the same: {why_no_rebuild})"]
