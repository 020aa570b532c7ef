"""What the verbs for dead letters share: the options that choose letters, and how a letter is named and placed."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.cli.printing import err
from ui.cli.strategy_report import utc

if TYPE_CHECKING:
    from dataflows.dead_letters.letters import StoredLetter
    from dataflows.dead_letters.selection import Selection
    from dataflows.settings import Settings

SHOWN_DIGITS = 8
"""Of an id in a table; the beginning of an id is enough to name a letter."""

_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"]
_WHEN = "(UTC); when it was refused, for not every refused record has an event time."

OfReason = Annotated[str | None, typer.Option("--reason", help="Only those refused for this reason.")]
OfTopic = Annotated[str | None, typer.Option("--topic", help="Only those from this topic, such as candles.")]
OfKey = Annotated[
    str | None, typer.Option("--symbol", "--key", help="Only those whose record has this key: a candle's symbol.")
]
Since = Annotated[
    datetime | None, typer.Option("--since", help=f"Only those refused at this time or later {_WHEN}", formats=_FORMATS)
]
Until = Annotated[
    datetime | None, typer.Option("--until", help=f"Only those refused before this time {_WHEN}", formats=_FORMATS)
]


def selection(  # the options, as they were typed
    settings: "Settings",
    *,
    ids: Sequence[str] = (),
    reason: str | None = None,
    topic: str | None = None,
    key: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> "Selection":
    """What the options choose.

    Raises:
        CommandRefused: there is no such reason, or what stands for an id is none.
    """
    from dataflows.dead_letters.selection import Selection, id_named, reason_named

    return Selection(
        ids=tuple(id_named(one) for one in ids),
        reason=None if reason is None else reason_named(reason),
        topic=topic,
        key=key,
        since=utc(since),
        until=utc(until),
        prefix=settings.topic_prefix,
    )


def place(stored: "StoredLetter") -> str:
    """Where the refused record lies."""
    return f"{stored.letter.topic}[{stored.letter.partition}] {stored.letter.offset:,}"


def document(stored: "StoredLetter") -> dict[str, Any]:
    """A letter for machines, without its bytes."""
    from dataflows.dead_letters.selection import source_key

    letter = stored.letter
    return {
        **letter.model_dump(mode="json", exclude={"value", "record_key"}),
        "key": source_key(letter),
        "kept_bytes": len(letter.value or b""),
        "refused_at": stored.recorded.isoformat(),
    }


def say(note: str) -> None:
    """A remark on standard error."""
    err.print(note, style="yellow", highlight=False, markup=False, soft_wrap=True)
