"""One strategy on one series: limits and protections."""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from operators.risk.closed_trade import ClosedTrade
from operators.risk.daily_loss import DAY_MS
from operators.risk.strategy_risk import StrategyRisk
from operators.snapshot import SnapshotRefused
from schemas.protection import CoolDown, LowProfitGuard, MaxDrawdownGuard, Protection, StopLossGuard
from schemas.risk import RiskLimits

BAR = 60_000
COOL = CoolDown(method="cool_down", bars=3)
STOPS = StopLossGuard(method="stop_loss_guard", lookback_bars=10, trades=2, stop_bars=5)
FALLS = MaxDrawdownGuard(method="max_drawdown_guard", lookback_bars=10, trades=2, max_drawdown=0.1, stop_bars=4)
PROFIT = LowProfitGuard(method="low_profit_guard", lookback_bars=10, trades=2, required_profit=0.0, stop_bars=6)


def risk(*protections: Protection, resume: dict[str, Any] | None = None, **limits: float | None) -> StrategyRisk:
    return StrategyRisk(
        RiskLimits.model_validate(limits), protections, bar_ms=BAR, now_ms=0, equity=1_000.0, resume=resume
    )


def trade(bar: int, profit: float = -10.0, equity: float = 990.0, *, stopped: bool = False) -> ClosedTrade:
    return ClosedTrade(bar * BAR, profit, 100.0, equity, stopped)


def refused_at(one: StrategyRisk, bars: range) -> list[int]:
    return [bar for bar in bars if one.may_enter(bar * BAR) is not None]


def test_without_limits_nothing_is_refused() -> None:
    free = risk()
    free.closed(trade(1))
    free.marked(BAR, 1.0)
    assert (free.may_enter(BAR), free.refusals(BAR), free.needs_marks) == (None, [], False)


def test_a_cool_down_refuses_so_many_decisions_beginning_with_that_of_the_same_close() -> None:
    one = risk(COOL)
    one.closed(trade(5, profit=50.0))
    assert refused_at(one, range(5, 12)) == [5, 6, 7]


def test_a_cool_down_after_losses_lets_winners_pass() -> None:
    one = risk(cool_down_bars=2)
    one.closed(trade(5, profit=0.0))
    assert refused_at(one, range(5, 8)) == []
    one.closed(trade(9, profit=-0.01))
    assert refused_at(one, range(9, 13)) == [9, 10]


def test_the_bars_since_a_trade_are_counted_as_they_pass() -> None:
    one = risk(COOL)
    one.closed(trade(5))
    assert [refusal.actual for bar in range(5, 8) if (refusal := one.may_enter(bar * BAR))] == [0, 1, 2]


@pytest.mark.parametrize(("second", "refused"), [(11, [11, 12, 13, 14, 15]), (12, [])])
def test_stops_count_within_the_lookback(second: int, refused: list[int]) -> None:
    """A lookback of ten bars that ends with bar 11 begins with bar 2."""
    one = risk(STOPS)
    one.closed(trade(2, stopped=True))
    one.closed(trade(second, stopped=True))
    assert refused_at(one, range(second, 20)) == refused


def test_a_stop_that_made_money_and_a_loss_without_a_stop_do_not_count() -> None:
    one = risk(STOPS)
    one.closed(trade(2, stopped=True))
    one.closed(trade(3, profit=5.0, stopped=True))
    one.closed(trade(4, stopped=False))
    assert refused_at(one, range(4, 9)) == []


def test_a_fall_from_trade_to_trade_counts_from_the_best_of_them() -> None:
    one = risk(FALLS)
    one.closed(trade(1, equity=1_000.0))
    one.closed(trade(2, equity=1_100.0))
    assert one.may_enter(2 * BAR) is None
    one.closed(trade(3, equity=990.0))
    refusal = one.may_enter(3 * BAR)
    assert refusal is not None
    assert (refusal.limit, refusal.allowed, refusal.actual, refusal.until_ms) == (
        "max_drawdown_guard",
        0.1,
        0.1,
        7 * BAR,
    )


def test_a_best_that_has_left_the_lookback_is_forgotten() -> None:
    one = risk(FALLS)
    one.closed(trade(1, equity=2_000.0))
    one.closed(trade(11, equity=1_000.0))
    one.closed(trade(12, equity=990.0))
    assert one.may_enter(12 * BAR) is None


def test_returns_that_come_to_exactly_what_is_required_are_enough() -> None:
    one = risk(PROFIT)
    one.closed(trade(1, profit=-10.0))
    assert one.may_enter(BAR) is None, "one trade says nothing"
    one.closed(trade(2, profit=10.0))
    assert one.may_enter(2 * BAR) is None
    one.closed(trade(3, profit=-1.0))
    assert refused_at(one, range(3, 12)) == [3, 4, 5, 6, 7, 8]


@pytest.mark.parametrize(("bar", "refused"), [(10, [10, 11, 12, 13, 14, 15]), (11, [])])
def test_a_loss_that_has_left_the_lookback_is_forgotten(bar: int, refused: list[int]) -> None:
    """A lookback of ten bars that ends with bar 10 begins with bar 1."""
    one = risk(PROFIT)
    one.closed(trade(1, profit=-50.0))
    one.closed(trade(bar, profit=1.0))
    assert refused_at(one, range(bar, 20)) == refused


def test_what_lasts_longest_is_what_is_told() -> None:
    one = risk(COOL, STOPS, PROFIT, max_daily_loss=0.1, max_drawdown=0.2)
    one.closed(trade(2, stopped=True))
    one.closed(trade(3, stopped=True))
    told = one.may_enter(3 * BAR)
    assert told is not None
    assert (told.limit, told.until_ms) == ("low_profit_guard", 9 * BAR)
    one.marked(4 * BAR, 850.0)
    told = one.may_enter(4 * BAR)
    assert told is not None
    assert (told.limit, told.until_ms) == ("max_daily_loss", DAY_MS)
    one.marked(5 * BAR, 800.0)
    told = one.may_enter(10 * DAY_MS)
    assert told is not None
    assert (told.limit, told.until_ms, told.lifted_by) == ("max_drawdown", None, "a restart")
    assert [refusal.limit for refusal in one.refusals(5 * BAR)] == [
        "max_daily_loss",
        "max_drawdown",
        "cool_down",
        "stop_loss_guard",
        "low_profit_guard",
    ]


def test_how_much_of_its_limits_is_used() -> None:
    one = risk(max_drawdown=0.2, max_position_size=0.5)
    one.marked(BAR, 950.0)
    assert one.used(0.0, 950.0) == pytest.approx(0.25)
    assert one.used(380.0, 950.0) == pytest.approx(0.8)
    assert one.used(950.0, 950.0) == 1.0
    assert risk().used(5_000.0, 1.0) == 0.0


def test_state_of_other_limits_is_refused() -> None:
    kept = risk(COOL).snapshot()
    with pytest.raises(SnapshotRefused, match=r"^risk: made with risk \w{16}, expected \w{16}$"):
        risk(STOPS, resume=kept)
    with pytest.raises(SnapshotRefused, match="risk: schema version 0, expected 1"):
        risk(COOL, resume={**kept, "schema_version": 0})


ALL: tuple[Protection, ...] = (COOL, STOPS, FALLS, PROFIT)


class Life(RuleBasedStateMachine):
    """Bars and trades in any order; every answer follows from the whole history, and a restore changes none."""

    def __init__(self) -> None:
        super().__init__()
        self.limits: dict[str, Any] = dict.fromkeys(("max_daily_loss", "max_drawdown", "cool_down_bars"))
        self.protections: tuple[Protection, ...] = ()
        self.risk = risk()
        self.bar = 0
        self.equity = 1_000.0
        self.marks: list[tuple[int, float]] = [(0, 1_000.0)]
        self.trades: list[ClosedTrade] = []

    @initialize(
        chosen=st.permutations(ALL).flatmap(lambda each: st.integers(0, 4).map(lambda many: tuple(each[:many]))),
        daily=st.none() | st.sampled_from([0.05, 0.5]),
        drawdown=st.none() | st.sampled_from([0.1, 0.9]),
        bars=st.none() | st.integers(1, 5),
    )
    def begin(
        self, chosen: tuple[Protection, ...], daily: float | None, drawdown: float | None, bars: int | None
    ) -> None:
        self.limits = {"max_daily_loss": daily, "max_drawdown": drawdown, "cool_down_bars": bars}
        self.protections = chosen
        self.risk = risk(*chosen, **self.limits)

    @rule(many=st.integers(1, 3) | st.just(700))
    def time_passes(self, many: int) -> None:
        self.bar += many

    @precondition(lambda self: self.bar)
    @rule(equity=st.sampled_from([450.0, 900.0, 950.0, 1_000.0, 1_200.0]))
    def close(self, equity: float) -> None:
        self.equity = equity
        self.marks.append((self.bar * BAR, equity))
        self.risk.marked(self.bar * BAR, equity)

    @precondition(lambda self: self.bar)
    @rule(profit=st.sampled_from([-20.0, -5.0, 0.0, 5.0, 20.0]), stopped=st.booleans())
    def trade_closes(self, profit: float, *, stopped: bool) -> None:
        one = ClosedTrade(self.bar * BAR, profit, 100.0, self.equity + profit, stopped)
        self.trades.append(one)
        self.risk.closed(one)

    @rule()
    def restored(self) -> None:
        kept = self.risk.snapshot()
        self.risk = risk(*self.protections, resume=kept, **self.limits)
        assert self.risk.snapshot() == kept

    @invariant()
    def every_refusal_follows_from_the_history(self) -> None:
        now = self.bar * BAR
        found = {refusal.limit: refusal.until_ms for refusal in self.risk.refusals(now)}
        expected = self.expected(now)
        assert found == expected
        told = self.risk.may_enter(now)
        assert (told is None) == (not expected)
        if told is not None:
            longest = [float("inf") if until is None else until for until in expected.values()]
            assert (float("inf") if told.until_ms is None else told.until_ms) == max(longest)

    def expected(self, now: int) -> dict[str, int | None]:
        """By its definition: every limit and the instant until which it refuses."""
        out: dict[str, int | None] = {}
        daily, drawdown = self.limits["max_daily_loss"], self.limits["max_drawdown"]
        begins = (self.marks[-1][0] - 1) // DAY_MS * DAY_MS if len(self.marks) > 1 else 0
        reference = [equity for at, equity in self.marks if at <= begins][-1]
        falls = [(reference - equity) / reference for at, equity in self.marks if at > begins]
        if daily is not None and now < begins + DAY_MS and any(fall >= daily for fall in falls):
            out["max_daily_loss"] = begins + DAY_MS
        curve = [equity for _, equity in self.marks]
        peaks = [max(curve[: number + 1]) for number in range(len(curve))]
        if drawdown is not None and any(
            (peak - equity) / peak >= drawdown for peak, equity in zip(peaks, curve, strict=True)
        ):
            out["max_drawdown"] = None
        for name, bars, speaks in self.pauses():
            untils = [self.trades[at].close_ms + bars * BAR for at in range(len(self.trades)) if speaks(at)]
            if untils and now < max(untils):
                out[name] = max(untils)
        return out

    def pauses(self) -> list[tuple[str, int, Any]]:
        found: list[tuple[str, int, Any]] = []
        if self.limits["cool_down_bars"] is not None:
            found.append(("cool_down_bars", self.limits["cool_down_bars"], lambda at: self.trades[at].profit < 0))
        speaks = {
            "cool_down": lambda _: True,
            "stop_loss_guard": self.too_many_stops,
            "max_drawdown_guard": self.fell_too_far,
            "low_profit_guard": self.earned_too_little,
        }
        bars = [one.bars if isinstance(one, CoolDown) else one.stop_bars for one in self.protections]
        names = [one.method for one in self.protections]
        return [*found, *((name, many, speaks[name]) for name, many in zip(names, bars, strict=True))]

    def window(self, at: int, bars: int) -> list[ClosedTrade]:
        """The trades of so many bars, the last of them that of a trade."""
        return [one for one in self.trades[: at + 1] if self.trades[at].close_ms - one.close_ms < bars * BAR]

    def too_many_stops(self, at: int) -> bool:
        stops = [one for one in self.window(at, STOPS.lookback_bars) if one.stopped and one.profit < 0]
        return self.trades[at] in stops[-1:] and len(stops) >= STOPS.trades

    def fell_too_far(self, at: int) -> bool:
        curve = [one.equity for one in self.window(at, FALLS.lookback_bars)]
        falls = [(high - low) / high for number, high in enumerate(curve) for low in curve[number:]]
        return len(curve) >= FALLS.trades and max(falls) >= FALLS.max_drawdown

    def earned_too_little(self, at: int) -> bool:
        window = self.window(at, PROFIT.lookback_bars)
        return len(window) >= PROFIT.trades and sum(one.profit for one in window) < 0


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
