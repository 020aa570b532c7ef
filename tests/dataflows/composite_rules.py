"""The rules for composites as they are written down, worked over a file of signals that is whole: slow and plain.

It knows nothing of watermarks, rolls or batches: all signals are sorted once, and every window is looked at whole.
"""

import json
import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

MINUTE = 60_000
LENGTHS = {"1m": MINUTE, "5m": 5 * MINUTE, "15m": 15 * MINUTE, "1h": 60 * MINUTE}
STYLES = {"1m": "day", "5m": "day", "15m": "day", "1h": "swing"}

Parts = tuple[str, str, int, str, str, tuple[str, ...], tuple[str, ...]]
"""Symbol, style, window's end, base timeframe, side, ids of the supporting and of the opposing signals."""


@dataclass(frozen=True)
class Rules:
    """The settings of a correlation, with every default written out; times in milliseconds."""

    windows: Mapping[str, tuple[int, int, int]] = field(
        default_factory=lambda: {
            "day": (60 * MINUTE, MINUTE, 30 * MINUTE),
            "swing": (1_440 * MINUTE, 15 * MINUTE, 720 * MINUTE),
        }
    )
    weights: Mapping[str, float] = field(default_factory=lambda: {"1m": 1.0, "5m": 1.699, "15m": 2.176, "1h": 2.778})
    conflict_penalty: float = 0.5
    minimum_supporting: int = 1
    minimum_confidence: float = 0.0
    cool_down: int = 0
    one_per_window: bool = True
    top: int | None = None


@dataclass(frozen=True)
class Expected:
    """A composite as the rules have it."""

    parts: Parts
    strength: float
    confidence: float


def read(path: Path) -> list[dict[str, Any]]:
    """The records of a JSON Lines file."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def milliseconds(text: str) -> int:
    """A time in a file."""
    return round(datetime.fromisoformat(text).timestamp() * 1_000)


def composites_of(signals: Iterable[Mapping[str, Any]], rules: Rules, until: int) -> list[Expected]:
    """What a strategy's signals come to, by window's end, then symbol; at one end as they are ranked.

    ``until`` is the close of the last candle, in milliseconds: windows that end later are still open.
    """
    found: list[Expected] = []
    by_symbol: dict[str, list[Mapping[str, Any]]] = {}
    for one in signals:
        by_symbol.setdefault(one["symbol"], []).append(one)
    for symbol, own in sorted(by_symbol.items()):
        found += [one for one in _of_one_symbol(symbol, own, rules) if one.parts[2] <= until]
    return sorted(found, key=lambda one: (one.parts[2], one.parts[0]))


def _of_one_symbol(symbol: str, signals: Sequence[Mapping[str, Any]], rules: Rules) -> list[Expected]:
    timed = sorted(
        ((milliseconds(one["close_time"]), one) for one in signals),
        key=lambda item: (item[0], -LENGTHS[item[1]["timeframe"]]),
    )
    times = [closed for closed, _ in timed]
    ends = {-(-closed // every) * every: None for _, every, _ in rules.windows.values() for closed, _ in timed}
    sent: dict[tuple[str, str], int] = {}
    found: list[Expected] = []
    for end in sorted(ends):
        candidates: list[Expected] = []
        for style, (length, every, half_life) in rules.windows.items():
            if end % every == 0:
                inside = timed[bisect_right(times, end - length) : bisect_right(times, end)]
                candidates += _in_one_window(symbol, style, end, every, half_life, inside, rules)
        kept = [
            one
            for one in candidates
            if len(one.parts[5]) >= rules.minimum_supporting
            and one.confidence >= rules.minimum_confidence
            and end - sent.get((one.parts[1], one.parts[4]), -math.inf) >= rules.cool_down
        ]
        kept.sort(key=lambda one: (-one.confidence, -LENGTHS[one.parts[3]]))
        for one in kept[: rules.top]:
            sent[one.parts[1], one.parts[4]] = end
            found.append(one)
    return found


def _in_one_window(  # noqa: PLR0913, PLR0917  # a window and what is in it
    symbol: str,
    style: str,
    end: int,
    every: int,
    half_life: int,
    inside: Sequence[tuple[int, Mapping[str, Any]]],
    rules: Rules,
) -> list[Expected]:
    newest = {one["timeframe"]: (closed, one) for closed, one in inside}  # the last of each stays
    voices = {name: item for name, item in newest.items() if item[1]["position_after"] != "flat"}
    longest_first = sorted(voices, key=lambda name: -LENGTHS[name])
    bases = [name for name in longest_first if STYLES[name] == style]
    found = []
    for base in bases[:1] if rules.one_per_window else bases:
        lower = [name for name in longest_first if LENGTHS[name] < LENGTHS[base]]
        if not any(voices[name][0] > end - every for name in (base, *lower)):
            continue
        side = voices[base][1]["position_after"]
        supporting = [name for name in lower if voices[name][1]["position_after"] == side]
        opposing = [name for name in lower if name not in supporting]
        known = [name for name in LENGTHS if LENGTHS[name] < LENGTHS[base]]
        greatest = max(rules.weights[name] for name in (base, *known))

        def effect(name: str, greatest: float = greatest) -> float:
            closed, signal = voices[name]
            return float(signal["confidence"] * 0.5 ** ((end - closed) / half_life) * rules.weights[name] / greatest)

        pro = 1 - math.prod(1 - effect(name) for name in (base, *supporting))
        con = 1 - math.prod(1 - effect(name) for name in opposing)
        weights = sum(rules.weights[name] for name in known)
        strength = sum(rules.weights[name] for name in supporting) / weights if known else 0.0
        ids = [tuple(voices[name][1]["id"] for name in names) for names in (supporting, opposing)]
        parts = (symbol, style, end, base, side, *ids)
        found.append(Expected(parts, strength, pro * (1 - rules.conflict_penalty * con)))
    return found


def parts_of(composite: Mapping[str, Any]) -> Parts:
    """What ``Expected`` has, of a record."""
    return (
        composite["symbol"],
        composite["trading_style"],
        milliseconds(composite["window_end"]),
        composite["timeframe"],
        composite["side"],
        tuple(voice["signal"] for voice in composite["supporting"]),
        tuple(voice["signal"] for voice in composite["opposing"]),
    )
