"""Verbs that send a command: deploy, update, roll back, start, pause, resume, stop, restart."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.cli.files import read_strategy
from ui.cli.printing import JsonFlag
from ui.cli.strategy_report import Author, From, Name, Reason, Wait, control_client, report, signed, utc

if TYPE_CHECKING:
    from dataflows.control_client import Wanted

File = Annotated[Path, typer.Argument(help="A strategy file (JSON).")]


def deploy(
    file: File,
    effective_from: From = None,
    author: Author = None,
    reason: Reason = "",
    wait: Wait = 5.0,
    as_json: JsonFlag = False,
) -> None:
    """Send a new strategy to the workers; it runs at once, beside all others.

    Example: candelabra strategy deploy macd.json -m "first try"
    """
    config = read_strategy(file)
    client = control_client()
    sent = client.deploy(config, utc(effective_from), signature=signed(author, reason))
    report(client, sent, wait, as_json=as_json)


def update(
    file: File,
    expect: Annotated[
        int | None,
        typer.Option(min=1, help="Refuse if another version than this one is current. Default: the one current now."),
    ] = None,
    effective_from: From = None,
    author: Author = None,
    reason: Reason = "",
    wait: Wait = 5.0,
    as_json: JsonFlag = False,
) -> None:
    """Send another version of a strategy that exists; indicators that both versions read stay warm.

    Example: candelabra strategy update macd.json --expect 1 -m "slower signal line"
    """
    config = read_strategy(file)
    client = control_client()
    before = client.version(config.id)
    sent = client.update(config, utc(effective_from), expect=expect, signature=signed(author, reason))
    from operators.strategy.changes import changes

    report(client, sent, wait, as_json=as_json, changed=changes(before.config, config))


def rollback(
    name: Name,
    to: Annotated[
        int | None, typer.Option(min=1, help="The version to go back to. Default: the one that was current before.")
    ] = None,
    effective_from: From = None,
    author: Author = None,
    reason: Reason = "",
    wait: Wait = 5.0,
    as_json: JsonFlag = False,
) -> None:
    """Make an old version current again, in the state that the strategy is in. No new version is made.

    Example: candelabra strategy rollback macd_momentum --to 1 -m "too many trades"
    """
    client = control_client()
    before = client.version(name)
    sent = client.rollback(name, to, utc(effective_from), signature=signed(author, reason))
    from operators.strategy.changes import changes

    after = client.version(name, sent.desired.version)
    report(client, sent, wait, as_json=as_json, changed=changes(before.config, after.config))


def start(
    name: Name,
    effective_from: From = None,
    author: Author = None,
    reason: Reason = "",
    wait: Wait = 5.0,
    as_json: JsonFlag = False,
) -> None:
    """Run a stopped or paused strategy.

    Example: candelabra strategy start macd_momentum
    """
    _want(name, "running", effective_from, author, reason, wait, as_json=as_json)


def pause(
    name: Name,
    effective_from: From = None,
    author: Author = None,
    reason: Reason = "",
    wait: Wait = 5.0,
    as_json: JsonFlag = False,
) -> None:
    """Stop evaluating; the position is kept and the indicators stay warm.

    Example: candelabra strategy pause macd_momentum -m "news at two"
    """
    _want(name, "paused", effective_from, author, reason, wait, as_json=as_json)


def resume(
    name: Name,
    effective_from: From = None,
    author: Author = None,
    reason: Reason = "",
    wait: Wait = 5.0,
    as_json: JsonFlag = False,
) -> None:
    """Go on after a pause.

    Example: candelabra strategy resume macd_momentum
    """
    client = control_client()
    report(client, client.resume(name, utc(effective_from), signature=signed(author, reason)), wait, as_json=as_json)


def stop(
    name: Name,
    effective_from: From = None,
    author: Author = None,
    reason: Reason = "",
    wait: Wait = 5.0,
    as_json: JsonFlag = False,
) -> None:
    """Take a strategy out of service; an open position is closed at the first candle of that state.

    Example: candelabra strategy stop macd_momentum
    """
    _want(name, "stopped", effective_from, author, reason, wait, as_json=as_json)


def restart(
    name: Name,
    effective_from: From = None,
    author: Author = None,
    reason: Reason = "",
    wait: Wait = 5.0,
    as_json: JsonFlag = False,
) -> None:
    """Begin again from a flat position, out of quarantine.

    Example: candelabra strategy restart macd_momentum
    """
    client = control_client()
    report(client, client.restart(name, utc(effective_from), signature=signed(author, reason)), wait, as_json=as_json)


def _want(
    name: str,
    state: "Wanted",
    effective_from: datetime | None,
    author: str | None,
    reason: str,
    wait: float,
    *,
    as_json: bool,
) -> None:
    client = control_client()
    sent = client.want(name, state, utc(effective_from), signature=signed(author, reason))
    report(client, sent, wait, as_json=as_json)
