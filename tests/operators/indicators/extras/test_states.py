"""The named states of the extra indicators: each is an expression that compiles, and holds when it should."""

import math
from collections.abc import Mapping

import numpy as np
import pytest

from operators.expressions.compiled import compile_expression
from operators.expressions.scope import Scope
from operators.indicators.definition import IndicatorDefinition
from operators.indicators.extras import EXTRAS
from operators.indicators.history import Row
from operators.indicators.identity import Output, resolve
from operators.indicators.series import IndicatorSeries

each = pytest.mark.parametrize("definition", EXTRAS, ids=lambda definition: definition.name)
MINUTE_MS = 60_000


def scope_of(kind: str, parameters: Mapping[str, object]) -> Scope:
    """An indicator that the strategy calls ``it``."""
    indicator = resolve(kind, parameters, where=kind)
    columns = {f"it.{output}": Output(indicator, output) for output in indicator.outputs}
    columns["it"] = Output(indicator, indicator.outputs[0])
    states = {f"it_{state}": text for state, text in indicator.states("it").items()}
    return Scope(columns=columns, states=states)


def holds(state: str, kind: str, parameters: Mapping[str, object], rows: list[Row]) -> list[bool | None]:
    """Whether a named state holds at each bar; None where it is not ready."""
    compiled = compile_expression(f"it_{state}", scope_of(kind, parameters), where="state")
    series = IndicatorSeries(1)
    series.want(compiled.indicators)
    values = series.extend(rows, [bar * MINUTE_MS for bar in range(len(rows))])
    return [
        compiled.evaluate(*[values[column][bar + 1 - ago] for column, ago in compiled.inputs])
        for bar in range(len(rows))
    ]


def path(*closes: float) -> list[Row]:
    """Candles of one lot that open where the one before closed, and go no further."""
    opens = (closes[0], *closes)
    return [(a, max(a, b), min(a, b), b, 1.0) for a, b in zip(opens, closes, strict=False)]


@each
def test_every_state_compiles(definition: IndicatorDefinition) -> None:
    scope = scope_of(definition.name, {})
    for state in definition.states:
        assert compile_expression(f"it_{state}", scope, where=state).indicators


def test_supertrend_flips_once_each_way() -> None:
    there = [100.0 + bar for bar in range(20)]
    rows = path(*there, *reversed(there), *there)
    flips = {
        state: holds(state, "supertrend", {"period": 3, "multiplier": 1.0}, rows) for state in ("flip_up", "flip_down")
    }
    assert flips["flip_down"].count(True) == flips["flip_up"].count(True) == 1
    assert flips["flip_down"].index(True) < flips["flip_up"].index(True)


def test_a_donchian_breakout_compares_with_the_channel_before() -> None:
    rows = path(10, 11, 10, 11, 10, 11.5, 11.2, 9)
    assert holds("breakout_up", "donchian", {"period": 3}, rows).index(True) == 5
    assert holds("breakout_down", "donchian", {"period": 3}, rows).index(True) == 7


def test_keltner_breaks_out_with_a_jump() -> None:
    rows = path(*[100, 101] * 15, 120)
    assert holds("breakout_up", "keltner", {}, rows)[-2:] == [False, True]


def test_price_leaves_the_cloud() -> None:
    parameters = {"tenkan": 2, "kijun": 3, "senkou": 4, "displacement": 2}
    rows = path(*[50.0] * 10, 60, 61, 40)
    assert holds("price_above_cloud", "ichimoku", parameters, rows)[-4:] == [False, True, True, False]
    assert holds("price_below_cloud", "ichimoku", parameters, rows)[-2:] == [False, True]


def test_a_swing_is_broken_only_after_it_is_known() -> None:
    rows = path(10, 11, 15, 12, 11, 16, 17)
    # The high of 15 is that of bars 2 and 3: the last of the two counts, and is known a bar later, at 4.
    assert holds("breakout_up", "swing", {"strength": 1, "longest": 10}, rows) == [None] * 5 + [True, False]


def test_the_squeeze_fires_when_closes_run_out_of_the_ranges() -> None:
    calm: list[Row] = [(100.0, 101.0, 99.0, 100.0 + bar % 2 / 10, 1.0) for bar in range(20)]
    rows = [*calm, *path(101, 104, 108, 113, 119)]
    squeezed = holds("squeeze", "squeeze", {"period": 5}, rows)
    assert squeezed[8:20] == [True] * 12
    fired = holds("fired_up", "squeeze", {"period": 5}, rows)
    assert fired.index(True) == squeezed.index(False)


def test_a_session_vwap_is_passed_when_the_close_passes_it() -> None:
    rows = path(10, 12, 8, 8, 13)
    above = holds("price_above", "session_vwap", {}, rows)
    # Typical prices 10, 11.333, 9.333, 8, 11.333: their means are 10, 10.667, 10.222, 9.667, 10.
    assert above == [False, True, False, False, True]
    assert holds("crossed_up", "session_vwap", {}, rows) == [None, True, False, False, True]


def test_z_scores_have_zones_that_can_be_moved() -> None:
    values = [100.0] * 9 + [101.0]
    score = (101 - 100.1) / np.std(values)
    assert math.isclose(score, 3.0)
    assert holds("overbought", "zscore", {"period": 10, "overbought": 2.9}, path(*values))[-1] is True
    assert holds("overbought", "zscore", {"period": 10, "overbought": 3.1}, path(*values))[-1] is False
