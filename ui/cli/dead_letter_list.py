"""`candelabra dead-letter list`: how many were refused for what, and the newest of them."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from ui.cli.dead_letter_options import (
    SHOWN_DIGITS,
    OfKey,
    OfReason,
    OfTopic,
    Since,
    Until,
    document,
    place,
    selection,
)
from ui.cli.printing import err, out, print_json, progress_bar
from ui.cli.reach import reachable
from ui.cli.strategy_report import minute

if TYPE_CHECKING:
    from dataflows.dead_letters.listing import Listing


def list_letters(
    reason: OfReason = None,
    topic: OfTopic = None,
    key: OfKey = None,
    since: Since = None,
    until: Until = None,
    last: Annotated[int, typer.Option("--last", "-n", help="Show so many of the newest; 0: counts alone.", min=0)] = 20,
    everything: Annotated[bool, typer.Option("--all", help="Show all of them.")] = False,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print each letter as a line of JSON and the counts as the last, for machines."),
    ] = False,
) -> None:
    """Count what was refused, by reason and topic, and show the newest of it.

    Example: candelabra dead-letter list
    Example: candelabra dead-letter list --reason out_of_order --symbol BTCUSDT --since 2025-06-01
    """
    from dataflows.dead_letters.letters import letters
    from dataflows.dead_letters.listing import listing
    from dataflows.kafka.codec import build_codec

    settings = reachable()
    meant = selection(settings, reason=reason, topic=topic, key=key, since=since, until=until)
    with progress_bar("reading", None) as (bar, task):
        stored = letters(settings, build_codec(settings), progress=lambda count: bar.advance(task, count))
        found = listing(stored, meant, None if everything else last)
    if as_json:
        _print_lines(found)
    else:
        _print_tables(found)


def _print_lines(found: "Listing") -> None:
    for one in found.newest:
        print_json(document(one))
    print_json(
        {
            "letters": found.letters,
            "shown": len(found.newest),
            "groups": [
                {
                    "reason": one.reason.value,
                    "topic": one.topic,
                    "letters": one.letters,
                    "first": one.first.isoformat(),
                    "last": one.last.isoformat(),
                }
                for one in found.groups
            ],
        }
    )


def _print_tables(found: "Listing") -> None:
    from dataflows.dead_letters.selection import source_key

    if not found.letters:
        out.print("no dead letters")
        return
    counts = Table("reason", "topic", "letters", "first refused (UTC)", "last refused (UTC)")
    for one in found.groups:
        counts.add_row(one.reason.value, escape(one.topic), f"{one.letters:,}", minute(one.first), minute(one.last))
    out.print(counts)
    if found.newest:
        newest = Table("id", "refused (UTC)", "from", "key", "bytes", "why")
        newest.columns[0].no_wrap = newest.columns[1].no_wrap = True
        for stored in found.newest:
            letter = stored.letter
            newest.add_row(
                letter.id[:SHOWN_DIGITS],
                minute(stored.recorded),
                escape(place(stored)),
                escape(source_key(letter) or "-"),
                f"{letter.value_size:,}",
                f"[bold]{letter.reason.value}[/]: {escape(letter.detail)}",
            )
        out.print(newest)
    if len(found.newest) < found.letters:
        err.print(
            f"the newest {len(found.newest):,} of {found.letters:,}, the last one lowest; --last N or --all shows more",
            style="dim",
        )
