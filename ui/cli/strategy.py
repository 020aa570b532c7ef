"""`candelabra strategy`: check strategy files, send commands, see what runs."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer
from rich.table import Table

from ui.cli.files import read_strategy
from ui.cli.printing import JsonFlag, err, out, print_json
from ui.cli.reach import reachable

if TYPE_CHECKING:
    from dataflows.control_client import ControlClient, Sent, Wanted
    from schemas.lifecycle import StrategyStatus

app = typer.Typer(help="Strategies: check files, deploy and steer them, see what runs.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(help="A strategy file (JSON).")]
Name = Annotated[str, typer.Argument(help="The strategy's id.")]
From = Annotated[
    datetime | None,
    typer.Option(
        "--effective-from",
        help="Event time (UTC): holds from the first candle that closes after it. Default: now on a live feed, "
        "else the next candle.",
        formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"],
    ),
]
Wait = Annotated[float, typer.Option(help="Seconds to wait for the workers' answer.", min=0, max=3600)]

_LIGHTS = {"running": "🟢", "paused": "🟡", "stopped": "🔴", "quarantined": "🟣", "refused": "❌", "accepted": "⚪"}


@app.command("validate")
def validate(
    files: Annotated[list[Path], typer.Argument(help="Strategy files (JSON).")], as_json: JsonFlag = False
) -> None:
    """Check files down to names, parameters and expressions. Needs no broker.

    Example: candelabra strategy validate macd.json
    """
    from schemas.problems import StrategyFileError

    results = {}
    for path in files:
        try:
            config = read_strategy(path)
        except StrategyFileError as error:
            results[str(path)] = [str(problem) for problem in error.problems]
            if not as_json:
                err.print(str(error), style="red", highlight=False, markup=False, soft_wrap=True)
            continue
        results[str(path)] = []
        if not as_json:
            out.print(f"[green]ok[/] {path}: {config.id}, {len(config.rules)} rules", highlight=False)
            if config.risk is not None:
                out.print("   risk is kept with the version; this release does not enforce it", style="yellow")
    if as_json:
        print_json({"valid": not any(results.values()), "problems": results})
    if any(results.values()):
        raise typer.Exit(1)


@app.command("deploy")
def deploy(file: File, effective_from: From = None, wait: Wait = 5.0, as_json: JsonFlag = False) -> None:
    """Send a new strategy to the workers; it runs at once, beside all others.

    Example: candelabra strategy deploy macd.json
    """
    config = read_strategy(file)
    client = _client()
    _report(client, client.deploy(config, _utc(effective_from)), wait, as_json=as_json)


@app.command("update")
def update(file: File, effective_from: From = None, wait: Wait = 5.0, as_json: JsonFlag = False) -> None:
    """Send another version of a strategy that exists.

    Example: candelabra strategy update macd.json
    """
    config = read_strategy(file)
    client = _client()
    _report(client, client.update(config, _utc(effective_from)), wait, as_json=as_json)


@app.command("start")
def start(name: Name, effective_from: From = None, wait: Wait = 5.0, as_json: JsonFlag = False) -> None:
    """Run a stopped or paused strategy.

    Example: candelabra strategy start macd_momentum
    """
    _want(name, "running", effective_from, wait, as_json=as_json)


@app.command("pause")
def pause(name: Name, effective_from: From = None, wait: Wait = 5.0, as_json: JsonFlag = False) -> None:
    """Stop evaluating; the position is kept and the indicators stay warm.

    Example: candelabra strategy pause macd_momentum
    """
    _want(name, "paused", effective_from, wait, as_json=as_json)


@app.command("resume")
def resume(name: Name, effective_from: From = None, wait: Wait = 5.0, as_json: JsonFlag = False) -> None:
    """Go on after a pause.

    Example: candelabra strategy resume macd_momentum
    """
    client = _client()
    _report(client, client.resume(name, _utc(effective_from)), wait, as_json=as_json)


@app.command("stop")
def stop(name: Name, effective_from: From = None, wait: Wait = 5.0, as_json: JsonFlag = False) -> None:
    """Take a strategy out of service; an open position is closed at the first candle of that state.

    Example: candelabra strategy stop macd_momentum
    """
    _want(name, "stopped", effective_from, wait, as_json=as_json)


@app.command("restart")
def restart(name: Name, effective_from: From = None, wait: Wait = 5.0, as_json: JsonFlag = False) -> None:
    """Begin again from a flat position, out of quarantine.

    Example: candelabra strategy restart macd_momentum
    """
    client = _client()
    _report(client, client.restart(name, _utc(effective_from)), wait, as_json=as_json)


@app.command("list")
def list_strategies(as_json: JsonFlag = False) -> None:
    """Show every strategy: what is wanted of it, and what its series say.

    Example: candelabra strategy list
    """
    client = _client()
    statuses = client.statuses()
    rows = [_summary(client, name, statuses.values()) for name in client.strategies]
    if as_json:
        print_json({"strategies": [row._asdict() for row in rows]})
        return
    if not rows:
        out.print("no strategy yet: `candelabra strategy deploy FILE` sends one")
        return
    table = Table("strategy", "version", "wanted", "series", "actual")
    for row in rows:
        actual = "  ".join(f"{_LIGHTS[state]} {count} {state}" for state, count in sorted(row.actual.items()))
        since = f" from {_minute(row.effective_from)}" if row.effective_from else ""
        series = str(sum(row.actual.values()))
        table.add_row(row.strategy, str(row.version), f"{row.wanted}{since}", series, actual or "-")
    out.print(table)


@app.command("show")
def show(name: Name, as_json: JsonFlag = False) -> None:
    """Show a strategy: its newest configuration in the normal form, and each series that it runs on.

    Example: candelabra strategy show macd_momentum
    """
    client = _client()
    versions = client.versions(name)
    wanted = client.wanted(name)
    version = wanted.version if wanted else versions[max(versions)]
    statuses = [one for one in client.statuses().values() if one.strategy == name]
    if as_json:
        print_json(
            {
                "strategy": name,
                "version": version.version,
                "versions": sorted(versions),
                "wanted": wanted.desired.model_dump(mode="json") if wanted else None,
                "config": version.config.model_dump(mode="json"),
                "status": [one.model_dump(mode="json") for one in statuses],
            }
        )
        return
    out.print(f"[bold]{name}[/] version {version.version} of {max(versions)}")
    out.print_json(version.config.model_dump_json(exclude_none=True))
    out.print(_status_table(statuses))


def _client() -> "ControlClient":
    settings = reachable()
    from dataflows.control_client import ControlClient

    return ControlClient(settings)


def _utc(time: datetime | None) -> datetime | None:
    return None if time is None else time.replace(tzinfo=UTC)


def _want(name: str, state: "Wanted", effective_from: datetime | None, wait: float, *, as_json: bool) -> None:
    client = _client()
    _report(client, client.want(name, state, _utc(effective_from)), wait, as_json=as_json)


def _report(client: "ControlClient", sent: "Sent", wait: float, *, as_json: bool) -> None:
    desired = sent.desired
    answers = [] if sent.unchanged else list(client.answers(sent, wait_seconds=wait))
    refused = [one for one in answers if one.state == "refused"]
    if as_json:
        print_json(
            {
                "command": desired.model_dump(mode="json"),
                "unchanged": sent.unchanged,
                "answers": [one.model_dump(mode="json") for one in answers],
            }
        )
    elif sent.unchanged:
        out.print(f"{desired.strategy} version {desired.version} is to be {desired.state} already: nothing was sent")
    else:
        since = f" from {_minute(desired.effective_from)} UTC" if desired.effective_from else ""
        out.print(f"{desired.strategy} version {desired.version}: {desired.state}{since}")
        if answers:
            out.print(_status_table(answers))
            if not refused and all(one.symbol is None for one in answers):
                err.print("no series has acted yet: each does so at its next candle", style="dim")
        elif wait:
            err.print(
                f"no worker has answered within {wait:g} s; the command is on the control topic, and a worker will "
                "carry it out (is `candelabra run` running?)",
                style="yellow",
            )
    if refused:
        raise typer.Exit(1)


def _minute(time: datetime) -> str:
    """A time as it is typed; seconds where there are any.

    >>> _minute(datetime(2025, 5, 9, 12, 30))
    '2025-05-09 12:30'
    """
    return f"{time:%Y-%m-%d %H:%M:%S}".removesuffix(":00")


class _Row(NamedTuple):
    """A strategy at a glance: its newest command, and from when it holds. ``actual`` counts its series by state."""

    strategy: str
    version: int
    wanted: str
    effective_from: datetime | None
    actual: dict[str, int]


def _summary(client: "ControlClient", name: str, statuses: Iterable["StrategyStatus"]) -> _Row:
    wanted = client.wanted(name)
    actual: dict[str, int] = {}
    for one in statuses:
        if one.strategy == name and one.symbol is not None:
            actual[one.state.value] = actual.get(one.state.value, 0) + 1
    version = wanted.desired.version if wanted else max(client.versions(name))
    if wanted is None:
        return _Row(name, version, "-", None, actual)
    return _Row(name, version, wanted.desired.state, wanted.desired.effective_from, actual)


def _status_table(statuses: Iterable["StrategyStatus"]) -> Table:
    table = Table("series", "state", "version", "from the bar of (UTC)", "reason")
    for one in statuses:
        series = f"{one.symbol} {one.timeframe}" if one.symbol else "(the command)"
        since = _minute(one.effective_bar) if one.effective_bar else "-"
        light = f"{_LIGHTS[one.state.value]} {one.state.value}"
        table.add_row(series, light, str(one.version or "-"), since, one.reason or "")
    return table
