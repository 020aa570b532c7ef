"""Composites of one strategy on one symbol, example by example."""

import json
from collections.abc import Sequence

import pytest

from operators.correlation.correlate import CorrelateStep
from operators.events import Roll, Worked
from operators.snapshot import SnapshotRefused
from operators.tally import Tally
from schemas.composite import Composite, LateSignal
from schemas.correlation import CorrelationConfig
from schemas.record import from_milliseconds
from schemas.signal import Position, Signal
from schemas.trading_style import TradingStyle
from tests.operators.correlation.stories import SYMBOL, at, signal

TIMEFRAMES: tuple[tuple[str, TradingStyle], ...] = (("1m", "day"), ("5m", "day"), ("1h", "swing"), ("1d", "position"))
EVERY_FIVE = {"day": {"length": "10m", "every": "5m"}, "swing": {"length": "20m", "every": "10m"}}
"""In half minutes: windows of the day style end at 10, 20, ..., those of the swing style at 20, 40, ..."""

Said = tuple[str, int, Position]


class Told:
    """A step that is told of one strategy's signals, all that is known up to a time in one roll.

    It also sends what stands alone, unless it is set otherwise.
    """

    def __init__(self, **settings: object) -> None:
        self.tally = Tally()
        config = CorrelationConfig.model_validate({"windows": EVERY_FIVE, "minimum_supporting": 0, **settings})
        self._weighing = {1: config}
        self._step = CorrelateStep(self.tally)
        self._until: int | None = None
        self._number = 0

    def to(
        self,
        until: int,
        *said: Said,
        confidence: float = 1.0,
        version: int = 1,
        timeframes: Sequence[tuple[str, TradingStyle]] = TIMEFRAMES,
    ) -> list[Composite]:
        return [
            one
            for one in self.all_to(until, *said, confidence=confidence, version=version, timeframes=timeframes)
            if isinstance(one, Composite)
        ]

    def all_to(
        self,
        until: int,
        *said: Said,
        confidence: float = 1.0,
        version: int = 1,
        timeframes: Sequence[tuple[str, TradingStyle]] = TIMEFRAMES,
    ) -> list[Composite | LateSignal]:
        roll = Roll(self._until, at(until), max(1, len(said)), tuple(timeframes))
        self._until = at(until)
        signals: list[tuple[str, tuple[Signal, ...]]] = []
        for timeframe, close, position in said:
            self._number += 1
            one = signal(self._number, ("s", timeframe), close, position, confidence=confidence, version=version)
            signals.append((timeframe, (one,)))
        weighing = self._weighing.get(version)
        return self._step.on_batch(
            [
                Worked("s", version, SYMBOL, timeframe, roll, None, each, weighing if each else None)
                for timeframe, each in signals or [("1m", ())]
            ]
        )

    @property
    def state(self) -> dict[str, object]:
        return self._step.snapshot()

    def restore(self) -> None:
        """As by another worker: nothing is left but the state."""
        self._step = CorrelateStep(self.tally, json.loads(json.dumps(self._step.snapshot())))


def ends(composites: Sequence[Composite]) -> list[tuple[str, int]]:
    first = at(0)
    return [(one.trading_style, round((one.window_end.timestamp() * 1000 - first) / 30_000)) for one in composites]


def test_the_highest_timeframe_speaks_and_lower_ones_support_or_oppose_it() -> None:
    (one,) = Told().to(10, ("5m", 9, "long"), ("1m", 10, "short"))
    assert (one.trading_style, one.timeframe, one.side, one.version) == ("day", "5m", "long", 1)
    assert one.base.rule == "rule_1"
    assert one.supporting == ()
    assert [(voice.timeframe, voice.side, voice.age_ms) for voice in one.opposing] == [("1m", "short", 0)]
    assert (one.window_start, one.window_end) == (from_milliseconds(at(-10)), from_milliseconds(at(10)))
    assert one.price == one.base.price
    assert one.timeframes == {"1m": 1.0, "5m": 1.699, "1h": 2.778, "1d": 4.158}
    assert one.key == f"s|{SYMBOL}"


def test_a_window_is_worked_when_the_watermark_reaches_its_end_and_no_earlier() -> None:
    told = Told()
    assert told.to(9, ("5m", 5, "long")) == []
    assert ends(told.to(10)) == [("day", 10)]


def test_a_window_holds_its_end_and_not_its_start() -> None:
    told = Told()
    assert ends(told.to(10, ("5m", 0, "long"), ("1m", 10, "long"))) == [("day", 0), ("day", 10)]
    (later,) = told.to(20, ("1m", 20, "long"))
    assert later.timeframe == "1m", "the signal of 5m closed at the start of the window that ends at 20"


def test_lower_timeframes_of_any_style_are_weighed_with_a_base() -> None:
    day, swing = Told().to(20, ("1h", 20, "long"), ("5m", 11, "long"), ("1m", 12, "short"))[::-1]
    assert [day.trading_style, swing.trading_style] == ["day", "swing"]
    assert [voice.timeframe for voice in swing.supporting] == ["5m"]
    assert [voice.timeframe for voice in swing.opposing] == ["1m"]
    assert swing.correlation_strength == pytest.approx(1.699 / 2.699)


def test_a_signal_that_leaves_a_side_takes_back_what_its_timeframe_said() -> None:
    (one,) = Told().to(10, ("5m", 3, "long"), ("1m", 4, "long"), ("5m", 5, "flat"))
    assert one.timeframe == "1m"


def test_only_the_newest_signal_of_a_timeframe_counts() -> None:
    (one,) = Told().to(10, ("5m", 3, "long"), ("5m", 6, "short"))
    assert (one.side, one.signals) == ("short", (one.base.signal,))


def test_a_window_in_which_nothing_is_new_says_nothing() -> None:
    told = Told()
    assert ends(told.to(10, ("5m", 6, "long"))) == [("day", 10)]
    assert told.to(20) == [], "the signal is still in the window, and has been said"
    assert told.to(30, ("5m", 22, "flat")) == [], "what is taken back is no news"


def test_a_strategy_that_changes_its_mind_speaks_again_of_the_same_window() -> None:
    told = Told()
    told.to(10, ("5m", 6, "long"))
    (one,) = told.to(20, ("1m", 15, "short"))
    assert (one.timeframe, [voice.timeframe for voice in one.opposing]) == ("5m", ["1m"])


def test_without_one_per_window_each_timeframe_of_the_style_is_a_base() -> None:
    said: list[Said] = [("5m", 9, "long"), ("1m", 10, "long")]
    assert [one.timeframe for one in Told(one_per_window=True).to(10, *said)] == ["5m"]
    assert sorted(one.timeframe for one in Told(one_per_window=False).to(10, *said)) == ["1m", "5m"]


@pytest.mark.parametrize(
    ("said", "supporting"),
    [
        ([("1h", 20, "long")], 0),
        ([("1h", 20, "long"), ("5m", 19, "short"), ("1m", 18, "short")], 0),
        ([("1h", 20, "long"), ("5m", 19, "short"), ("1m", 18, "long")], 1),
        ([("1h", 20, "long"), ("5m", 19, "long"), ("1m", 18, "long")], 2),
    ],
)
def test_a_composite_that_too_few_lower_timeframes_support_is_not_sent(said: list[Said], supporting: int) -> None:
    swing = [one for one in Told().to(20, *said) if one.trading_style == "swing"]
    assert [len(one.supporting) for one in swing] == [supporting]
    for minimum in range(4):
        sent = [one for one in Told(minimum_supporting=minimum).to(20, *said) if one.trading_style == "swing"]
        assert sent == (swing if supporting >= minimum else [])


def test_a_signal_that_stands_alone_is_sent_only_where_it_is_asked_for() -> None:
    usual = Told(minimum_supporting=CorrelationConfig().minimum_supporting)
    assert usual.to(10, ("5m", 9, "long")) == []
    (one,) = usual.to(20, ("1m", 15, "long"))
    assert (one.timeframe, [voice.timeframe for voice in one.supporting]) == ("5m", ["1m"])
    assert len(Told(minimum_supporting=0).to(10, ("5m", 9, "long"))) == 1


def test_who_is_not_supported_takes_no_place_and_starts_no_cool_down() -> None:
    said: list[Said] = [("1h", 1, "long"), ("1m", 11, "long"), ("5m", 20, "short")]
    assert [one.trading_style for one in Told(top=1).to(20, *said)] == ["day"]
    assert [one.trading_style for one in Told(top=1, minimum_supporting=1).to(20, *said)] == ["swing"]
    told = Told(cool_down="10m", minimum_supporting=1)
    assert told.to(10, ("5m", 10, "long")) == []
    assert ends(told.to(20, ("5m", 20, "long"), ("1m", 20, "long"))) == [("day", 20)]


def test_composites_below_the_minimum_confidence_are_not_sent() -> None:
    assert len(Told(minimum_confidence=0.5).to(10, ("5m", 10, "long"), confidence=0.5)) == 1
    assert Told(minimum_confidence=0.5).to(10, ("5m", 10, "long"), confidence=0.25) == []


def test_a_cool_down_keeps_back_the_same_style_and_side_until_it_is_over() -> None:
    told = Told(cool_down="10m")
    assert ends(told.to(10, ("5m", 10, "long"))) == [("day", 10)]
    assert told.to(20, ("5m", 20, "long")) == []
    assert ends(told.to(30, ("5m", 30, "long"))) == [("day", 30)], "ten minutes are over"
    assert ends(told.to(40, ("5m", 40, "short"))) == [("day", 40)], "the other side"


def test_what_another_filter_kept_back_starts_no_cool_down() -> None:
    told = Told(cool_down="10m", minimum_confidence=0.5)
    assert told.to(10, ("5m", 10, "long"), confidence=0.1) == []
    assert ends(told.to(20, ("5m", 20, "long"))) == [("day", 20)]


def test_the_most_confident_of_one_instant_are_sent() -> None:
    said: list[Said] = [("1h", 1, "long"), ("5m", 20, "short")]
    both = Told().to(20, *said)
    assert [one.trading_style for one in both] == ["day", "swing"], "the older signal has faded"
    (one,) = Told(top=1).to(20, *said)
    assert one == both[0]


def test_a_timeframe_that_the_strategy_no_longer_runs_on_has_no_say() -> None:
    told = Told()
    told.to(8, ("1h", 6, "long"), ("5m", 7, "long"))
    assert [one.timeframe for one in told.to(10, timeframes=TIMEFRAMES[:1] + TIMEFRAMES[2:])] == []


def test_a_version_that_does_not_correlate_says_nothing() -> None:
    told = Told()
    told.to(10, ("5m", 10, "long"))
    assert told.to(20, ("5m", 20, "long"), version=2) == []


def test_when_the_chain_ends_all_is_forgotten_but_how_far_it_came() -> None:
    told = Told()
    told.to(8, ("5m", 6, "long"))
    assert ends(told.to(10, timeframes=())) == [("day", 10)], "a window that ends with the chain is worked by it"
    left = {name: value for name, value in told.state.items() if value and name not in {"schema_version", "symbol"}}
    assert left == {"barrier": {"until": at(10), "in_force": None, "ahead": [], "pending": []}}
    (one,) = told.to(20, ("1m", 12, "short"))
    assert one.signals == (one.base.signal,)


def test_settings_come_with_the_signals_and_are_kept_with_the_state() -> None:
    """No worker is asked what a version says: the step may be on one that has never heard of it."""
    told = Told(weights={"5m": 9.0})
    told.to(8, ("5m", 6, "long"), version=1)
    told.restore()
    (one,) = told.to(10)
    assert (one.version, one.base.weight) == (1, 9.0)


def test_only_the_settings_of_the_version_that_spoke_last_are_kept() -> None:
    told = Told()
    told.to(8, ("5m", 6, "long"), version=2)
    assert told.state["settings"] == [[2, None]], "it does not weigh its timeframes"
    told.to(10, ("5m", 9, "short"), version=1)
    (kept,) = told.state["settings"]
    assert kept[0] == 1
    told.to(12, ("5m", 11, "flat"), version=2)
    assert told.state["settings"] == [kept], "what is taken back takes no side"


def test_a_late_signal_is_told_with_a_count_and_takes_no_part() -> None:
    told = Told()
    told.to(10, ("5m", 3, "short"))
    first, second, one = told.all_to(20, ("5m", 10, "long"), ("1m", 9, "long"), ("1m", 12, "long"))
    assert isinstance(first, LateSignal)
    assert isinstance(second, LateSignal)
    assert isinstance(one, Composite)
    assert (first.timeframe, first.count, second.timeframe, second.count) == ("1m", 1, "5m", 2)
    assert first.watermark == from_milliseconds(at(10))
    assert first.key == f"s|{SYMBOL}"
    assert one.base.side == "short"
    assert told.tally.late_signals == 2


def test_composites_are_counted_by_strategy() -> None:
    told = Told()
    told.to(20, ("1h", 20, "long"), ("5m", 20, "long"))
    assert told.tally.composites == {"s": 2}


def test_the_same_composite_has_the_same_id_in_every_run() -> None:
    def made() -> list[str]:
        return [
            one.id
            for one in Told(one_per_window=False).to(20, ("1h", 20, "long"), ("5m", 9, "long"), ("1m", 20, "long"))
        ]

    assert made() == made()
    assert len(set(made())) == len(made())


def test_state_of_another_schema_version_is_refused() -> None:
    step = CorrelateStep(Tally())
    with pytest.raises(SnapshotRefused, match=r"^weighed timeframes: schema version 7, expected 2$"):
        CorrelateStep(Tally(), {**step.snapshot(), "schema_version": 7})


def test_one_signal_a_timeframe_is_kept_however_many_come() -> None:
    told = Told(windows={"day": {"length": "1w", "every": "1h"}})
    sizes = set()
    for minute in range(0, 4000, 40):
        told.to(minute + 40, *[(name, minute + 40, "long") for name, _ in TIMEFRAMES])
        sizes.add(len(json.dumps(told.state)))
    assert len(told.state["standing"]) == len(TIMEFRAMES)  # type: ignore[arg-type]  # a list, as snapshots have it
    assert max(sizes) - min(sizes) < 200, "numbers grow longer, nothing else"


def test_what_closed_at_the_end_before_is_not_new_and_a_longer_timeframe_is_no_member() -> None:
    told = Told()
    assert ends(told.to(10, ("5m", 10, "long"))) == [("day", 10)]
    assert ends(told.to(20, ("1h", 20, "long"))) == [("swing", 20)], "the day style has nothing new to say"


def test_a_side_taken_on_a_timeframe_that_is_not_in_its_roll_counts_nowhere() -> None:
    told = Told()
    assert told.to(8, ("5m", 8, "long"), timeframes=TIMEFRAMES[:1] + TIMEFRAMES[2:]) == []
    (one,) = told.to(10, ("1m", 10, "long"))
    assert one.signals == (one.base.signal,)
