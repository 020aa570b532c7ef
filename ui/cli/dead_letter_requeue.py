"""`candelabra dead-letter requeue`: refused records once more onto the topics that they came from."""

from collections import Counter
from collections.abc import Sequence
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
    say,
    selection,
)
from ui.cli.printing import JsonFlag, err, out, print_json, progress_bar
from ui.cli.reach import reachable

if TYPE_CHECKING:
    from dataflows.dead_letters.requeue import Fate, Planned

_SHOWN = 20
"""So many letters get a line each; --json has all of them."""


def requeue(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Ids of letters, or their first digits.")
    ] = None,
    reason: OfReason = None,
    topic: OfTopic = None,
    key: OfKey = None,
    since: Since = None,
    until: Until = None,
    everything: Annotated[bool, typer.Option("--all", help="All letters, where nothing else chooses.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Also those that were requeued before.")] = False,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Also those that would be refused again with these settings.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent, and send nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Send refused records again, once what they were refused for is mended: same topic, partition, key and bytes.

    In the order that they had. A record lies behind later ones then: a candle that is older than what its symbol has
    worked by now comes back as out_of_order. What was sent once is not sent again, however often this is run.

    Example: candelabra dead-letter requeue 3fa9c2d1 --yes
    Example: candelabra dead-letter requeue --reason unknown_schema --topic candles --dry-run
    """
    from dataflows.dead_letters.requeue import Fate, Overrides, Requeue
    from dataflows.errors import CommandRefused
    from dataflows.kafka.codec import build_codec

    settings = reachable()
    meant = selection(settings, ids=ids or (), reason=reason, topic=topic, key=key, since=since, until=until)
    if meant.everything and not everything:
        raise CommandRefused("name letters, or choose some by --reason, --topic, --symbol, --since, --until; or --all")
    work = Requeue(settings, build_codec(settings), overrides=Overrides(again=again, anyway=anyway))
    with progress_bar("reading", None) as (bar, task):
        planned = work.plan(meant, progress=lambda what, count: bar.update(task, description=what, advance=count))
    due = sum(one.fate is Fate.SENT for one in planned)
    if not as_json:
        _print_plan(planned, dry_run=dry_run)
    if due and not dry_run:
        _confirm(due, yes=yes, asks=not as_json)
        with progress_bar("sending", due) as (bar, task):
            work.send(planned, progress=lambda count: bar.advance(task, count))
    if as_json:
        _print_lines(planned, dry_run=dry_run)
    elif due and not dry_run:
        out.print(f"{due:,} sent")
    if any(one.fate is Fate.LEFT for one in planned):
        raise typer.Exit(1)


def _confirm(due: int, *, yes: bool, asks: bool) -> None:
    """Go on only if that is wanted; where nobody can be asked, only if it was said."""
    from dataflows.errors import CommandRefused

    if yes:
        return
    if not asks or not err.is_terminal:
        raise CommandRefused("nobody can be asked here: --yes sends, --dry-run shows what would be sent")
    if not typer.confirm(f"send {due:,} again?", err=True):
        raise typer.Exit(1)


def _print_lines(planned: "Sequence[Planned]", *, dry_run: bool) -> None:
    from dataflows.dead_letters.requeue import Fate

    for one in planned:
        print_json({**document(one.stored), "fate": one.fate.value, "why": one.why})
    count = Counter(one.fate for one in planned)
    print_json(
        {
            "selected": len(planned),
            "sent": 0 if dry_run else count[Fate.SENT],
            "would_be_sent": count[Fate.SENT],
            "requeued_before": count[Fate.THERE],
            "left": count[Fate.LEFT],
            "dry_run": dry_run,
        }
    )


def _print_plan(planned: "Sequence[Planned]", *, dry_run: bool) -> None:
    from dataflows.dead_letters.requeue import Fate
    from schemas.dead_letter import Reason

    if not planned:
        out.print("no letter is meant: nothing to send")
        return
    # Of many, those that need somebody: what is sent is like what is next to it.
    shown = planned if len(planned) <= _SHOWN else [one for one in planned if one.fate is Fate.LEFT]
    if shown:
        _print_letters(shown)
    count = Counter(one.fate for one in planned)
    out.print(", ".join(f"{count[fate]:,} {_words(fate)}" for fate in Fate if count[fate]))
    late = sum(
        one.fate is Fate.SENT and one.letter.reason in {Reason.OUT_OF_ORDER, Reason.CONFLICTING_DUPLICATE}
        for one in planned
    )
    if late:
        say(f"{late:,} of them came too late, or after another candle of their time: these will most likely come back")
    if dry_run:
        say("nothing was sent (--dry-run)")


def _print_letters(planned: "Sequence[Planned]") -> None:
    from dataflows.dead_letters.requeue import Fate

    styles = {Fate.SENT: "green", Fate.THERE: "dim", Fate.LEFT: "yellow"}
    table = Table("id", "reason", "from", "", "why")
    for one in planned[:_SHOWN]:
        table.add_row(
            one.letter.id[:SHOWN_DIGITS],
            one.letter.reason.value,
            escape(place(one.stored)),
            f"[{styles[one.fate]}]{_words(one.fate)}[/]",
            escape(one.why),
        )
    out.print(table)
    if len(planned) > _SHOWN:
        out.print(f"and {len(planned) - _SHOWN:,} more", style="dim")


def _words(fate: "Fate") -> str:
    """What becomes of a letter, before it has."""
    from dataflows.dead_letters.requeue import Fate

    return "to be sent" if fate is Fate.SENT else fate.value
