"""Composites and what strategies agree on as tables: HTML, as in ``tables``; every text in them is escaped."""

from collections.abc import Sequence
from html import escape

from schemas.composite import Composite, Consensus, Voice
from ui.dashboard.tables import colour, plain, table

_MOST_CHIPS = 12


def composite_table(composites: Sequence[Composite]) -> str:
    """One row a composite, in the order given: chips are the timeframes that support (▲) and oppose (▼) its base."""
    head = ("Window end (UTC)", "Strategy", "Symbol", "Side", "Base", "Confidence", "Strength", "Other timeframes")
    return table(
        "composites",
        head,
        [
            [
                plain(f"{one.window_end:%Y-%m-%d %H:%M}"),
                plain(f"{one.strategy} v{one.version}"),
                plain(one.symbol),
                _side(one.side),
                _base(one),
                plain(f"{one.composite_confidence:.0%}"),
                plain(f"{one.correlation_strength:.0%}"),
                _chips([(voice, voice.timeframe) for voice in (*one.supporting, *one.opposing)], one.side),
            ]
            for one in composites
        ],
    )


def consensus_table(found: Sequence[Consensus]) -> str:
    """One row a consensus, in the order given: chips are the strategies that agree (▲) and those that do not (▼)."""
    head = ("Window end (UTC)", "Symbol", "Style", "Side", "Agreement", "Voices", "Strategies")
    return table(
        "consensus",
        head,
        [
            [
                plain(f"{one.window_end:%Y-%m-%d %H:%M}"),
                plain(one.symbol),
                plain(one.trading_style),
                _side(one.side),
                plain(f"{one.agreement:.0%}"),
                plain(f"{len(one.agreeing) + len(one.opposing)} of {one.strategies} strategies"),
                _chips(
                    [(voice, f"{voice.strategy} {voice.timeframe}") for voice in (*one.agreeing, *one.opposing)],
                    one.side,
                ),
            ]
            for one in found
        ],
    )


def _side(side: str) -> str:
    arrow = "▲" if side == "long" else "▼"
    return f"<td class='plain'><span class='{colour(side)}'>{arrow} {escape(side)}</span></td>"


def _base(composite: Composite) -> str:
    return (
        f"<td class='plain'>{escape(composite.timeframe)} <span class='quiet'>{escape(composite.trading_style)}</span>"
        f"<br><span class='quiet'>{escape(composite.base.rule)} {composite.base.confidence:.0%}</span></td>"
    )


def _chips(voices: Sequence[tuple[Voice, str]], side: str) -> str:
    """A chip a voice; the title says how sure it was and how old it is."""
    chips = ""
    for voice, name in voices[:_MOST_CHIPS]:
        sign = "▲" if voice.side == "long" else "▼"
        title = f"{voice.rule}: {voice.side}, {voice.confidence:.0%}, {_age(voice.age_ms)} old, weight {voice.weight:g}"
        stance = "with" if voice.side == side else "against"
        chips += (
            f"<span class='chip {colour(voice.side)}' data-stance='{stance}' title='{escape(title)}'>"
            f"{sign} {escape(name)}</span>"
        )
    more = len(voices) - _MOST_CHIPS
    rest = f"<span class='chip'>{more} more</span>" if more > 0 else ""
    return f"<td>{chips}{rest}</td>"


def _age(age_ms: int) -> str:
    """A length of time in its two largest units.

    >>> _age(90_000), _age(26 * 3_600_000), _age(0)
    ('1 min 30 s', '1 d 2 h', '0 s')
    """
    left, parts = age_ms // 1_000, []
    for name, length in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, left = divmod(left, length)
        if count:
            parts.append(f"{count} {name}")
    return " ".join(parts[:2]) or "0 s"
