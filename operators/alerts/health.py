"""Figures of a worker's health from what it tells Prometheus: totals as they are, rates from one look to the next."""

from collections.abc import Iterable, Mapping
from math import inf, isfinite
from typing import NamedTuple

from schemas.alert_figures import HEALTH_FIGURES

_MINUTE_S = 60.0

Samples = Iterable[tuple[str, Mapping[str, str], float]]
"""Name, labels and value of each sample of a scrape."""


class Look(NamedTuple):
    """What one scrape told, as far as it is needed; totals are since the worker's process started.

    ``latency`` has, by upper bound in seconds, how many signals came within it.
    """

    at_ms: int
    now: dict[str, float]
    dead_letters: float
    quarantines: float
    latency: dict[float, float]


_AS_THEY_ARE = {
    "candelabra_alive": "alive",
    "candelabra_ready": "ready",
    "candelabra_lag_records": "lag_records",
    "candelabra_quarantined_keys": "quarantined_keys",
    "candelabra_restarts_total": "restarts",
    "process_resident_memory_bytes": "memory_bytes",
}


def look(samples: Samples, at_ms: int) -> Look:
    """What a scrape at this instant told. Labels are added up, of ``behind_seconds`` the longest counts.

    A value that is not finite tells nothing.
    """
    now: dict[str, float] = {"behind_seconds": 0.0}
    latency: dict[float, float] = {}
    dead_letters = quarantines = 0.0
    for name, labels, value in samples:
        if not isfinite(value):
            continue
        if (figure := _AS_THEY_ARE.get(name)) is not None:
            now[figure] = now.get(figure, 0.0) + value
        elif name == "candelabra_behind_seconds":
            now["behind_seconds"] = max(now["behind_seconds"], value)
        elif name == "candelabra_dead_letters_total":
            dead_letters += value
        elif name == "candelabra_alerts_total" and labels.get("kind") == "quarantine":
            quarantines += value
        elif name == "candelabra_latency_seconds_bucket" and labels.get("record") == "signal":
            bound = float(labels["le"])
            latency[bound] = latency.get(bound, 0.0) + value
        elif name == "candelabra_snapshot_timestamp_seconds" and value > 0:
            now["snapshot_age_seconds"] = max(0.0, at_ms / 1000 - value)
    return Look(at_ms, now, dead_letters, quarantines, latency)


def figures(before: Look | None, after: Look | None) -> dict[str, float | None]:
    """Every figure by name; None where there is none yet: a rate needs two looks, a percentile signals between them.

    ``after`` is None where the worker did not answer: then all that is known is that it is not up.

    >>> figures(None, None)["up"], figures(None, None)["ready"]
    (0.0, None)
    """
    found: dict[str, float | None] = dict.fromkeys(HEALTH_FIGURES)
    found["up"] = 0.0 if after is None else 1.0
    if after is None:
        return found
    found |= after.now
    if before is None or after.at_ms <= before.at_ms:
        return found
    minutes = (after.at_ms - before.at_ms) / 1000 / _MINUTE_S
    letters = grown(before.dead_letters, after.dead_letters) / minutes
    quarantines = grown(before.quarantines, after.quarantines) / minutes
    between = {bound: grown(before.latency.get(bound, 0.0), count) for bound, count in after.latency.items()}
    if after.latency and after.latency.get(inf, 0.0) < before.latency.get(inf, 0.0):
        between = after.latency  # another process: all that it counted is new
    return found | {
        "dead_letters_per_minute": letters,
        "quarantines_per_minute": quarantines,
        "errors_per_minute": letters + quarantines,
        "latency_p50_seconds": quantile(0.5, between),
        "latency_p99_seconds": quantile(0.99, between),
    }


def grown(before: float, after: float) -> float:
    """By how much a counter has grown; one that is smaller than before has begun anew.

    >>> grown(5, 8), grown(5, 2)
    (3, 2)
    """
    return after - before if after >= before else after


def quantile(share: float, within: Mapping[float, float]) -> float | None:
    """The value below which a share lies, from counts by upper bound (each with all below); None where there is none.

    Within a bucket evenly spread; beyond the last finite bound that bound. As Prometheus's ``histogram_quantile``.

    >>> quantile(0.5, {1.0: 0, 2.0: 10, float("inf"): 10})
    1.5
    """
    total = within.get(inf, 0.0)
    if total <= 0:
        return None
    rank, lower, below = share * total, 0.0, 0.0
    for bound, count in sorted(within.items()):
        if count >= rank and count > below:
            return lower if bound == inf else lower + (bound - lower) * (rank - below) / (count - below)
        lower, below = (lower if bound == inf else bound), count
    return lower
