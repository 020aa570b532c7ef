"""Each distinct indicator is computed once for a series, whoever asks for it, and for as long as somebody does."""

from collections.abc import Sequence

import pytest

from operators.events import Frames
from operators.indicators.lane import Lane
from operators.market.parameters import Parameters
from operators.market.step import MarketStep
from operators.strategy.catalog import Catalog
from operators.tally import Tally
from schemas.correlation import CorrelationConfig
from tests.operators.plain_engine import Event, batch, command, desired, expression, row


def frames_of(step: MarketStep, *events: Event) -> dict[str, Frames]:
    """The frames that each strategy was shown in one batch."""
    return {
        item[0]: item[1] for item in step.on_batch(events) if isinstance(item, tuple) and isinstance(item[1], Frames)
    }


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The columns of every lane that is made, in order."""
    made: list[tuple[str, ...]] = []
    original = Lane.__init__

    def spy(self: Lane, *arguments: object) -> None:
        original(self, *arguments)  # type: ignore[arg-type]  # whatever it takes
        made.append(self.columns)

    monkeypatch.setattr(Lane, "__init__", spy)
    return made


def started(strategies: Sequence[str], entry: str) -> list[Event]:
    versions = [expression(name, entry, "close < 0") for name in strategies]
    return [command(one, desired(one)) for one in versions]


def test_a_hundred_strategies_that_ask_for_the_same_indicator_share_one_computation(
    opened: list[tuple[str, ...]],
) -> None:
    step = MarketStep(Catalog(), Tally(), Parameters(history_bars=64))
    frames = frames_of(step, *started([f"s{n}" for n in range(100)], "rsi_14 < 30"), batch(row(0), row(1)))
    assert [column.rsplit(".", 1)[0] for columns in opened for column in columns] == ["rsi(close,period=14)"]
    assert len(frames) == 100
    assert len({id(one) for one in frames.values()}) == 1


def test_frames_hold_the_union_of_what_all_ask_for() -> None:
    step = MarketStep(Catalog(), Tally(), Parameters(history_bars=64))
    commands = [*started(["a", "b"], "rsi_3 < 30"), *started(["c"], "ema_5 > close")]
    frames = frames_of(step, *commands, batch(row(0)))["a|BTCUSDT|1m"]
    kinds = {name.split("(", 1)[0] for name in frames.columns}
    assert kinds == {"open", "high", "low", "close", "volume", "rsi", "ema"}


def test_indicator_ends_with_the_last_strategy_that_asks_for_it() -> None:
    step = MarketStep(Catalog(), Tally(), Parameters(history_bars=64))
    kept, ended = expression("kept", "ema_5 > close", "close < 0"), expression("ended", "rsi_3 < 30", "close < 0")
    frames_of(step, command(kept, desired(kept)), command(ended, desired(ended)), batch(row(0)))
    frames = frames_of(step, command(ended, desired(ended, "stopped", name="c2")), batch(row(1)))
    assert set(frames) == {"kept|BTCUSDT|1m"}
    assert not any(name.startswith("rsi") for name in frames["kept|BTCUSDT|1m"].columns)


def test_paused_strategy_is_shown_its_series_for_what_it_holds_and_finds_its_indicators_warm_when_it_resumes() -> None:
    step = MarketStep(Catalog(), Tally(), Parameters(history_bars=1))  # keeps only what somebody wants
    one = expression("one", "sma_3 > close", "close < 0")
    frames_of(step, command(one, desired(one)), batch(*(row(n) for n in range(3))))
    paused = frames_of(step, command(one, desired(one, "paused", name="c2")), batch(row(3), row(4)))["one|BTCUSDT|1m"]
    assert paused.open_times == [row(3)[2], row(4)[2]]
    frames = frames_of(step, command(one, desired(one, name="c3")), batch(row(5, close=106.0)))["one|BTCUSDT|1m"]
    (column,) = (name for name in frames.columns if name.startswith("sma"))
    assert frames.columns[column] == [100.0, 102.0]


def test_frames_show_the_bar_before_so_that_a_cross_at_the_first_bar_is_seen() -> None:
    step = MarketStep(Catalog(), Tally(), Parameters(history_bars=64))
    one = expression("one", "crossover(close, open)", "close < 0")
    step.on_batch([batch(row(0, close=90.0))])
    frames = frames_of(step, command(one, desired(one)), batch(row(1, close=95.0)))["one|BTCUSDT|1m"]
    assert frames.columns["close"] == [90.0, 95.0]
    assert (frames.operand("close", 0), frames.operand("close", 1)) == ([95.0], [90.0])


def test_strategy_is_fed_only_on_the_series_it_binds() -> None:
    step = MarketStep(Catalog(), Tally(), Parameters(history_bars=64))
    base = expression("base", "close > 0", "close < 0")
    apart = CorrelationConfig(enabled=False)
    config = base.config.model_copy(update={"id": "both", "timeframes": ("5m", "1m"), "correlation": apart})
    both = base.model_copy(update={"strategy": "both", "config": config})
    commands = [command(base, desired(base)), command(both, desired(both))]
    frames = frames_of(step, *commands, batch(*(row(number) for number in range(5))))
    assert set(frames) == {"base|BTCUSDT|1m", "both|BTCUSDT|1m", "both|BTCUSDT|5m"}
    assert frames["both|BTCUSDT|5m"].open_times == [row(0)[2]]


def test_an_indicator_on_a_timeframe_is_computed_once_for_who_runs_on_it_and_who_reads_it(
    opened: list[tuple[str, ...]],
) -> None:
    step = MarketStep(Catalog(), Tally(), Parameters(history_bars=64))
    on_it = expression("on", "rsi_3 < 30", "close < 0")
    config = on_it.config.model_copy(update={"timeframes": ("5m",)})
    on_it = on_it.model_copy(update={"config": config})
    reads_it = expression("reads", "rsi_3@5m < 30", "close < 0")
    commands = [command(on_it, desired(on_it)), command(reads_it, desired(reads_it))]
    frames = frames_of(step, *commands, batch(*(row(number, close=100.0 + number % 3) for number in range(30))))
    assert [column for columns in opened for column in columns] == ["rsi(close,period=3).rsi"]
    own, read = frames["on|BTCUSDT|5m"], frames["reads|BTCUSDT|1m"]
    assert read.value("rsi(close,period=3)@5m.rsi", 0, 29) == own.value("rsi(close,period=3).rsi", 0, 5)
