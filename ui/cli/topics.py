"""`candelabra topics`: create, compare, look into."""

from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from ui.cli.printing import JsonFlag, err, out, print_json
from ui.cli.reach import reachable
from ui.cli.topics_copy import copy

app = typer.Typer(help="The topics: create them, compare them with the design, look into them.", no_args_is_help=True)
app.command("copy")(copy)


@app.command("create")
def create(as_json: JsonFlag = False) -> None:
    """Create the topics that are missing; report, and never change, those that differ.

    Compaction is told to leave commands alone for as long as the candle topic keeps its candles: a rebuild needs both.

    Example: CANDELABRA_BOOTSTRAP_SERVERS=broker:9092 candelabra topics create
    """
    settings = reachable()
    from dataflows.kafka import topic_layout

    _report(topic_layout.create(settings), as_json=as_json)


@app.command("list")
def list_topics(as_json: JsonFlag = False) -> None:
    """Show every topic of the design and how the broker's differ.

    Example: candelabra topics list
    """
    settings = reachable()
    from dataflows.kafka import topic_layout

    _report(topic_layout.check(settings), as_json=as_json)


@app.command("tail")
def tail(
    topic: Annotated[str, typer.Argument(help="The topic's name, without prefix.")],
    last: Annotated[
        int, typer.Option("--last", "-n", help="Begin so many records before the end of each partition.")
    ] = 10,
    everything: Annotated[bool, typer.Option("--all", help="Begin at the beginning.")] = False,
    follow: Annotated[bool, typer.Option(help="Go on as records come, until Ctrl-C.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print each record as a line of JSON, for machines.")] = False,
) -> None:
    """Decode a topic and follow it.

    Composites, late signals, positions, metrics, equity and executions come in columns; --json has all that they hold.

    Example: candelabra topics tail signals --last 5 --no-follow
    Example: candelabra topics tail positions
    """
    from dataflows.errors import CandelabraError
    from dataflows.kafka.codec import build_codec
    from dataflows.kafka.follow import Followed, TopicFollower
    from dataflows.kafka.record_types import RECORDS_OF
    from schemas.names import did_you_mean
    from schemas.topics import ALL_TOPICS
    from ui.cli.columns import header
    from ui.cli.topic_lines import OF_TOPIC

    spec = next((one for one in ALL_TOPICS if one.name == topic), None)
    if spec is None or spec.name not in RECORDS_OF:
        hint = did_you_mean(topic, RECORDS_OF)
        raise CandelabraError(f"expected one of {', '.join(RECORDS_OF)}, got {topic!r}{hint}")
    settings = reachable()
    codec = build_codec(settings)
    kinds = RECORDS_OF[spec.name]
    followed = Followed(
        spec.prefixed(settings.topic_prefix), lambda value: codec.decode_any(value, kinds), None if everything else last
    )
    if spec.name in OF_TOPIC and not as_json:
        out.print(header(OF_TOPIC[spec.name]), soft_wrap=True, highlight=False)
    try:
        with TopicFollower(settings.kafka_client_config(), [followed]) as follower:
            while follow or not follower.caught_up:
                for one in follower.poll(timeout_s=0.2):
                    show(one, as_json=as_json)
    except KeyboardInterrupt:
        pass


def show(one: Any, *, as_json: bool) -> None:  # noqa: ANN401  # a FollowedRecord; its module is imported late
    """One record of a topic on a line, a signal with its reasons below; or as an object for machines."""
    from ui.cli.topic_lines import line_of

    key = None if one.key is None else one.key.decode("utf-8", "backslashreplace")
    if hasattr(one.record, "model_dump"):
        record = one.record.model_dump(mode="json")
    else:
        record = {"undecodable": str(one.record)}
    if as_json:
        print_json({"partition": one.partition, "offset": one.offset, "key": key, "record": record})
        return
    columns = line_of(one.record)
    if columns is not None:
        out.print(columns, soft_wrap=True, highlight=False)
        return
    below = _why(one.record, record)
    shown = "  ".join(
        f"[dim]{name}[/] {escape(str(value))}" for name, value in record.items() if value not in (None, "", {}, [])
    )
    place = f"[cyan]{one.partition}:{one.offset}[/] [bold]{escape(str(key))}[/]"
    out.print(f"{place}  {shown}", soft_wrap=True, highlight=False)
    for line in below:
        out.print(f"        {line}", soft_wrap=True, highlight=False)


def _why(signal: Any, record: dict[str, Any]) -> list[str]:  # noqa: ANN401  # any record; their modules are imported late
    """Why a signal happened, a line for each part of its rule; what they say is taken out of the record."""
    from schemas.signal import Signal
    from ui.why import confidence_text, parts

    if not isinstance(signal, Signal):
        return []
    for name in ("conditions", "confidence_method", "confidence_terms"):
        del record[name]
    lines = [f"{'  ' * part.depth}{part.mark} {escape(part.text)}  [dim]{part.values}[/]" for part in parts(signal)]
    sure = confidence_text(signal)
    return [*lines, f"[dim]confidence[/] {escape(sure)}"] if sure else lines


def _report(report: Any, *, as_json: bool) -> None:  # noqa: ANN401  # a TopicReport; its module is imported late
    differences = [str(one) for one in report.differences]
    if as_json:
        print_json(
            {
                "created": list(report.created),
                "existing": list(report.existing),
                "missing": list(report.missing),
                "differences": differences,
            }
        )
    else:
        table = Table("topic", "state")
        differing = {one.topic for one in report.differences}
        for names, state in ((report.created, "created"), (report.existing, "there"), (report.missing, "[red]missing")):
            for name in names:
                table.add_row(name, "[yellow]differs" if name in differing else state)
        out.print(table)
        for line in differences:
            err.print(line, style="yellow")
    if not report.ok:
        raise typer.Exit(1)
