"""What is kept of a series between two lives of a worker."""

from typing import NotRequired, TypedDict

from operators.indicators.anchors import ANCHOR_BARS

SERIES_STATE_VERSION = 2


class SeriesState(TypedDict):
    """A snapshot of a series: primitives only.

    Which indicators were wanted is not in it: that is the strategies' business, who say so again after a restore.
    """

    version: int
    anchor_bars: int
    count: int
    history: bytes
    totals: dict[str, bytes]
    failed: NotRequired[dict[str, list[int | str]]]
    """Bar and reason, by the key of an indicator that is out of service; older snapshots have none."""


def check_state(state: SeriesState) -> None:
    """Refuse a state whose values would not go on to the bit."""
    for name, expected in (("version", SERIES_STATE_VERSION), ("anchor_bars", ANCHOR_BARS)):
        found = state.get(name)
        if found != expected:
            raise ValueError(
                f"indicator series: expected a snapshot with {name} {expected}, found {found!r}; "
                "it comes from another release, start this series cold",
            )
