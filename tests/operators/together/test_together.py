"""Positions of one strategy on several series, counted together: who is let in, who is not, and who is waited for."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.events import Command
from operators.strategy.compile import compile_strategy
from operators.trading.desk import Desk
from schemas.alert import Alert
from schemas.lifecycle import StrategyStatus
from schemas.metrics import StrategyMetrics
from schemas.position import PositionChange
from schemas.record import Record
from schemas.signal import Signal
from schemas.watchlist import AssetConfig
from tests.operators.plain_engine import START, PlainEngine, batch, desired, listing
from tests.operators.together.test_any_order import SYMBOLS, Piece, drawn_rows, limited, played, script, wanted
from tests.operators.trading.test_batches import Document, candles, documents, of

LIMIT = "max_concurrent_positions"
UP, DOWN, STILL = 1.0, -1.0, 0.0
DOCUMENT: Document = {
    "id": "buyer",
    "timeframes": ["1m"],
    "signals": [
        {"id": "buy", "type": "entry", "expression": "close > open"},
        {"id": "leave", "type": "exit", "expression": "close < open"},
    ],
    "execution": {"capital": 1_000},
}


class Market:
    """A strategy over some symbols, and candles of one minute that go up, down or stay."""

    def __init__(
        self, most: int, symbols: Sequence[str], document: Document = DOCUMENT, after: int | None = None
    ) -> None:
        self.engine = PlainEngine(compile_strategy, timeframes=("1m",))
        self.version = of(limited(document, most, symbols))
        self.symbols = symbols
        for symbol in symbols:
            self.engine.feed(Command(symbol, desired(self.version, after=after), self.version))

    def candle(self, symbol: str, minute: int, move: float) -> None:
        low, high = min(100.0, 100.0 + move), max(100.0, 100.0 + move)
        opened = START + minute * 60_000
        self.engine.feed(batch((symbol, "1m", opened, 100.0, high, low, 100.0 + move, 5.0, True)))

    def minute(self, minute: int, *moves: float) -> None:
        for symbol, move in zip(self.symbols, moves, strict=True):
            self.candle(symbol, minute, move)

    def said(self, symbol: str) -> list[Record]:
        return self.engine.out[f"buyer|{symbol}|1m"]

    def changes(self, symbol: str) -> list[tuple[int, str]]:
        """The minute at whose close it is told, and what happened."""
        changes = [one for one in self.said(symbol) if isinstance(one, PositionChange)]
        return [(_minute(one), one.change) for one in changes]


def _minute(change: PositionChange) -> int:
    return round((change.close_time.timestamp() * 1_000 - START) / 60_000) - 1


def test_of_two_that_want_to_enter_at_one_close_the_first_by_name_is_let_in_and_the_other_is_told_why() -> None:
    market = Market(1, ["ETH", "BTC"])
    market.minute(0, UP, UP)
    market.minute(1, STILL, STILL)
    assert market.changes("BTC") == [(1, "opened")]  # at the next open, told with that bar
    assert market.changes("ETH") == [(0, "refused")]
    [refused] = [one for one in market.said("ETH") if isinstance(one, PositionChange)]
    assert refused.reason == "max_concurrent_positions (buyer): expected at most 1 position at once, got 2"
    assert refused.refusal is not None
    assert (refused.refusal.limit, refused.refusal.allowed, refused.refusal.actual) == (
        LIMIT,
        1,
        2,
    )
    [alert] = [one for one in market.said("ETH") if isinstance(one, Alert)]
    assert (alert.kind, alert.message.count(LIMIT)) == ("refusal", 1)
    [figures] = [one for one in market.said("ETH") if isinstance(one, StrategyMetrics)]
    assert figures.violated_limits == (LIMIT,)
    assert not [one for one in market.said("ETH") if isinstance(one, Signal)]


def test_an_entry_that_waits_for_its_fill_has_its_place_already() -> None:
    market = Market(1, ["BTC", "ETH"])
    market.minute(0, UP, STILL)
    market.minute(1, STILL, UP)
    market.minute(2, STILL, STILL)
    assert market.changes("ETH") == [(1, "refused")]


def test_a_place_that_is_left_at_a_close_is_free_for_who_enters_at_the_close_of_the_fill() -> None:
    market = Market(1, ["BTC", "ETH"])
    market.minute(0, STILL, UP)  # ETH is in, though BTC comes first by name
    market.minute(1, STILL, STILL)
    market.minute(2, UP, DOWN)  # ETH orders its exit, which is not filled yet
    market.minute(3, UP, STILL)  # filled at this open: BTC, asked after ETH, is let in at this close
    market.minute(4, STILL, STILL)
    assert market.changes("ETH") == [(1, "opened"), (3, "closed")]
    assert market.changes("BTC") == [(2, "refused"), (4, "opened")]


def test_two_of_three_are_let_in() -> None:
    market = Market(2, ["A", "B", "C"])
    market.minute(0, UP, UP, UP)
    market.minute(1, STILL, STILL, STILL)
    assert [len(market.changes(symbol)) for symbol in "ABC"] == [1, 1, 1]
    assert [market.changes(symbol)[0][1] for symbol in "ABC"] == ["opened", "opened", "refused"]


def test_series_of_one_symbol_count_too_the_shorter_timeframe_first() -> None:
    market = Market(1, ["BTC"], {**DOCUMENT, "timeframes": ["2m", "1m"]})
    market.minute(0, STILL)
    market.minute(1, UP)  # both bars close here, and both go up
    market.minute(2, STILL)
    assert market.changes("BTC") == [(2, "opened")]
    [refused] = [one for one in market.engine.out["buyer|BTC|2m"] if isinstance(one, PositionChange)]
    assert refused.change == "refused"


def test_adding_to_a_position_takes_no_place() -> None:
    document = {**DOCUMENT, "execution": {"capital": 1_000, "scale_in": {"max_entries": 2}}}
    document["risk"] = {"sizing": {"method": "fixed_amount", "amount": 200}}
    market = Market(1, ["BTC", "ETH"], document)
    market.minute(0, UP, STILL)
    market.minute(1, UP, STILL)
    market.minute(2, STILL, STILL)
    assert market.changes("BTC") == [(1, "opened"), (2, "changed")]


def test_the_new_side_of_a_reversal_takes_the_place_of_the_old_one() -> None:
    document = {
        **DOCUMENT,
        "signals": [
            *DOCUMENT["signals"],
            {"id": "sell", "type": "entry", "side": "short", "expression": "close < open"},
        ],
    }
    market = Market(1, ["BTC", "ETH"], document)
    market.minute(0, UP, STILL)
    market.minute(1, DOWN, DOWN)
    market.minute(2, STILL, STILL)
    assert market.changes("BTC") == [(1, "opened"), (2, "closed"), (2, "opened")]
    assert market.changes("ETH") == [(1, "refused")]


def test_nothing_is_worked_before_every_symbol_has_come_so_far() -> None:
    market = Market(1, ["BTC", "ETH"])
    for minute, move in enumerate((UP, STILL, DOWN, STILL)):
        market.candle("BTC", minute, move)
    assert market.said("BTC") == []  # not even the start is acknowledged: ETH may have begun before
    market.candle("ETH", 0, STILL)
    market.candle("ETH", 1, STILL)
    assert market.changes("BTC") == [(1, "opened")]
    market.candle("ETH", 5, STILL)
    assert market.changes("BTC") == [(1, "opened"), (3, "closed")]


def test_a_stop_frees_the_place_and_a_new_start_goes_on_in_the_same_order() -> None:
    market = Market(1, ["BTC", "ETH"])
    market.minute(0, UP, STILL)
    market.minute(1, STILL, STILL)
    for symbol in market.symbols:
        market.engine.feed(Command(symbol, desired(market.version, "stopped", name="c2"), market.version))
    market.minute(2, STILL, STILL)
    for symbol in market.symbols:
        market.engine.feed(Command(symbol, desired(market.version, generation=1, name="c3"), market.version))
    market.minute(3, STILL, UP)
    market.minute(4, STILL, STILL)
    assert [change for _, change in market.changes("BTC")] == ["opened", "closed"]
    assert market.changes("ETH") == [(4, "opened")]
    acknowledged = [(one.command, one.state) for one in market.said("BTC") if isinstance(one, StrategyStatus)]
    assert acknowledged == [("c1", "running"), ("c2", "stopped"), ("c3", "running")]


def test_a_command_inside_a_gap_does_not_hide_who_entered_before() -> None:
    """The longer bar closes inside the gap, and is told after the command that the candle behind it has brought."""
    document = {**DOCUMENT, "timeframes": ["5m", "1m"], "execution": {"capital": 1_000, "fill": "signal_close"}}
    market = Market(1, ["AAA", "BBB"], document, after=4)
    market.engine.feed(listing(AssetConfig(symbol="AAA", quiet_market=True, base_timeframe="1m"), "AAA"))
    for minute, move in enumerate((STILL, STILL, STILL, UP)):
        market.candle("AAA", minute, move)
    for minute in (9, 10):
        market.candle("AAA", minute, STILL)
    for minute in range(12):
        market.candle("BBB", minute, {4: UP, 6: DOWN}.get(minute, STILL))
    [opened] = [one for one in market.engine.out["buyer|AAA|5m"] if isinstance(one, PositionChange)]
    assert (opened.change, _minute(opened)) == ("opened", 4)
    assert market.changes("BBB") == [(4, "refused")]


def test_with_a_second_spelling_both_are_waited_for() -> None:
    market = Market(1, ["BTC", "ETH"])
    market.engine.feed(Command("BT/C", desired(market.version), market.version))
    for symbol in ("BTC", "ETH"):
        for minute in range(4):
            market.candle(symbol, minute, UP if symbol == "BTC" else STILL)
    before = market.changes("BTC")
    market.candle("BT/C", 0, STILL)
    market.candle("BT/C", 1, STILL)
    assert market.changes("BTC") == before == [(1, "opened")], "how far all have come never goes back"
    for symbol in ("BTC", "ETH", "BT/C"):
        market.candle(symbol, 4, DOWN)
        market.candle(symbol, 5, STILL)
    assert market.changes("BTC") == [(1, "opened"), (5, "closed")]


def test_one_that_cannot_be_reckoned_with_gives_its_place_back_if_its_account_holds_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    market = Market(1, ["BTC", "ETH"], {**DOCUMENT, "execution": {"capital": 1_000, "fill": "signal_close"}})
    market.minute(0, STILL, STILL)

    def fails(*_: object) -> None:
        raise ArithmeticError("no such number")

    with monkeypatch.context() as patched:
        patched.setattr(Desk, "_apply", fails)
        market.minute(1, UP, STILL)
    market.minute(2, STILL, UP)
    assert [one.state for one in market.said("BTC") if isinstance(one, StrategyStatus)] == ["running", "quarantined"]
    assert market.changes("ETH") == [(2, "opened")]


@settings(max_examples=60, deadline=None)
@given(
    document=documents(),
    rows=st.tuples(drawn_rows, drawn_rows),
    told=st.lists(st.sampled_from(["pause", "resume", "restart", "stop"]), max_size=2),
    followed=st.booleans(),
)
def test_a_limit_that_is_never_reached_changes_nothing(
    document: Document,
    rows: tuple[list[Piece], ...],
    told: list[str],
    followed: bool,  # noqa: FBT001  # drawn
) -> None:
    """The series are worked elsewhere then, and say byte for byte what each says by itself: as under a pattern."""

    def said(symbols: Sequence[str]) -> dict[str, list[str]]:
        heard = wanted(limited(document, 1_000, symbols), document, told)
        places = [400, 700][: len(told)]
        scripts = [
            script(symbol, [*candles(drawn), *candles([(20, 0, 0, (3, 1, 1), 9)])], heard, places, followed=followed)
            for symbol, drawn in zip(SYMBOLS, rows, strict=False)
        ]
        return {key: each for key, each in played(scripts).records().items() if not key.startswith("portfolio")}

    together, alone = said(SYMBOLS[:2]), said([f"{symbol[:-1]}*" for symbol in SYMBOLS[:2]])
    assert {key: each[: len(together.get(key, []))] for key, each in alone.items()} == {
        key: together.get(key, []) for key in alone
    }
