"""Strategy files that are broken in meaning: each is refused in time, with all that a person needs to mend it."""

import json
from copy import deepcopy

import pytest

from schemas.problems import StrategyFileError
from schemas.strategy_draft import MAX_PROBLEMS
from tests.operators.strategy.broken_strategies import BROKEN, GOOD, Broken, chain, checked
from tests.schemas.broken_files import put

SECONDS = 20
"""By which a refusal has to have come, on the slowest machine; it takes some milliseconds."""


def refusal(content: bytes) -> StrategyFileError:
    with pytest.raises(StrategyFileError) as caught:
        checked(content)
    return caught.value


@pytest.mark.parametrize("document", GOOD.values(), ids=GOOD)
def test_what_they_are_made_of_compiles(document: object) -> None:
    assert checked(json.dumps(document).encode()).entries


def test_there_are_hundreds_of_them_and_no_two_alike() -> None:
    assert len(BROKEN) >= 200
    assert len({one.content for one in BROKEN.values()}) == len(BROKEN)


def test_all_but_those_of_bytes_are_json() -> None:
    documents = [json.loads(one.content) for name, one in BROKEN.items() if not name.startswith("bytes")]
    assert all(isinstance(document, dict) for document in documents)


@pytest.mark.timeout(SECONDS)
@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_each_is_refused_with_its_place_and_with_what_was_expected(broken: Broken) -> None:
    error = refusal(broken.content)
    told = [str(problem) for problem in error.problems]
    for fragments in broken.told:
        assert any(all(fragment in text for fragment in fragments) for text in told), (fragments, told)
    assert len(told) == len(broken.told), told
    assert len(str(error)) < 1_500


def test_faults_of_several_sections_are_told_at_once() -> None:
    document = deepcopy(GOOD["rsi_trend"])
    for change in (
        put("meta", "visibility", value="pubic"),
        put("timeframes", value=["5m", "7x"]),
        put("indicators", 0, "modifiers", value=[{"type": "lag", "bars": 0}]),
        put("signals", 1, "side", value="shrt"),
        put("risk", value={"stop_los": 0.1}),
    ):
        change(document)
    assert sorted(problem.where for problem in refusal(json.dumps(document).encode()).problems) == [
        "indicators.0.modifiers.0.bars",
        "meta.visibility",
        "risk.stop_los",
        "signals.1.side",
        "timeframes.1",
    ]


def test_faults_of_several_meanings_are_told_at_once() -> None:
    document = deepcopy(GOOD["rsi_trend"])
    for change in (
        put("indicators", 1, "parameters", "period", value=0),
        put("indicators", 0, "source", value="clos"),
        put("signals", 0, "confidence", "parts", value={"trend_rises": "close[-1] > 1", "rsi_rises": "vollume > 1"}),
        put("signals", 0, "expression", value="close > open"),
        put("signals", 1, "expression", value="crossunder(close, rsi, trend) OR hihg > 3"),
        put("signals", 2, "expression", value="close > trend"),
    ):
        change(document)
    told = [str(problem).splitlines()[0] for problem in refusal(json.dumps(document).encode()).problems]
    assert [text.partition(":")[0] for text in told] == [
        "indicators.rsi.source",
        "indicators.trend.period",
        "signals.joined_up.confidence.parts.trend_rises, character 7",
        "signals.joined_up.confidence.parts.rsi_rises, character 1",
        "signals.joined_down, character 1",
        "signals.joined_down, character 34",
    ]


def test_what_reads_a_refused_indicator_is_not_blamed_for_it() -> None:
    document = deepcopy(GOOD["macd_momentum"])
    put("indicators", 0, "parameters", "fast_period", value=0)(document)
    assert [problem.where for problem in refusal(json.dumps(document).encode()).problems] == [
        "indicators.macd.fast_period"
    ]


@pytest.mark.parametrize("indicator", ["m1", "rsi"])
def test_a_chain_that_is_short_enough_compiles_in_any_order(indicator: str) -> None:
    for backwards in (False, True):
        document = deepcopy(GOOD["macd_rsi"])
        put("indicators", value=chain(16, backwards=backwards))(document)
        put("signals", 0, "expression", value=f"m15 > 1 AND {indicator} > 1")(document)
        assert len(checked(json.dumps(document).encode()).indicators) > 1


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize(("name", "what"), [("macd_signal", "an output"), ("macd_crossover_bullish", "a state")])
def test_a_name_that_is_of_another_indicator_is_refused_whichever_comes_first(
    name: str, what: str, *, backwards: bool
) -> None:
    both = [{"name": "macd", "type": "macd"}, {"name": name, "type": "sma"}]
    document = deepcopy(GOOD["macd_rsi"])
    put("indicators", value=both[::-1] if backwards else both)(document)
    put("signals", 1, "expression", value="rsii < 3")(document)
    clash, other = refusal(json.dumps(document).encode()).problems
    assert str(clash).startswith(f"indicators.{name}: expected a name of its own")
    assert f"which is {what} of 'macd'" in clash.message
    assert 'unknown name "rsii"' in other.message


@pytest.mark.timeout(SECONDS)
def test_a_hopeless_file_is_told_its_first_problems_only() -> None:
    document = deepcopy(GOOD["macd_rsi"])
    put("indicators", value=[{"name": f"m{n}", "type": f"rsii{n}"} for n in range(200)])(document)
    error = refusal(json.dumps(document).encode())
    assert len(error.problems) <= MAX_PROBLEMS + len(document["signals"]) + 1
    assert error.problems[MAX_PROBLEMS].message == f"there are more than {MAX_PROBLEMS} problems: these first"
    assert len(str(error)) < 20_000


def _signals(count: int, expression: str, **more: object) -> list[dict[str, object]]:
    return [{"id": f"s{n}", "type": "entry", "expression": expression, **more} for n in range(count)]


HOPELESS = {
    "names": _signals(60, " AND ".join(f"zz{n}" for n in range(200))),
    "time zones": _signals(100, " AND ".join(f"hour('Mars/O{n}') > 1" for n in range(60))),
    "parentheses": _signals(120, ")" * 1_990),
    "parts": _signals(200, "close > 1", confidence={"method": "weighted", "weights": {f"w{n}": 1 for n in range(32)}}),
}


@pytest.mark.timeout(SECONDS)
@pytest.mark.parametrize("signals", HOPELESS.values(), ids=HOPELESS)
def test_hopeless_signals_are_told_their_first_problems_only(signals: list[dict[str, object]]) -> None:
    document = deepcopy(GOOD["macd_rsi"])
    put("signals", value=signals)(document)
    error = refusal(json.dumps(document).encode())
    assert MAX_PROBLEMS < len(error.problems) <= MAX_PROBLEMS + 32
    assert error.problems[-1].message == f"there are more than {MAX_PROBLEMS} problems: these first"
