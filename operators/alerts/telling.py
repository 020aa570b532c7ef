"""The words and the record of what a rule found."""

from collections.abc import Mapping
from math import isfinite

from operators.alerts.source import Source
from operators.alerts.threshold import Happening, Terms
from schemas.alert import MOST_OF_A_MESSAGE, Alert, AlertKind, Severity, rule_alert_id
from schemas.alert_rule import AlertRule
from schemas.record import from_milliseconds

_MINUTE_MS, _HOUR_MS, _DAY_MS = 60_000, 3_600_000, 86_400_000


def alert_of(  # noqa: PLR0913, PLR0917  # what was found, by which rule, on what
    rule: AlertRule,
    metric: str,
    terms: Terms,
    source: Source,
    told: Happening,
    figures: Mapping[str, float],
) -> Alert:
    """The record of a happening."""
    kind: AlertKind = "degraded" if rule.type == "degradation" else "rule"
    side = "above" if terms.above else "below"
    text = f"{metric} of {source.name} is {told.value:.6g}, {side} {terms.threshold:g}"
    if told.change == "again":
        text += f", and has been for {lasting(told.at_ms - told.since_ms)}"
    elif told.change == "resolved":
        kind = "resolved"
        text = (
            f"{metric} of {source.name} is {told.value:.6g} again (threshold {terms.threshold:g}): over after "
            f"{lasting(told.at_ms - told.since_ms)}"
        )
    if "live_mean" in figures:
        text += (
            f"; mean return of the last {figures['live_trades']:.0f} trades {figures['live_mean']:.4%}, "
            f"of the reference's {figures['reference_trades']:.0f} {figures['reference_mean']:.4%}"
        )
    return _alert(
        rule.id, kind, rule.severity, metric, terms.threshold, source, told, f"{rule.message} {text}", figures
    )


def dropped(rule: str, severity: Severity, metric: str, threshold: float, source: str, told: Happening) -> Alert:  # noqa: PLR0913, PLR0917  # as above
    """The end of an alert whose rule was changed or removed: nobody will ever see it resolved otherwise."""
    text = f"{metric} of {source}: the rule was changed or removed while it was firing"
    return _alert(rule, "resolved", severity, metric, threshold, Source(source), told, text, {})


def gone(rule: AlertRule, metric: str, terms: Terms, source: Source, told: Happening) -> Alert:
    """The end of an alert on a source that is no more: no figure will come of it that could resolve it."""
    text = f"{metric} of {source.name}: it was removed while this was firing: over after "
    text += lasting(told.at_ms - told.since_ms)
    return _alert(
        rule.id, "resolved", rule.severity, metric, terms.threshold, source, told, f"{rule.message} {text}", {}
    )


def _alert(  # noqa: PLR0913, PLR0917  # the fields of a record
    rule: str,
    kind: AlertKind,
    severity: Severity,
    metric: str,
    threshold: float,
    source: Source,
    told: Happening,
    message: str,
    figures: Mapping[str, float],
) -> Alert:
    state = "resolved" if told.change == "resolved" else "firing"
    return Alert(
        id=rule_alert_id(rule, source.name, state, told.since_ms, told.number),
        kind=kind,
        severity=severity,
        event_time=from_milliseconds(told.at_ms),
        message=message.strip()[:MOST_OF_A_MESSAGE],
        rule=rule,
        state="resolved" if state == "resolved" else "firing",
        metric=metric,
        value=told.value,
        threshold=threshold,
        figures={name: value for name, value in figures.items() if isfinite(value)},
        **source.parts,
    )


def lasting(milliseconds: int) -> str:
    """A length of time as people say it, in its largest whole unit.

    >>> lasting(90_000), lasting(5_400_000), lasting(200_000_000)
    ('90s', '90m', '55h')
    """
    for unit, letter in ((_DAY_MS, "d"), (_HOUR_MS, "h"), (_MINUTE_MS, "m")):
        if milliseconds >= 3 * unit or (letter == "m" and milliseconds >= 2 * unit):
            return f"{milliseconds // unit}{letter}"
    return f"{milliseconds // 1000}s"
