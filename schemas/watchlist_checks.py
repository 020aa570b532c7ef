"""What must hold between the parts of a watchlist's asset, each of which is right in itself."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from schemas.faults import Fault, repeated
from schemas.timeframe import is_multiple, timeframe_ms

if TYPE_CHECKING:
    from schemas.watchlist import AssetConfig

_DAY_MS: Final = 86_400_000


def asset_faults(asset: "AssetConfig") -> list[Fault]:
    """Everything that does not fit together, in the order of the timeframes."""
    names = [one.name for one in asset.timeframes]
    return [
        *repeated_timeframes(names),
        *_multiples(names, asset.base_timeframe),
        *(_sessions(names) if asset.session is not None else ()),
    ]


def repeated_timeframes(names: Sequence[str]) -> Iterator[Fault]:
    """A fault for each timeframe of a list that is there already, under its own name or that of another as long."""
    yield from repeated("timeframes", [(name, name) for name in names], "name")
    first: dict[int, str] = {}
    for index, name in enumerate(names):
        other = first.setdefault(timeframe_ms(name), name)
        if other != name and name not in names[:index]:
            yield Fault(("timeframes", index, "name"), f"expected each length once, got {name!r}, as long as {other!r}")


def _multiples(names: Sequence[str], base: str | None) -> Iterator[Fault]:
    for index, name in enumerate(names):
        if base is not None and not is_multiple(name, base):
            yield Fault(
                ("timeframes", index, "name"),
                f"expected a whole multiple of the base timeframe {base}, of which bars are made, got {name!r}",
            )


def _sessions(names: Sequence[str]) -> Iterator[Fault]:
    for index, name in enumerate(names):
        length = timeframe_ms(name)
        if _DAY_MS % length and name != "1w":
            yield Fault(
                ("timeframes", index, "name"),
                f"expected a part of a day, 1d or 1w, of which sessions can be made, got {name!r}",
            )
