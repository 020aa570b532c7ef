"""`candelabra strategy`: check strategy files, send commands, see what runs."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from ui.cli.files import read_strategy
from ui.cli.printing import JsonFlag, err, out, print_json

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
    _want(name, "running", effective_from, wait, as_json=as_json)


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
        print_json({"strategies": rows})
        return
    table = Table("strategy", "version", "wanted", "series", "actual")
    for row in rows:
        counts = row["actual"]
        actual = "  ".join(f"{_LIGHTS[state]} {count} {state}" for state, count in sorted(counts.items()))
        table.add_row(row["strategy"], str(row["version"]), row["wanted"], str(sum(counts.values())), actual or "-")
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
    from dataflows.control_client import ControlClient
    from dataflows.settings import load

    return ControlClient(load())


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
        since = f" from {desired.effective_from:%Y-%m-%d %H:%M:%S} UTC" if desired.effective_from else ""
        out.print(f"{desired.strategy} version {desired.version}: {desired.state}{since}")
        if answers:
            out.print(_status_table(answers))
        else:
            err.print(
                f"no worker has answered within {wait:g} s; the command is on the control topic, and a worker will carry "
                "it out (is `candelabra run` running?)",
                style="yellow",
            )
    if refused:
        raise typer.Exit(1)


def _summary(client: "ControlClient", name: str, statuses: Iterable["StrategyStatus"]) -> dict[str, object]:
    wanted = client.wanted(name)
    actual: dict[str, int] = {}
    for one in statuses:
        if one.strategy == name and one.symbol is not None:
            actual[one.state.value] = actual.get(one.state.value, 0) + 1
    return {
        "strategy": name,
        "version": wanted.desired.version if wanted else max(client.versions(name)),
        "wanted": wanted.desired.state if wanted else "-",
        "actual": actual,
    }


def _status_table(statuses: Iterable["StrategyStatus"]) -> Table:
    table = Table("series", "state", "version", "from the bar that opens at", "reason")
    for one in statuses:
        series = f"{one.symbol} {one.timeframe}" if one.symbol else "(the command)"
        since = f"{one.effective_bar:%Y-%m-%d %H:%M} UTC" if one.effective_bar else "-"
        light = f"{_LIGHTS[one.state.value]} {one.state.value}"
        table.add_row(series, light, str(one.version or "-"), since, one.reason or "")
    return table
