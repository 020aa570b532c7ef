"""`candelabra alerts list`: what was told."""

import time
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from ui.cli.printing import JsonFlag, out, print_json
from ui.cli.reach import reachable

if TYPE_CHECKING:
    from schemas.alert import Alert

_READ_SECONDS = 30.0
_COLOURS = {"info": "cyan", "warning": "yellow", "error": "red"}


def list_alerts(
    firing: Annotated[bool, typer.Option("--firing", help="Only alerts of rules that stand now.")] = False,
    last: Annotated[int, typer.Option("--last", "-n", help="The newest so many.", min=1)] = 20,
    as_json: JsonFlag = False,
) -> None:
    """Show alerts, the engine's own and those of rules, the newest last.

    Example: candelabra alerts list --firing
    """
    found = sorted(_all(), key=lambda alert: (alert.event_time, alert.key))
    if firing:
        newest = {alert.key: alert for alert in found if alert.rule is not None}
        found = [alert for alert in newest.values() if alert.state == "firing"]
    found = found[-last:]
    if as_json:
        print_json({"alerts": [alert.model_dump(mode="json") for alert in found]})
        return
    if not found:
        out.print("no alert stands" if firing else "no alert yet")
        return
    table = Table("time (UTC)", "severity", "what", "source", "message")
    for alert in found:
        colour = "green" if alert.state == "resolved" else _COLOURS[alert.severity]
        what = alert.kind if alert.rule is None else f"{alert.rule} {alert.state}"
        when = alert.event_time.isoformat(sep=" ", timespec="seconds").removesuffix("+00:00")
        source = alert.key if alert.source is None else alert.source
        table.add_row(when, f"[{colour}]{alert.severity}", what, escape(source), escape(alert.message))
    out.print(table)


def _all() -> "list[Alert]":
    settings = reachable()
    from dataflows.errors import BrokerUnreachable
    from dataflows.kafka.codec import build_codec
    from dataflows.kafka.follow import Followed, TopicFollower
    from schemas.alert import Alert
    from schemas.topics import ALERTS

    codec = build_codec(settings)
    followed = Followed(ALERTS.prefixed(settings.topic_prefix), lambda value: codec.decode(value, Alert))
    deadline = time.monotonic() + _READ_SECONDS
    found: dict[str, Alert] = {}
    with TopicFollower(settings.kafka_client_config(), [followed]) as follower:
        while not follower.caught_up:
            if time.monotonic() > deadline:
                raise BrokerUnreachable(
                    f"{followed.topic} could not be read to its end: {follower.trouble or 'too slow'}"
                )
            for one in follower.poll(timeout_s=0.2):
                if isinstance(one.record, Alert):
                    found[one.record.id] = one.record
    return list(found.values())
