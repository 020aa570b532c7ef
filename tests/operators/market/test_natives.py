"""Which timeframe all bars are made of, and what becomes of candles of the feed that are of another."""

import pytest

from operators.events import Listing
from schemas.alert import Alert
from schemas.candle_row import CandleRow
from schemas.dead_letter import DeadLetter, Reason
from schemas.watchlist import AssetConfig, SessionConfig
from tests.operators.plain_engine import Feed, PlainEngine, batched, listing, row

MINUTES = [row(number, close=100.0 + number % 7, volume=1.5) for number in range(20)]


def made(number: int, length: int = 5, timeframe: str = "5m") -> CandleRow:
    """The bar that the minutes make."""
    some = MINUTES[number * length : (number + 1) * length]
    opened = row(number, timeframe=timeframe)[2]
    prices = some[0][3], max(one[4] for one in some), min(one[5] for one in some), some[-1][6]
    return "BTCUSDT", timeframe, opened, *prices, 99.0, True


def declared(timeframe: str = "1m") -> Listing:
    return listing(AssetConfig(symbol="BTCUSDT", base_timeframe=timeframe))


def fed(*events: Feed, sizes: tuple[int, ...] = (1,), restart: bool = False) -> PlainEngine:
    engine = PlainEngine()
    for some in batched(events, sizes):
        engine.feed(*some)
        if restart:
            engine.restart()
    return engine


def letters(engine: PlainEngine) -> list[DeadLetter]:
    return [one for one in engine.out["BTCUSDT"] if isinstance(one, DeadLetter)]


@pytest.mark.parametrize("restart", [False, True], ids=["", "restored after every candle"])
@pytest.mark.parametrize("place", [0, 1, 4, 5, 6, 19], ids=lambda place: f"after candle {place}")
def test_a_candle_of_the_feed_that_says_what_its_candles_say_is_a_duplicate_whenever_it_comes(
    *, place: int, restart: bool
) -> None:
    engine = fed(*MINUTES[: place + 1], made(0), *MINUTES[place + 1 :], restart=restart)
    assert (engine.tally.candles, engine.tally.duplicates, engine.out["BTCUSDT"]) == (20, 1, [])


@pytest.mark.parametrize("size", [1, 50])
@pytest.mark.parametrize("field", [3, 4, 5, 6], ids=["open", "high", "low", "close"])
@pytest.mark.parametrize("place", [1, 4, 12])
def test_one_that_says_otherwise_is_refused_and_named_with_what_its_candles_say(
    *, size: int, field: int, place: int
) -> None:
    right = made(0)
    numbers = [*right[3:8]]
    numbers[field - 3] += 0.5
    open_, high, low, close, volume = numbers
    given: CandleRow = (*right[:3], open_, high, low, close, volume, True)
    engine = fed(*MINUTES[:place], given, *MINUTES[place:], sizes=(size,))
    (letter,) = letters(engine)
    assert (letter.reason, letter.offset) == (Reason.CONFLICTING_DUPLICATE, place)
    names = dict(zip(("open", "high", "low", "close"), numbers, strict=False))
    said = ", ".join(f"{name} {value:g}" for name, value in names.items())
    assert letter.detail == (
        f"BTCUSDT 5m: candle 2025-05-01T00:00:00+00:00 has {said}, and its 1m candles make it open 100, high 105, "
        "low 99, close 104"
    )
    assert engine.tally.dead_letters == 1


def test_the_volume_of_a_candle_of_the_feed_is_not_compared() -> None:
    assert fed(*MINUTES[:5], made(0)).tally.duplicates == 1
    assert made(0)[7] != sum(one[7] for one in MINUTES[:5])


def test_one_of_a_bar_without_candles_is_refused() -> None:
    engine = fed(*MINUTES[:5], *MINUTES[10:], made(1))
    (letter,) = letters(engine)
    assert letter.reason is Reason.CONFLICTING_DUPLICATE
    assert letter.detail == "BTCUSDT 5m: candle 2025-05-01T00:05:00+00:00 has come and no 1m candle in it"


def test_one_that_is_older_than_the_bars_that_are_kept_is_out_of_order() -> None:
    engine = PlainEngine(history_bars=2)
    for some in batched([*MINUTES, made(0), made(3)], [7]):
        engine.feed(*some)
    (letter,) = letters(engine)
    assert (letter.reason, letter.offset) == (Reason.OUT_OF_ORDER, 20)
    assert letter.detail.endswith("is older than the bars that are kept")
    assert engine.tally.duplicates == 1


@pytest.mark.parametrize(
    ("timeframe", "problem"),
    [
        ("30s", "30s is shorter than the 1m candles of the feed"),
        ("90s", "90s is not a whole number of the 1m candles of the feed"),
    ],
)
def test_one_that_cannot_be_made_is_refused_and_told_how_to_declare_another_base(timeframe: str, problem: str) -> None:
    engine = fed(*MINUTES[:3], row(7, timeframe=timeframe))
    (letter,) = letters(engine)
    assert (letter.reason, letter.value) == (Reason.WRONG_TIMEFRAME, b"payload 3")
    assert letter.detail == (
        f"BTCUSDT {timeframe}: the symbol's bars are made of its 1m candles, and {problem}; to make them of others, "
        "declare base_timeframe on the watchlist"
    )


def test_where_the_watchlist_declares_the_base_one_that_cannot_be_made_is_told_so() -> None:
    engine = fed(declared("5m"), row(0, timeframe="5m"), MINUTES[5])
    (letter,) = letters(engine)
    assert letter.reason is Reason.WRONG_TIMEFRAME
    assert letter.detail == (
        "BTCUSDT 1m: the symbol's bars are made of its 5m candles, and 1m is shorter than the 5m candles of the feed; "
        "the watchlist declares 5m as the base of BTCUSDT"
    )


def test_one_that_waits_is_superseded_by_the_next_of_its_timeframe() -> None:
    engine = fed(declared(), made(0), made(0), made(1))
    (letter,) = letters(engine)
    assert (letter.reason, letter.offset) == (Reason.WRONG_TIMEFRAME, 0)
    assert "no 1m candle has come that closes it" in letter.detail
    assert engine.tally.duplicates == 1
    assert [one.reason for one in letters(fed(declared(), made(1), made(0)))] == [Reason.OUT_OF_ORDER]


def test_in_a_session_only_its_bars_can_be_compared() -> None:
    session = SessionConfig(zone="UTC", opens="00:02", closes="00:12")
    asset = AssetConfig(symbol="BTCUSDT", session=session)
    engine = fed(listing(asset), *MINUTES[:5], row(0, timeframe="5m"))
    (letter,) = letters(engine)
    assert letter.reason is Reason.WRONG_TIMEFRAME
    assert "no session's 5m bar opens at 2025-05-01T00:00:00+00:00" in letter.detail


@pytest.mark.parametrize("restart", [False, True], ids=["", "restored after every candle"])
def test_one_that_closes_when_another_grid_holds_waits_for_its_bar_there(*, restart: bool) -> None:
    hours = [row(number, timeframe="1h") for number in range(13)]
    halves = SessionConfig(zone="America/New_York", opens="09:30", closes="16:00")  # no session bar is made of hours
    events: list[Feed] = [listing(AssetConfig(symbol="BTCUSDT", session=halves)), *hours[:10]]
    events += [listing(AssetConfig(symbol="BTCUSDT"), after=10 * 60, name="w2"), row(5, timeframe="2h"), *hours[10:]]
    engine = fed(*events, restart=restart)
    assert (engine.tally.candles, engine.tally.duplicates, engine.out["BTCUSDT"]) == (13, 1, [])


def test_one_that_closed_before_another_grid_holds_is_compared_with_what_was_made_on_the_grid_before() -> None:
    session = SessionConfig(zone="UTC", opens="00:02")
    sent = listing(AssetConfig(symbol="BTCUSDT", session=session), after=3)
    engine = fed(*MINUTES[:10], sent, made(1), *MINUTES[10:])
    assert (engine.tally.duplicates, letters(engine)) == (1, [])


def test_the_finest_of_the_first_two_becomes_the_base() -> None:
    engine = fed(made(0), *MINUTES[5:])
    assert engine.tally.candles == 16
    assert letters(engine) == []


def test_a_finer_one_after_the_second_candle_of_the_base_is_refused() -> None:
    engine = fed(made(0), made(1), MINUTES[10], made(2))
    assert [(one.reason, one.offset) for one in letters(engine)] == [(Reason.WRONG_TIMEFRAME, 2)]
    assert engine.tally.candles == 3


@pytest.mark.parametrize("first", [made(0), MINUTES[4]], ids=["the longer one first", "the shorter one first"])
def test_a_declared_base_is_the_base_whichever_comes_first(first: CandleRow) -> None:
    others = [MINUTES[4], made(0)] if first is not MINUTES[4] else [made(0)]
    engine = fed(declared(), first, *others, *MINUTES[5:])
    assert engine.tally.candles == 16
    coarse = fed(declared("5m"), first, *others, made(1))
    assert coarse.tally.candles == 2
    assert {one.reason for one in letters(coarse)} == {Reason.WRONG_TIMEFRAME}


@pytest.mark.parametrize("size", [1, 100])
def test_two_feeds_of_one_symbol_are_one_where_they_agree(size: int) -> None:
    twice: list[Feed] = [one for minute in MINUTES for one in (minute, minute)]
    engine = fed(*twice, sizes=(size,))
    assert (engine.tally.candles, engine.tally.duplicates, letters(engine)) == (20, 20, [])


@pytest.mark.parametrize("size", [1, 100])
def test_the_first_of_two_feeds_counts_where_they_disagree(size: int) -> None:
    other = [(*minute[:6], minute[6] + 0.25, *minute[7:]) for minute in MINUTES]
    events: list[Feed] = [one for minute, wrong in zip(MINUTES, other, strict=True) for one in (minute, wrong)]
    engine = fed(*events, sizes=(size,))
    assert engine.tally.candles == 20
    assert [one.reason for one in letters(engine)] == [Reason.CONFLICTING_DUPLICATE] * 20


def test_a_feed_that_lags_adds_nothing_and_a_gap_is_not_filled_afterwards() -> None:
    leading = [one for number, one in enumerate(MINUTES) if number != 6]
    lagging = MINUTES[4:9]
    engine = fed(*leading[:9], *lagging, *leading[9:])
    (letter,) = letters(engine)
    assert letter.reason is Reason.OUT_OF_ORDER
    assert "candle 2025-05-01T00:06:00+00:00 came after 2025-05-01T00:09:00+00:00" in letter.detail
    assert engine.tally.duplicates == 4
    assert [one.kind for one in engine.out["BTCUSDT"] if isinstance(one, Alert)] == ["gap"]


@pytest.mark.parametrize("together", [True, False])
def test_a_correction_of_the_newest_candle_comes_too_late(*, together: bool) -> None:
    corrected = (*MINUTES[4][:6], 111.0, *MINUTES[4][7:])
    engine = fed(*MINUTES[:5], corrected, *MINUTES[5:], sizes=(100,) if together else (1,))
    (letter,) = letters(engine)
    assert letter.reason is Reason.CONFLICTING_DUPLICATE
    assert engine.tally.candles == 20
