"""Verbs that send alerts out: run, test."""

from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, get_args

import typer

from dataflows.errors import CandelabraError
from ui.cli.printing import JsonFlag, counted, err, out, print_json
from ui.cli.reach import reachable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dataflows.alerts.destination import Destination
    from dataflows.alerts.lane import Message
    from schemas.alert import Alert, EngineKind

_TEST_SECONDS = 30.0


def run(
    rules: Annotated[Path, typer.Option(help="The file of alert rules (JSON).")],
    health: Annotated[
        list[str] | None, typer.Option(help="A worker's health address, such as http://127.0.0.1:8600; repeatable.")
    ] = None,
    state: Annotated[Path, typer.Option(help="The file that remembers what was seen and told.")] = Path(
        "alerts.state.json"
    ),
    once: Annotated[bool, typer.Option("--once", help="End when all that is there is worked and told.")] = False,
    severity: Annotated[
        Literal["info", "warning", "error"] | None,
        typer.Option(help="The least severity that is sent out; in place of the file's."),
    ] = None,
    mute: Annotated[
        list[str] | None,
        typer.Option(
            help="A kind of the engine's own alerts that is not sent out: gap, partial, quarantine, refusal or "
            "kill_switch; repeatable."
        ),
    ] = None,
    every: Annotated[float, typer.Option(help="Seconds between two looks at the workers.", min=0.1, max=3600)] = 15.0,
    as_json: JsonFlag = False,
) -> None:
    """Watch metrics, equity, trades and workers by rules; tell people what they find, until SIGTERM or Ctrl-C.

    Alerts go to the topic `alerts`; they and the engine's own are sent to the addresses in CANDELABRA_NOTIFY_URLS
    (apprise URLs, apart by spaces), which are never shown. A process of its own: the engine does not know of it.

    Example: candelabra alerts run --rules rules.json --health http://127.0.0.1:8600
    Example: candelabra alerts run --rules rules.json --mute gap --mute partial
    """
    from dataflows.alerts.rule_files import read_rules

    held, muted = read_rules(rules), _kinds(mute or ())
    destinations = _destinations()
    settings = reachable()
    from dataflows.alerts.run import AlertRun
    from dataflows.kafka.metadata import partition_count
    from dataflows.stop import StopFlag, stop_on_signals
    from schemas.topics import ALERTS

    partition_count(settings.kafka_client_config(), ALERTS.prefixed(settings.topic_prefix))
    where = ", ".join(one.name for one in destinations) or "nobody: CANDELABRA_NOTIFY_URLS is not set"
    rule_count = counted(len(held.rules.rules), "rule")
    err.print(f"{rule_count}; alerts are sent to {where}", style="dim", highlight=False, markup=False)
    alerts = AlertRun(
        settings,
        held,
        destinations,
        state,
        health=health or (),
        least=severity,
        mute=muted,
        every_s=every,
        say=_say,
    )
    stop = StopFlag()
    with closing(alerts), stop_on_signals(stop):
        report = alerts.run(stop, once=once)
    if as_json:
        print_json(asdict(report))
    else:
        err.print(
            f"ended: {counted(report.read, 'record')}, {counted(report.told, 'alert')} told, {report.firing:,} stand, "
            f"{counted(report.sent, 'message')} sent, {report.waiting:,} not delivered yet, {report.dropped:,} dropped",
            highlight=False,
        )


def send_test(as_json: JsonFlag = False) -> None:
    """Send one message to every address in CANDELABRA_NOTIFY_URLS. Needs no broker.

    Example: candelabra alerts test
    """
    from dataflows.alerts.lane import Message

    destinations = _destinations()
    if not destinations:
        raise CandelabraError("CANDELABRA_NOTIFY_URLS is not set: there is nobody to send a test to")
    message = Message("test", "[info] Candelabra: a test", "Alerts reach you here.", "info")
    results = {one.name: _sent(one, message) for one in destinations}
    if as_json:
        print_json({"sent": results})
    else:
        for name, sent in results.items():
            out.print(f"[green]sent[/] {name}" if sent else f"[red]failed[/] {name}", highlight=False)
    if not all(results.values()):
        raise typer.Exit(1)


def _sent(destination: "Destination", message: "Message") -> bool:
    """Whether the destination took it within the time for a test."""
    from dataflows.alerts.lane import Attempt

    attempt = Attempt(destination, message)
    return attempt.ended_within(_TEST_SECONDS) and attempt.taken


def _destinations() -> "list[Destination]":
    from dataflows.alerts.destination import destinations_of
    from dataflows.settings import load

    return destinations_of(load().notify_urls)


def _kinds(names: "Sequence[str]") -> "list[EngineKind]":
    """Kinds that were typed; CandelabraError with the nearest where one is none of the engine's own."""
    from schemas.alert import EngineKind
    from schemas.names import did_you_mean

    kinds: dict[str, EngineKind] = {kind: kind for kind in get_args(EngineKind)}
    for name in names:
        if name not in kinds:
            known = ", ".join(kinds)
            raise CandelabraError(f"--mute: expected one of {known}, got {name!r}{did_you_mean(name, kinds)}")
    return [kinds[name] for name in names]


def _say(alert: "Alert") -> None:
    colour = "green" if alert.state == "resolved" else {"info": "cyan", "warning": "yellow"}.get(alert.severity, "red")
    err.print(
        f"{alert.rule} {alert.state}: {alert.message}", style=colour, markup=False, highlight=False, soft_wrap=True
    )
