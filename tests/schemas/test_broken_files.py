"""A hundred broken strategy files, each refused with a place and with what was expected there."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.problems import StrategyFileError
from schemas.strategy_file import load_strategy
from tests.schemas.broken_files import BROKEN, GOOD, Broken, changed, put, taken


@pytest.mark.parametrize("document", GOOD.values(), ids=GOOD)
def test_what_they_are_made_of_is_whole(document: object) -> None:
    assert load_strategy(json.dumps(document).encode(), origin="good.json").signals


def test_there_are_a_hundred_of_them_and_no_two_alike() -> None:
    assert len(BROKEN) >= 100
    assert len({broken.content for broken in BROKEN.values()}) == len(BROKEN)


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_broken_file_is_refused_with_its_place_and_what_was_expected(broken: Broken) -> None:
    with pytest.raises(StrategyFileError) as caught:
        load_strategy(broken.content, origin="broken.json")
    told = [str(problem) for problem in caught.value.problems]
    assert any(broken.where in text and broken.expected in text for text in told), told
    assert len(told) == len(set(told)), "something is said twice"
    assert len(str(caught.value)) < 5_000


leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.just(10**400)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["*", "1m", "rsi", "entry", "fixed", "lstm", "ml", "close > 1", "a.b", "\x00", "$comment"])
)
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=8) | st.sampled_from(["type", "method", "id", "value"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def places(document: object, path: tuple[int | str, ...] = ()) -> list[tuple[int | str, ...]]:
    """Every place inside a document."""
    items = (
        document.items() if isinstance(document, dict) else enumerate(document if isinstance(document, list) else [])
    )
    return [place for key, value in items for place in [(*path, key), *places(value, (*path, key))]]


@settings(deadline=None, max_examples=400)
@given(st.sampled_from(sorted(GOOD)), values, st.data())
def test_whatever_stands_at_a_place_gives_a_strategy_or_the_one_error(
    shape: str, value: object, data: st.DataObject
) -> None:
    place = data.draw(st.sampled_from(places(GOOD[shape])))
    change = taken(*place) if data.draw(st.integers(0, 9)) == 0 else put(*place, value=value)
    try:
        config = load_strategy(changed(shape, change), origin="changed.json")
    except StrategyFileError as error:
        assert str(error).encode()  # noqa: PT017  # either way is right; it can be shown
        assert len(str(error)) < 20_000  # noqa: PT017  # as above
    else:
        assert load_strategy(config.canonical_json().encode(), origin="again.json") == config
