"""What a part of the candle source is gone on from: a stored format, with the one that came before it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, cast

from operators.control.placing import Resumed
from operators.snapshot import SnapshotRefused, check_version
from schemas.placement import PARTIAL_COPY

SCHEMA_VERSION = 2


class PartState(TypedDict):
    """A snapshot of a part.

    ``candles`` and ``control`` are the next offsets; of the control records before ``control``, those placed at or
    before the candle offset ``commands_until`` were handed on. ``symbols`` are those met, ``run`` is the life that took
    the snapshot, ``ended`` whether it came to its end with it and nothing else was ever worked. ``feed`` has the ids of
    the topics of candles and of control, ``partitions`` how many the candle topic had; empty and 0 where that is not
    known.
    """

    schema_version: int
    candles: int
    control: int
    commands_until: int
    symbols: Sequence[str]
    run: int
    ended: bool
    feed: str
    partitions: int


@dataclass(frozen=True)
class Feed:
    """What is read: the topics of candles and of control, their ids, and how many partitions of candles there are."""

    candles: str
    control: str
    ids: tuple[str, str]
    partitions: int

    @property
    def text(self) -> str:
        """The ids as they are kept; empty unless the broker tells both."""
        return "|".join(self.ids) if all(self.ids) else ""

    @property
    def mark(self) -> str:
        """As start markers have it: with the number of partitions, not all of which need have been begun by then."""
        return f"{self.text}|{self.partitions}" if self.text else ""

    def why_not(self, then: str) -> str | None:
        """Why what was made with a feed of that ``text`` or ``mark`` says nothing of this one; None where it may be it.

        >>> Feed("candles", "control", ("a", "b"), 1).why_not("a|other")
        'made with the topic control of id other, expected b, which it has now: the topic was deleted ...'
        """
        if then == PARTIAL_COPY:
            return f"{self.candles} and {self.control} were copied without some of the records that were worked"
        if then and self.text:
            *ids, partitions = then.split("|") if then.count("|") > 1 else (*then.split("|"), str(self.partitions))
            if partitions != str(self.partitions):
                return f"{self.candles} had {partitions} partitions, and has {self.partitions}: symbols may have moved"
            for topic, old, now in zip((self.candles, self.control), ids, self.ids, strict=True):
                if old != now:
                    return (
                        f"made with the topic {topic} of id {old}, expected {now}, which it has now: the topic was "
                        "deleted and made anew, or this is another cluster"
                    )
        return None


def resumable(found: Mapping[str, Any], feed: Feed, partition: int) -> PartState:
    """The snapshot that a part goes on from, in the form of today.

    Raises:
        SnapshotRefused: it has a form that is not known, or is of another feed.
    """
    what = f"candle source, partition {partition}"
    state = _migrated(found) if found.get("schema_version") == 1 else found
    check_version(what, state.get("schema_version"), SCHEMA_VERSION)
    if state["partitions"] not in {0, feed.partitions}:
        raise SnapshotRefused(
            f"{what}: made with {state['partitions']} partitions of {feed.candles}, expected {feed.partitions}, which "
            "it has now: symbols have moved between them"
        )
    if (why := feed.why_not(state["feed"])) is not None:
        raise SnapshotRefused(f"{what}: {why}")
    return cast("PartState", state)


def resumed(state: PartState) -> Resumed:
    """What the placing of commands has to know of it."""
    return Resumed(state["candles"], state["control"], state["commands_until"], state["run"], state["ended"])


def _migrated(old: Mapping[str, Any]) -> dict[str, Any]:
    """Version 1 was before commands were placed: what it had read of the control log, it had handed on."""
    return {
        "schema_version": SCHEMA_VERSION,
        "candles": old["candles"],
        "control": old["control"],
        "commands_until": old["candles"],
        "symbols": old["symbols"],
        "run": 0,
        "ended": False,
        "feed": "",
        "partitions": 0,
    }
