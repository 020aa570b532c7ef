"""`candelabra dead-letter show`: one refused record, as far as it can be read, and what to do about it."""

import base64
import math
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from ui.cli.dead_letter_options import document, place, selection
from ui.cli.printing import JsonFlag, out, print_json, progress_bar
from ui.cli.reach import reachable

if TYPE_CHECKING:
    from dataflows.dead_letters.contents import Contents
    from dataflows.dead_letters.requeue import Planned

LONGEST_VALUE = 200


def show(
    identity: Annotated[str, typer.Argument(metavar="ID", help="A letter's id, or its first digits.")],
    most: Annotated[int, typer.Option("--bytes", help="Bytes to show in hexadecimal.", min=0)] = 128,
    as_json: JsonFlag = False,
) -> None:
    """Say why a record was refused, where it came from, what can be read of it, and what to do about it.

    Example: candelabra dead-letter show 3fa9c2d1
    Example: candelabra dead-letter show 3fa9c2d1 --bytes 4096
    """
    from dataflows.dead_letters.contents import contents
    from dataflows.dead_letters.requeue import Overrides, Requeue
    from dataflows.kafka.codec import build_codec, build_framing

    settings = reachable()
    meant = selection(settings, ids=[identity])
    with progress_bar("reading", None) as (bar, task):
        work = Requeue(settings, build_codec(settings), overrides=Overrides())
        [planned] = work.plan(meant, progress=lambda _what, count: bar.advance(task, count))
    found = contents(planned.letter, build_framing(settings))
    if as_json:
        _print_document(planned, found)
    else:
        _print(planned, found, most)


def _print_document(planned: "Planned", found: "Contents") -> None:
    from dataflows.dead_letters.advice import ADVICE

    letter, read = planned.letter, found.read
    fields = {} if read is None else {one.name: _machine(one.value) for one in read.fields}
    print_json(
        {
            **document(planned.stored),
            "value": None if letter.value is None else base64.b64encode(letter.value).decode(),
            "record_key": None if letter.record_key is None else base64.b64encode(letter.record_key).decode(),
            "schema": found.schema or None,
            "contents": found.words,
            "fields": fields,
            "advice": ADVICE[letter.reason],
            "requeue": {"fate": planned.fate.value, "why": planned.why},
        }
    )


def _print(planned: "Planned", found: "Contents", most: int) -> None:
    from dataflows.dead_letters.advice import ADVICE
    from dataflows.dead_letters.contents import hex_dump
    from dataflows.dead_letters.selection import source_key

    letter = planned.letter
    kept = len(letter.value or b"")
    rows = {
        "id": letter.id,
        "reason": letter.reason.value,
        "detail": letter.detail,
        "from": place(planned.stored),
        "refused": f"{planned.stored.recorded:%Y-%m-%d %H:%M:%S} UTC",
        "event time": "not known" if letter.event_time is None else f"{letter.event_time:%Y-%m-%d %H:%M:%S} UTC",
        "key": source_key(letter) or "none",
        "size": f"{letter.value_size:,} bytes" + ("" if kept == letter.value_size else f", the first {kept:,} kept"),
        "contents": found.words,
    }
    _grid(rows)
    if found.read is not None and found.read.fields:
        out.print()
        _grid({f"  {one.name}": _text(one.value) for one in found.read.fields})
    if letter.value and most:
        out.print()
        for line in hex_dump(letter.value, most):
            out.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)
        if kept > most:
            out.print(f"  and {kept - most:,} bytes more: --bytes {kept}", style="dim", highlight=False)
    out.print()
    _grid({"what to do": ADVICE[letter.reason], "requeue": _requeue_words(planned)})


def _requeue_words(planned: "Planned") -> str:
    from dataflows.dead_letters.requeue import Fate
    from schemas.dead_letter import Reason

    if planned.fate is Fate.THERE:
        return f"was done before: {planned.why}"
    if planned.fate is Fate.LEFT:
        return f"not as things are: {planned.why}"
    if planned.letter.reason in {Reason.OUT_OF_ORDER, Reason.CONFLICTING_DUPLICATE}:
        return "can be sent again; it will most likely come back"
    return f"candelabra dead-letter requeue {planned.letter.id[:8]}"


def _grid(rows: dict[str, str]) -> None:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows.items():
        table.add_row(name, escape(value))
    out.print(table, highlight=False)


def _text(value: Any) -> str:  # noqa: ANN401  # any that Avro has
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}..."


def _machine(value: Any) -> Any:  # noqa: ANN401  # any that Avro has
    """What JSON can hold: NaN and infinities as text, for they are why a record is refused."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return _text(value) if isinstance(value, datetime) else value
