"""An indicator that fails is out of service on its series from one bar on, however bars come, with all that read it."""

import math
import random
from collections.abc import Callable

import pytest

from operators.indicators.failure import Failure
from operators.indicators.history import Row
from operators.indicators.identity import Indicator, Output, resolve
from operators.indicators.series import IndicatorSeries, SeriesState
from operators.indicators.total_lane import TotalLane
from tests.planted_kernels import DEAR, MEMORY, faults, plant, plant_total

START = 1_746_057_600_000
MINUTE = 60_000
BARS = 540
BAD = 261
"""The bar that the faults wait for: beyond two anchors, and none itself."""
FORGOTTEN = 520
"""Beyond the second anchor after it: windows that begin at an anchor, and what they read there, know nothing of it."""
SIZES = ((1,), (7,), (100,), (BARS,), (1, 30, 2, 128))
FAULTS = (
    "raises_once",
    "raises_for_good",
    "runs_out_of_memory",
    "recurses",
    "gives_none",
    "gives_text",
    "divides_by_zero",
)


def rows(bad_volume: float | None = None) -> list[Row]:
    chance = random.Random(3)
    found = []
    for bar in range(BARS):
        close = chance.uniform(90, 110)
        volume = bad_volume if bar == BAD and bad_volume is not None else chance.uniform(1, 9)
        found.append((close, close + 1, close - 1, close, volume))
    return found


@pytest.fixture(autouse=True)
def planted(monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch, faults(START + BAD * MINUTE))


def asked(kind: str) -> tuple[Indicator, Indicator, Indicator]:
    """The planted kind, a mean of it, and a mean that has nothing to do with it."""
    bad = resolve(kind, {}, where=kind)
    return (
        bad,
        resolve("sma", {"period": 5}, where="mean", sources=[Output(bad, "value")]),
        resolve("sma", {"period": 5}, where="own"),
    )


def extended(series: IndicatorSeries, some: list[Row], first: int, sizes: tuple[int, ...]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    done = 0
    while done < len(some):
        for size in sizes:
            part = some[done : done + size]
            if part:
                times = [START + (first + done + bar) * MINUTE for bar in range(len(part))]
                for name, values in series.extend(part, times).items():
                    found.setdefault(name, []).extend(values[1:])
            done += size
    return found


def run(
    kind: str, sizes: tuple[int, ...], stop: int | None = None, wanted: Callable[[str], tuple[Indicator, ...]] = asked
) -> tuple[dict[str, list[float]], dict[str, Failure]]:
    some = rows()
    series = IndicatorSeries(64)
    series.want(wanted(kind))
    found = extended(series, some[:stop], 0, sizes)
    if stop is not None:
        series = IndicatorSeries(64, series.snapshot())
        series.want(wanted(kind))
        for name, values in extended(series, some[stop:], stop, sizes).items():
            found[name] += values
    return found, dict(series.failed)


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_it_fails_at_its_bar_however_bars_are_batched(kind: str, sizes: tuple[int, ...]) -> None:
    bad, mean, own = asked(kind)
    found, failed = run(kind, sizes)
    closes = [one[3] for one in rows()]
    assert {column: failure.bar for column, failure in failed.items()} == {bad.columns[0]: BAD, mean.columns[0]: BAD}
    assert failed == run(kind, (1,))[1]  # the reason too
    assert found[bad.columns[0]][:BAD] == closes[:BAD]
    assert found[mean.columns[0]][4:BAD] == found[own.columns[0]][4:BAD]
    for column in (bad.columns[0], mean.columns[0]):
        assert all(map(math.isnan, found[column][BAD:]))
    assert not any(map(math.isnan, found[own.columns[0]][4:]))


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("stop", [1, 128, BAD, BAD + 1, BAD + 40, BARS - 1])
def test_restored_it_is_out_of_service_from_the_same_bar_on(kind: str, stop: int) -> None:
    straight, failed = run(kind, (30,))
    found, failed_restored = run(kind, (30,), stop)
    assert failed_restored == failed
    assert {name: [*map(repr, values)] for name, values in found.items()} == {
        name: [*map(repr, values)] for name, values in straight.items()
    }


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("raises_once", "indicator raises_once(close) failed: Fault: once"),
        ("raises_for_good", "indicator raises_for_good(close) failed: KeyError: 'gone'"),
        ("gives_none", "indicator gives_none(close) failed: TypeError: expected "),
        ("divides_by_zero", "indicator divides_by_zero(close) failed: ZeroDivisionError: "),
    ],
)
def test_the_reason_names_the_indicator_and_the_error(kind: str, said: str) -> None:
    bad, mean, _ = asked(kind)
    _, failed = run(kind, (50,))
    assert failed[bad.columns[0]].reason.startswith(said)
    assert failed[mean.columns[0]] == failed[bad.columns[0]]


@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_too_few_values_are_not_taken(sizes: tuple[int, ...]) -> None:
    _, failed = run("gives_too_few", sizes)
    assert {failure.bar for failure in failed.values()} == {BAD}
    assert all("failed: TypeError: expected " in failure.reason for failure in failed.values())


@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_one_that_never_opens_fails_at_the_first_bar(sizes: tuple[int, ...]) -> None:
    _, failed = run("never_opens", sizes)
    assert {failure.bar for failure in failed.values()} == {0}


@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_a_running_total_fails_at_its_bar(sizes: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    plant_total(monkeypatch, "obv", 77.0)
    obv, vwap = (resolve(kind, {}, where=kind) for kind in ("obv", "vwap"))
    series, sound = IndicatorSeries(64), IndicatorSeries(64)
    series.want([obv, vwap])
    sound.want([obv])
    found = extended(series, rows(bad_volume=77.0), 0, sizes)
    expected = extended(sound, rows(bad_volume=77.0)[:BAD], 0, (1,))[obv.columns[0]]
    assert series.failed[obv.columns[0]] == Failure(BAD, "indicator obv(close) failed: Fault: volume 77.0")
    assert found[obv.columns[0]][:BAD] == expected
    assert not any(map(math.isnan, found[vwap.columns[0]]))


@pytest.mark.parametrize("way", ["dump", "load", "open"])
def test_whatever_is_asked_of_it_may_fail(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError(way)

    obv, own = resolve("obv", {}, where="obv"), resolve("sma", {"period": 5}, where="own")
    series = IndicatorSeries(64)
    series.want([obv, own])
    extended(series, rows()[:10], 0, (10,))
    if way == "open":
        later = resolve("vwap", {}, where="vwap")
        monkeypatch.setattr(TotalLane, way, fails)
        series.want([obv, own, later])
        assert series.failed == {later.columns[0]: Failure(10, f"indicator {later.key} failed: RuntimeError: open")}
        return
    if way == "dump":
        monkeypatch.setattr(TotalLane, way, fails)
    state: SeriesState = series.snapshot()
    monkeypatch.setattr(TotalLane, "load", fails)
    restored = IndicatorSeries(64, state)
    restored.want([obv, own])
    expected = {obv.columns[0]: Failure(10, f"indicator obv(close) failed: RuntimeError: {way}")}
    assert restored.failed == expected
    found = extended(restored, rows()[10:20], 10, (4,))
    assert all(map(math.isnan, found[obv.columns[0]]))
    assert not any(map(math.isnan, found[own.columns[0]]))
    assert restored.failed == expected


def test_forgiven_it_is_as_if_it_had_never_been_wanted() -> None:
    bad, mean, own = asked("raises_once")
    some, at = rows(), FORGOTTEN
    series, fresh = IndicatorSeries(400), IndicatorSeries(400)
    series.want([bad, mean, own])
    extended(series, some[:at], 0, (50,))
    extended(fresh, some[:at], 0, (50,))
    assert series.forgive([own]) is False
    assert series.forgive([bad, mean]) is True
    series.want([bad, mean, own])
    fresh.want([bad, mean, own])
    assert series.failed == fresh.failed == {}
    assert extended(series, some[at:], at, (9,)) == extended(fresh, some[at:], at, (9,))


def test_forgiven_while_its_cause_is_there_it_fails_again_and_who_reads_what_it_was_cannot_go_on() -> None:
    bad, mean, own = asked("raises_once")
    series = IndicatorSeries(64)
    at = 0
    for end, failing in ((BAD + 5, {bad, mean}), (BAD + MEMORY + 128, {mean}), (FORGOTTEN, set())):
        extended(series, rows()[at:end], at, (50,))
        series.forgive([bad, mean])
        series.want([own, bad, mean])
        reason = "indicator raises_once(close) failed: Fault: once"
        assert series.failed == {one.columns[0]: Failure(end, reason) for one in failing}
        at = end


def test_a_reader_whose_window_does_not_reach_the_fault_goes_on() -> None:
    bad, mean, _ = asked("raises_once")
    some = rows()
    long = resolve("sma", {"period": 200}, where="long", sources=[Output(bad, "value")])
    longer = resolve("sma", {"period": 2}, where="longer", sources=[Output(long, "sma")])
    series = IndicatorSeries(400)
    extended(series, some[:FORGOTTEN], 0, (50,))
    series.want([bad])
    assert not series.failed
    series.want([bad, mean, longer])  # the window of one begins after the bad bar's span, that of the others in it
    assert series.failed.keys() == {long.columns[0], longer.columns[0]}
    found = extended(series, some[FORGOTTEN:], FORGOTTEN, (3,))
    assert not any(map(math.isnan, found[mean.columns[0]]))
    assert all(map(math.isnan, found[long.columns[0]]))


@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_only_the_series_with_the_cause_is_concerned(sizes: tuple[int, ...]) -> None:
    bad, mean, own = asked("fears_the_dear")
    dear = [(close * DEAR, high * DEAR, low * DEAR, close * DEAR, volume) for close, high, low, _, volume in rows()]
    cheap_series, dear_series = IndicatorSeries(64), IndicatorSeries(64)
    for series, some in ((cheap_series, rows()), (dear_series, dear)):
        series.want([bad, mean, own])
        extended(series, some, 0, sizes)
    assert cheap_series.failed == {}
    assert {failure.bar for failure in dear_series.failed.values()} == {0}
