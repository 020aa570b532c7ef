"""Composites and consensus as tables: figures, chips, and no HTML of a record's own."""

from collections.abc import Callable

from schemas.composite import Composite, Consensus
from ui.dashboard.weighed_tables import composite_table, consensus_table


def test_a_composite_has_its_base_its_figures_and_a_chip_for_each_other_timeframe(
    make_composite: Callable[..., Composite],
) -> None:
    table = composite_table([make_composite(59)])
    for part in ("2025-05-09 01:00", "dip v1", "▲ long", "71%", "60%", "1h"):
        assert part in table
    assert "data-stance='with' title='entry: long, 60%, 15 min old, weight 2'>▲ 15m</span>" in table
    assert "data-stance='against' title='entry: short, 60%, 1 min old, weight 2'>▼ 5m</span>" in table


def test_a_consensus_has_the_strategies_on_either_side_and_how_many_have_a_say(
    make_consensus: Callable[..., Consensus],
) -> None:
    table = consensus_table([make_consensus(59)])
    for part in ("66%", "3 of 4", "▲ dip 1h", "▲ trend 1h", "▼ fade 4h", "swing"):
        assert part in table


def test_more_voices_than_a_row_has_room_for_are_counted(make_composite: Callable[..., Composite]) -> None:
    one = make_composite(59)
    voices = tuple(one.base._replace(timeframe=f"{minutes}m") for minutes in range(1, 16))
    table = composite_table([make_composite(59, supporting=voices, opposing=())])
    assert table.count("data-stance") == 12
    assert "<span class='chip'>3 more</span>" in table
