"""The topic table: complete, consistent, and turned into legal names."""

import pytest

from schemas.topics import ALL_TOPICS, CANDLES, CONTROL


def test_there_are_fifteen_topics_with_names_of_their_own() -> None:
    assert len({spec.name for spec in ALL_TOPICS}) == len(ALL_TOPICS) == 15


def test_only_what_is_read_as_a_table_is_compacted() -> None:
    compacted = {spec.name for spec in ALL_TOPICS if spec.cleanup_policy == "compact"}
    assert compacted == {"control", "placements", "status", "metrics", "subscriptions"}


def test_an_empty_prefix_leaves_the_name() -> None:
    assert CONTROL.prefixed("") == "control"


@pytest.mark.parametrize("prefix", ["my topics.", "a/", "é", "x" * 243])
def test_a_prefix_that_kafka_forbids_is_named(prefix: str) -> None:
    with pytest.raises(ValueError, match="1 to 249 letters, digits") as refused:
        CANDLES.prefixed(prefix)
    assert repr(prefix) in str(refused.value)


def test_the_longest_legal_name_is_accepted() -> None:
    assert len(CANDLES.prefixed("x" * 242)) == 249
