"""What one browser tab is told about its chart: everything once, then only what changed."""

from collections import deque
from collections.abc import Sequence
from typing import Any, Final

from schemas.composite import Composite
from schemas.record import to_milliseconds
from schemas.signal import Signal
from ui.dashboard.bars import Bar
from ui.dashboard.digits import price_digits
from ui.dashboard.fill_markers import fill_markers, is_told_by_its_fill, levels
from ui.dashboard.store import Changes, MarketStore, Series
from ui.why import confidence_text

_OVERLAP: Final = 4
"""A tail repeats what the last three said, so that a page that skipped some needs no snapshot."""
_LONGEST_TAIL: Final = 1_000
_MOST_MARKERS: Final = 1_000

Message = dict[str, Any]
"""JSON for the chart: ``kind`` is ``snapshot`` or ``tail``; ``component/price_chart.js`` reads it."""


class ChartStream:
    """The messages of one tab, in the order in which they are sent.

    Every message has a number of its own, so that a page sees each as a new one even where nothing else is new.

    A tail holds what changed after ``since``. A chart whose own sequence is below that has missed something and asks
    for a snapshot, which ``message(..., anew=True)`` gives.
    """

    def __init__(self) -> None:
        self._view: tuple[Series, str | None, int] | None = None
        self._sent: deque[int] = deque(maxlen=_OVERLAP)
        self._number = 0

    def message(self, store: MarketStore, series: Series, strategy: str | None, *, anew: bool = False) -> Message:
        """The next message for a chart of this series with this strategy's signals and composites."""
        self._number += 1
        view = (series, strategy, id(store))
        if view != self._view or anew:
            return self._snapshot(store, view)
        since = self._sent[0]
        changes = store.since(since, series, strategy)
        if changes.bars is None or len(changes.bars) > _LONGEST_TAIL:
            return self._snapshot(store, view)
        self._sent.append(changes.sequence)
        return {
            "kind": "tail",
            "number": self._number,
            "series": _name(view),
            "since": since,
            "sequence": changes.sequence,
            "bars": _bars(changes.bars),
            "signals": _markers(changes),
            "levels": levels(changes.holding),
        }

    def _snapshot(self, store: MarketStore, view: tuple[Series, str | None, int]) -> Message:
        series, strategy, _ = view
        changes = store.snapshot(series, strategy)
        bars = changes.bars or []
        self._view = view
        self._sent.clear()
        self._sent.append(changes.sequence)
        return {
            "kind": "snapshot",
            "number": self._number,
            "series": _name(view),
            "candles": _name((series, None, view[2])),
            "title": " · ".join(part for part in (*series, strategy) if part),
            "digits": price_digits(bars[-1].close) if bars else 2,
            "sequence": changes.sequence,
            "bars": _bars(bars),
            "signals": _markers(changes),
            "levels": levels(changes.holding),
        }


def marker_label(signal: Signal) -> str:
    """What stands at a marker: the side entered, or that it is an exit, and the confidence.

    An entry to the long side with confidence 0.75 reads ``LONG 75%``.
    """
    return f"{'EXIT' if signal.type == 'exit' else signal.side.upper()} {signal.confidence:.0%}"


def composite_label(composite: Composite) -> str:
    """What stands at a composite's marker: the highest timeframe, the side and how sure, as in ``1h ▲ 80%``."""
    return f"{composite.timeframe} {'▲' if composite.side == 'long' else '▼'} {composite.composite_confidence:.0%}"


def explanation(signal: Signal) -> str:
    """The values that the rule read, as text."""
    return "  ".join(f"{name} = {value:.6g}" for name, value in signal.values.items())


def _name(view: tuple[Series, str | None, int]) -> str:
    (symbol, timeframe), strategy, store = view
    return f"{symbol}|{timeframe}|{strategy or ''}|{store}"


def _bars(bars: Sequence[Bar]) -> list[list[float | bool]]:
    return [[bar.open_time_ms // 1_000, *bar[1:]] for bar in bars]


def _markers(changes: Changes) -> list[Message]:
    """Signals and fills, each on its candle; composites, each on the candle that closes at the end of its window."""
    signals = [
        {
            "id": signal.id,
            "time": to_milliseconds(signal.open_time) // 1_000,
            "type": signal.type,
            "side": signal.side,
            "label": marker_label(signal),
            "detail": _detail(signal),
        }
        for signal in changes.signals[-_MOST_MARKERS:]
        if not is_told_by_its_fill(signal)
    ]
    composites = [
        {
            "id": composite.id,
            "time": opens // 1_000,
            "type": "composite",
            "side": composite.side,
            "label": composite_label(composite),
            "detail": composite_detail(composite),
        }
        for opens, composite in changes.composites[-_MOST_MARKERS:]
    ]
    fills = [marker for change in changes.positions[-_MOST_MARKERS:] for marker in fill_markers(change)]
    return [*signals, *composites, *fills]


def composite_detail(composite: Composite) -> str:
    """What a composite is made of, in a line."""
    parts = [f"{composite.trading_style} composite: {composite.base.rule} on {composite.timeframe}"]
    for word, voices in (("supported by", composite.supporting), ("opposed by", composite.opposing)):
        if voices:
            parts.append(f"{word} {', '.join(voice.timeframe for voice in voices)}")
    return "   ".join([*parts, f"strength {composite.correlation_strength:.0%}"])


def _detail(signal: Signal) -> str:
    """What stands beside the chart for the marker under the pointer."""
    lines = [f"{signal.rule}: {signal.condition}", explanation(signal)]
    sure = confidence_text(signal)
    if sure:
        lines.append(f"confidence: {sure}")
    return "   ".join(line for line in lines if line)
