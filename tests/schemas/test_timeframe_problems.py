"""What is wrong with how a strategy binds to timeframes and weighs them, said with its place."""

import pytest

from tests.schemas.refusals import problems


def strategy(**sections: object) -> dict[str, object]:
    """A strategy that is right but for these sections."""
    return {"id": "a", "rules": {"entry": {"condition": "rsi_14 < 30"}}, **sections}


WRONG = {
    "not a style": (
        strategy(timeframes=["dayy"]),
        [
            (
                'timeframes.0: expected a timeframe such as 1m, 5m, 1h, 4h, 1d or 1w, or one of "*", "day", "swing", '
                '"position", got "dayy" (did you mean "day"?)'
            )
        ],
    ),
    "style twice": (
        strategy(timeframes=["day", "day"]),
        ["timeframes.1: expected each of timeframes once, got 'day' again"],
    ),
    "everything wrong with how timeframes are weighed": (
        strategy(
            correlation={
                "windows": {
                    "dya": {"length": "1h", "every": "1m"},
                    "day": {"length": "1h", "every": "7m"},
                    "swing": {"length": "1d", "evry": "1h"},
                },
                "weights": {"1q": 1, "1h": "heavy"},
                "conflict_penalti": 1,
                "minimum_suporting": 1,
                "minimumConfidence": 2,
                "cool_down": 5,
                "top": 0.5,
            }
        ),
        [
            'correlation.windows.swing.evry: unknown key "evry" (did you mean "every"?)',
            'correlation.conflict_penalti: unknown key "conflict_penalti" (did you mean "conflict_penalty"?)',
            'correlation.minimum_suporting: unknown key "minimum_suporting" (did you mean "minimum_supporting"?)',
            'correlation.windows.dya: expected "day", "swing" or "position", got "dya" (did you mean "day"?)',
            "correlation.windows.day: expected every to be a whole part of the length (1h), got 7m",
            "correlation.windows.swing.every: expected a value, got nothing: it is required",
            'correlation.weights.1q: expected a timeframe such as 1m, 5m, 1h, 4h, 1d or 1w, got "1q"',
            'correlation.weights.1h: expected a number, got "heavy"',
            "correlation.minimumConfidence: expected a number of at most 1, got 2; 0.02 is 2 %",
            "correlation.cool_down: expected a text, got 5",
            "correlation.top: expected a whole number, got 0.5",
        ],
    ),
    "correlation of no kind": (strategy(correlation="yes"), ['correlation: expected an object, got "yes"']),
    "unknown policy for bars that lack candles": (
        strategy(partialBars="exit"),
        ['partialBars: expected "skip", "exits" or "evaluate", got "exit" (did you mean "exits"?)'],
    ),
    "policy for such bars twice": (
        strategy(partialBars="exits", partial_bars="skip"),
        ["partial_bars: expected either partial_bars or partialBars, got both"],
    ),
}


@pytest.mark.parametrize(("document", "expected"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_said_with_its_place(document: object, expected: list[str]) -> None:
    assert problems(document) == expected
