"""Versions and commands of release 0.1, which did not say who, when or why, and readers of that release."""

import json
from datetime import UTC, datetime

import pytest

from schemas.avro import schema_text
from schemas.avro.binary import read_datum
from schemas.avro.known import current_schema
from schemas.avro.schema import parse_avro_schema
from schemas.codec import Codec
from schemas.framing import ConfluentWire, SingleObject
from schemas.lifecycle import NOTHING_YET, DesiredState, StrategyVersion
from schemas.record import Record
from schemas.strategy_file import parse_strategy
from tests.schemas.avro_by_hand import NULL, confluent, long, single_object, some, string
from tests.schemas.fake_registry import FakeRegistry

DOCUMENT = {"id": "dip", "signals": [{"id": "entry", "type": "entry", "expression": "rsi_14 < 30"}]}
CONFIG = parse_strategy(DOCUMENT, origin="test")
TIME = datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)

OLD = {
    StrategyVersion: (
        "strategy_version_without_author",
        string("dip") + long(3) + string(json.dumps(DOCUMENT)),
        StrategyVersion(strategy="dip", version=3, config=CONFIG),
    ),
    DesiredState: (
        "desired_state_without_author",
        string("dip") + long(3) + string("paused") + long(1) + some(long(1_000)) + string("c-1"),
        DesiredState(strategy="dip", version=3, state="paused", generation=1, effective_from=TIME, command="c-1"),
    ),
}

NEW: dict[type[Record], tuple[bytes, bytes]] = {
    StrategyVersion: (OLD[StrategyVersion][1], string("ada") + some(long(1_000)) + string("why") + some(long(2))),
    DesiredState: (
        OLD[DesiredState][1],
        some(long(NOTHING_YET)) + NULL + string("ada") + some(long(1_000)) + string("why"),
    ),
}


@pytest.mark.parametrize("model", OLD)
@pytest.mark.parametrize("framing", ["single object", "registry"])
def test_what_was_written_before_has_no_author_and_claims_nothing(model: type[Record], framing: str) -> None:
    name, body, expected = OLD[model]
    text = schema_text(name)
    if framing == "registry":
        found = Codec(ConfluentWire(FakeRegistry(text))).decode(confluent(1, body), model)
    else:
        found = Codec(SingleObject()).decode(single_object(parse_avro_schema(text).canonical, body), model)
    assert found == expected


@pytest.mark.parametrize("model", OLD)
def test_an_older_reader_passes_over_who_when_and_why(model: type[Record]) -> None:
    old, more = NEW[model]
    reader = parse_avro_schema(schema_text(OLD[model][0]))
    datum = read_datum(current_schema(model), reader, old + more, 0)
    assert datum == read_datum(reader, None, old, 0)


def test_an_author_and_a_reason_have_a_length() -> None:
    for field, length in (("author", 100), ("reason", 500)):
        fitting = DesiredState.model_validate(
            {"strategy": "dip", "version": 1, "state": "running", "command": "c", field: "x" * length}
        )
        assert len(getattr(fitting, field)) == length
        with pytest.raises(ValueError, match=f"at most {length} characters"):
            DesiredState.model_validate({**fitting.model_dump(), field: "x" * (length + 1)})
