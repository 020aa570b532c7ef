"""What an account meets on real markets, and what people ask of it by mistake, through the whole engine."""

import json
from collections.abc import Iterator, Sequence

import pytest

from dataflows.replay import Replayed, replay
from schemas.candle_row import CandleRow
from schemas.dead_letter import Reason
from schemas.metrics import EquityPoint, StrategyMetrics
from schemas.position import PositionChange
from schemas.problems import StrategyFileError
from schemas.strategy import StrategyConfig
from schemas.strategy_file import load_strategy
from schemas.trade import Trade

MINUTE_MS = 60_000
Prices = tuple[float, float, float, float, float]
"""Open, high, low, close and volume."""


class Minutes:
    """Consecutive minutes of one symbol."""

    name = "minutes"

    def __init__(self, prices: Sequence[Prices]) -> None:
        self._prices = prices

    def batches(self) -> Iterator[list[CandleRow]]:
        """All of them at once."""
        yield [("X", "1m", number * MINUTE_MS, *prices, True) for number, prices in enumerate(self._prices)]


def strategy(**sections: object) -> StrategyConfig:
    """In as soon as the close is above 99, and never out by itself."""
    series = {"id": "eager", "symbols": ["X"], "timeframes": ["1m"]}
    signals = [{"id": "in", "type": "entry", "side": "long", "expression": "close > 99"}]
    return load_strategy(json.dumps({**series, "signals": signals, **sections}).encode(), origin="eager.json")


def still(price: float = 100.0, volume: float = 10.0) -> Prices:
    return price, price, price, price, volume


def run(prices: Sequence[Prices], **sections: object) -> Replayed:
    return replay(Minutes(prices), [strategy(**sections)])


def changes(replayed: Replayed) -> list[PositionChange]:
    return [one for one in replayed.positions if isinstance(one, PositionChange)]


def refusals(replayed: Replayed) -> list[str]:
    return [one.refusal.limit for one in changes(replayed) if one.refusal is not None]


def last(replayed: Replayed) -> StrategyMetrics:
    found = replayed.metrics[-1]
    assert isinstance(found, StrategyMetrics)
    return found


def test_an_order_waits_through_bars_without_volume_and_fills_in_a_bar_of_one_tick() -> None:
    replayed = run([still(), still(volume=0.0), still(101.0, volume=0.0), still(102.0)])
    [opened] = changes(replayed)
    assert (opened.change, opened.price, opened.fills[0].time_ms) == ("opened", 102.0, 3 * MINUTE_MS)


def test_a_stop_waits_through_bars_without_volume_too() -> None:
    prices = [still(), still(), still(50.0, volume=0.0), still(40.0)]
    [_, closed] = changes(run(prices, risk={"stop_loss": 0.02}))
    assert (closed.change, closed.fills[0].price, closed.fills[0].time_ms) == ("closed", 40.0, 3 * MINUTE_MS)


def test_a_split_that_the_feed_does_not_adjust_is_a_gap_to_a_tenth() -> None:
    """Nobody can tell it from a crash, so it is taken as one: the stop fills at the open after it."""
    [_, closed] = changes(run([still(), still(), still(10.0), still(10.0)], risk={"stop_loss": 0.02}))
    assert (closed.reason, closed.fills[0].price) == ("stop_loss", 10.0)
    assert closed.equity == pytest.approx(1_000.0)


def test_a_negative_price_as_of_a_spread_is_refused_by_name_and_the_rest_goes_on() -> None:
    replayed = run([still(), still(), (-1.0, 1.0, -2.0, -0.5, 1.0), still(101.0)])
    [letter] = replayed.dead_letters
    assert letter.reason is Reason.INVALID
    assert "open" in letter.detail
    assert "-1" in letter.detail
    assert last(replayed).position == "long"
    assert replayed.equity[-1].equity == pytest.approx(10_100.0)


def test_a_position_in_a_symbol_that_stops_trading_stays_open_at_its_last_mark() -> None:
    replayed = run([still(), still(), still(110.0)])
    [opened] = changes(replayed)
    assert opened.change == "opened"
    point = replayed.equity[-1]
    assert isinstance(point, EquityPoint)
    assert point.positions == 1
    assert point.equity == pytest.approx(11_000.0)


@pytest.mark.parametrize(
    ("sections", "named"),
    [
        ({"execution": {"capital": 0}}, "execution.capital: expected a number greater than 0, got 0"),
        ({"execution": {"leverage": 1_001}}, "execution.leverage: expected"),
        ({"risk": {"stop_loss": -0.02}}, "risk.stop_loss"),
        ({"risk": {"sizing": {"method": "risk_per_trade", "fraction": 0.01}}}, "risk"),
        ({"execution": {"levrage": 2}}, 'did you mean "leverage"'),
    ],
    ids=["no capital", "leverage beyond 1,000", "stop on the wrong side", "risk per trade without a stop", "a typo"],
)
def test_what_makes_no_sense_is_refused_before_it_runs(sections: dict[str, object], named: str) -> None:
    with pytest.raises(StrategyFileError) as refused:
        strategy(**sections)
    assert named in str(refused.value)


def test_leverage_of_a_thousand_is_liquidated_by_the_first_tick_against_it() -> None:
    prices = [still(), still(), (100.0, 100.0, 99.0, 99.0, 5.0), still()]
    sizing = {"sizing": {"method": "fixed_amount", "amount": 5_000_000}}
    replayed = run(prices, execution={"leverage": 1_000, "maintenance_margin": 0.0005}, risk=sizing)
    [trade] = [one for one in replayed.positions if isinstance(one, Trade)]
    assert trade.exit_reason == "liquidation"
    assert trade.exit_price < 100.0
    assert "position.liquidation" in [one.rule for one in replayed.signals]


@pytest.mark.parametrize(
    ("sections", "limit"),
    [
        ({"execution": {"minimum_size": 1_000}}, "minimum_size"),
        ({"execution": {"lot_size": 1_000}}, "lot_size"),
        ({"execution": {"fees": {"method": "per_unit", "amount": 0, "minimum": 600}}, "risk": {"sizing": 500}}, "fee"),
    ],
    ids=["below the minimum", "less than a lot", "a fee above the notional"],
)
def test_an_order_that_is_for_nothing_is_refused_with_the_limit_and_never_signalled(
    sections: dict[str, object], limit: str
) -> None:
    if sections.get("risk") == {"sizing": 500}:
        sections["risk"] = {"sizing": {"method": "fixed_amount", "amount": 500}}
    replayed = run([still() for _ in range(20)], **sections)
    assert refusals(replayed) == [limit]  # told once, however long it lasts
    assert not replayed.signals
    [alert] = [one for one in replayed.alerts if one.kind == "refusal"]
    assert limit in alert.message
    [audited] = replayed.executions
    assert audited.outcome == "refused"


def test_ten_million_in_a_day_are_counted_to_the_cent() -> None:
    """A thousand turns of ten thousand."""
    prices = [price for _ in range(500) for price in (still(100.0), still(100.0), still(100.0))]
    replayed = run(prices, risk={"max_bars_held": 1})
    figures = last(replayed).performance
    trades = last(replayed).trades.trades
    assert trades > 400
    assert figures.traded_value == pytest.approx(2 * 10_000.0 * trades, abs=20_001)
    assert figures.equity == 10_000.0
