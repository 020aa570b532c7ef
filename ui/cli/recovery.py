"""`candelabra recovery`: recovery stores: look into one, check it, copy it."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from ui.cli.printing import JsonFlag, counted, err, out, print_json

if TYPE_CHECKING:
    from dataflows.recovery.contents import StepContents
    from dataflows.recovery.inspection import Found

app = typer.Typer(help="Recovery stores: look into one, check it, copy it.", no_args_is_help=True)

_STEP = 1024

Directory = Annotated[Path, typer.Argument(help="The recovery directory, as `run --recovery` has it.")]


@app.callback()
def recovery() -> None:
    """Recovery stores: look into one, check it, copy it."""


@app.command("check")
def check(folder: Directory, as_json: JsonFlag = False) -> None:
    """Read every page of a store, and tell whether it can be gone on from. Exit code 0 only if it can.

    Example: candelabra recovery check recovery
    """
    from dataflows.recovery.folder import partition_files
    from dataflows.recovery.inspection import inspect
    from dataflows.recovery.partition import Depth
    from dataflows.recovery.verdict import fault_refusal
    from ui.cli.printing import progress_bar

    with progress_bar("partitions", len(partition_files(folder))) as (bar, task):
        found = inspect(folder, Depth.EVERYTHING, lambda: bar.advance(task))
    _refuse_none(found)
    if as_json:
        print_json(_document(found))
    elif found.faults:
        raise fault_refusal(found)
    else:
        out.print(f"whole: {_summary(found)}", highlight=False)
    if found.faults:
        raise typer.Exit(1)


@app.command("show")
def show(folder: Directory, as_json: JsonFlag = False) -> None:
    """Show what a store was made for, how far it is, and what it holds: keys and bytes by step.

    Example: candelabra recovery show recovery
    """
    from dataflows.recovery.contents import contents
    from dataflows.recovery.inspection import inspect

    found = inspect(folder)
    _refuse_none(found)
    steps = [] if found.faults else contents(found.partitions)
    if as_json:
        print_json({**_document(found), "steps": [_step(step) for step in steps]})
        return
    _print_manifest(found)
    out.print(_partitions(found))
    if steps:
        out.print(_steps(steps))
    for fault in found.faults:
        err.print(str(fault), style="red", markup=False, highlight=False, soft_wrap=True)
    out.print(_summary(found), style="dim", highlight=False)
    if found.faults:
        raise typer.Exit(1)


@app.command("backup")
def backup(
    folder: Directory,
    to: Annotated[Path, typer.Argument(help="A new directory for the copy.")],
    as_json: JsonFlag = False,
) -> None:
    """Copy a store, also while workers run on it, and check the copy. Copying files by hand is safe only while none do.

    To restore: stop the run, empty the recovery directory, put the copy's files there, run again.

    Example: candelabra recovery backup recovery backups/monday
    """
    from dataflows.recovery.backup import back_up

    copied = back_up(folder, to)
    if as_json:
        print_json(
            {
                "folder": str(copied.folder),
                "epoch": copied.epoch,
                "partitions": copied.partitions,
                "bytes": copied.size,
            }
        )
    else:
        out.print(
            f"copied to {escape(str(copied.folder))} and checked: {counted(copied.partitions, 'partition')}, "
            f"{_bytes(copied.size)}, gone on from at epoch {copied.epoch:,}",
            highlight=False,
            soft_wrap=True,
        )


def _refuse_none(found: "Found") -> None:
    from dataflows.errors import RecoveryRefused

    if found.is_new:
        raise RecoveryRefused(
            f"there is no recovery store in {found.folder}; expected the directory that `candelabra run --recovery` "
            "names, with part-0.sqlite3 and so on in it"
        )


def _summary(found: "Found") -> str:
    size = _bytes(sum(one.size for one in found.partitions))
    users = _used_by(found)
    used = f"in use by process {', '.join(map(str, users))}" if users else "not in use"
    return f"{counted(len(found.partitions), 'partition')}, {size}, gone on from at epoch {found.epoch:,}, {used}"


def _used_by(found: "Found") -> tuple[int, ...]:
    from dataflows.recovery.lock import holder

    return holder(found.folder)


def _document(found: "Found") -> dict[str, Any]:
    manifest = found.manifest
    return {
        "folder": str(found.folder),
        "whole": not found.faults,
        "faults": [{"kind": fault.kind, "where": fault.where, "what": fault.what} for fault in found.faults],
        "epoch": found.epoch,
        "used_by": list(_used_by(found)),
        "bytes": sum(one.size for one in found.partitions),
        "manifest": None if manifest is None else manifest.model_dump(mode="json"),
        "partitions": [
            {"number": one.number, "bytes": one.size, "committed_epoch": one.committed} for one in found.partitions
        ],
    }


def _step(step: "StepContents") -> dict[str, Any]:
    return {"step": step.step, "keys": step.keys, "snapshots": step.snapshots, "bytes": step.size}


def _print_manifest(found: "Found") -> None:
    manifest = found.manifest
    if manifest is None:
        out.print("no manifest: made by an earlier release, or by hand", highlight=False)
        return
    lines = {
        "begun": f"{manifest.begun}, {_minute(manifest.created)}",
        "cluster": manifest.cluster or "not told by the broker",
        "topic prefix": manifest.prefix or "none",
        **{name.replace("_", " "): _listed(value) for name, value in manifest.parameters.items()},
    }
    for name, value in lines.items():
        out.print(f"[dim]{name}[/]  {escape(value)}", highlight=False, soft_wrap=True)


def _listed(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _minute(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"


def _partitions(found: "Found") -> Table:
    table = Table("partition", "size", "cleaned up to epoch")
    for one in found.partitions:
        table.add_row(str(one.number), _bytes(one.size), "-" if one.committed is None else f"{one.committed:,}")
    return table


def _steps(steps: "list[StepContents]") -> Table:
    table = Table("step", "keys", "size", "per key")
    for step in steps:
        table.add_row(step.name, f"{step.keys:,}", _bytes(step.size), _bytes(step.size / max(step.keys, 1)))
    return table


def _bytes(count: float) -> str:
    """As people read it.

    >>> _bytes(512), _bytes(1_536), _bytes(3 * 1024**3)
    ('512 B', '1.5 KiB', '3.0 GiB')
    """
    for unit in ("B", "KiB", "MiB"):
        if count < _STEP:
            return f"{count:.0f} B" if unit == "B" else f"{count:.1f} {unit}"
        count /= _STEP
    return f"{count:.1f} GiB"
