"""Whether all is well, and how that is known: by the workers' own word, or by what they have left on the topics."""

from collections.abc import Sequence
from typing import NamedTuple

from dataflows.health.standing import Standing
from dataflows.health.troubles import Trouble, duration, patience_seconds

NOT_ASKED = "no worker was asked (CANDELABRA_HEALTH_PORT is not set)"


class Verdict(NamedTuple):
    """``ok`` is None where nothing wrong is seen and nothing tells that it works; ``words`` say how it is known.

    That all is well they say only where workers have said so themselves: what is on the topics is of a moment ago.
    """

    ok: bool | None
    words: str


def verdict(standing: Standing, found: Sequence[Trouble]) -> Verdict:
    """The end of the report. ``found`` are the standing's troubles."""
    if found:
        return Verdict(ok=False, words=f"{len(found)} trouble{'s' if len(found) > 1 else ''}")
    if not standing.statuses_whole:
        return Verdict(
            ok=None,
            words="nothing wrong is seen, and whether all is well is not known: the status topic is long, and not all "
            "of it was read, so a strategy may be in quarantine",
        )
    if standing.workers is not None:
        return Verdict(ok=True, words="all is well")
    sign = _sign_of_work(standing)
    if sign is not None:
        return Verdict(
            ok=True, words=f"nothing is wrong by what is on the topics: {sign}, so a worker ran then; {NOT_ASKED}"
        )
    return Verdict(
        ok=None,
        words=f"nothing wrong is seen, and whether a worker runs is not known: {NOT_ASKED}, and {_silence(standing)}",
    )


def _sign_of_work(standing: Standing) -> str | None:
    """What a worker has done in the time that a candle may wait; None where nothing tells of any."""
    signs = (
        (standing.worked_ms, "a candle that was written {} ago is worked"),
        (standing.output_ms, "the newest output was written {} ago"),
    )
    for at_ms, words in signs:
        if at_ms is not None and (age := _age(standing, at_ms)) <= patience_seconds(standing):
            return words.format(duration(age))
    return None


def _silence(standing: Standing) -> str:
    newest = standing.newest_ms
    if newest is None:
        return "there are no candles that one could have worked"
    left = sum(lag.records for lag in standing.lags)
    written = f"written {duration(_age(standing, newest))} ago"
    if not left:
        return f"all candles are worked, the newest of them {written}"
    return f"the topics have no recent output: {left:,} candles wait, the newest {written}"


def _age(standing: Standing, at_ms: int) -> float:
    """Seconds; a clock that is ahead of this one counts as now."""
    return max(0.0, (standing.looked_at_ms - at_ms) / 1000)
