"""The JSON Schema of a watchlist file: current, explained throughout, and of one mind with the loader."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from schemas.json_schema_text import schema_text
from schemas.problems import WatchlistFileError
from schemas.watchlist import AssetConfig
from schemas.watchlist_examples import EXAMPLES
from schemas.watchlist_file import parse_watchlist
from schemas.watchlist_schema import watchlist_schema
from tests.schemas.schema_nodes import examples_and_defaults, nodes, unexplained
from tests.schemas.test_watchlist import SEED_JSON
from tests.schemas.watchlist_configs import assets

FILE = Path(__file__).parents[2] / "schemas" / "json" / "watchlist.schema.json"
SCHEMA = watchlist_schema()
EDITOR = Draft202012Validator(SCHEMA)


def told(document: object) -> list[str]:
    return [error.message for error in EDITOR.iter_errors(document)]


def test_file_is_what_the_models_say() -> None:
    assert FILE.read_text(encoding="utf-8") == schema_text(SCHEMA), (
        f"the models have changed: candelabra watchlist schema > schemas/json/{FILE.name}"
    )


def test_it_is_a_schema_and_whole_in_itself() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    references = {node["$ref"] for _, node in nodes(SCHEMA) if "$ref" in node}
    assert references == {f"#/$defs/{one}" for one in SCHEMA["$defs"]}


def test_everything_is_explained() -> None:
    assert SCHEMA["title"]
    assert SCHEMA["description"]
    assert unexplained(SCHEMA) == []


def test_every_example_and_every_default_is_right() -> None:
    found = list(examples_and_defaults(SCHEMA))
    for place, schema, value in found:
        assert [error.message for error in Draft202012Validator(schema).iter_errors(value)] == [], f"{place}: {value}"
    assert len(found) > len(EXAMPLES)


@pytest.mark.parametrize(
    "document", [*EXAMPLES, json.loads(SEED_JSON)], ids=["whole", "by name", "asset", "names", "seed"]
)
def test_every_accepted_shape_and_its_normal_form_are_right(document: object) -> None:
    normal = [asset.model_dump(mode="json") for asset in parse_watchlist(document, origin="example")]
    for one in (document, normal, {"assets": normal}):
        assert told(one) == []


@given(assets())
@settings(max_examples=40, deadline=None)
def test_any_normal_form_is_right(asset: AssetConfig) -> None:
    normal = asset.model_dump(mode="json")
    by_symbol = {key: value for key, value in normal.items() if key != "symbol"}
    for one in (normal, [normal], {"assets": {"B": by_symbol}}):
        assert told(one) == []


def test_comments_may_stand_in_any_object() -> None:
    noted = {
        "$comment": "all",
        "$schema": "watchlist.schema.json",
        "providers": {"$comment": "one", "x": {"$comment": "?", "session": {"$comment": "!", "zone": "UTC"}}},
        "timeframes": {"$comment": "one", "5m": {"$comment": "short"}},
        "consensus": {"$comment": "on", "windows": {"$comment": "none"}, "weights": {"$comment": "none"}},
        "assets": {"$comment": "one", "B": {"$comment": "it"}},
    }
    assert told(noted) == []
    assert len(parse_watchlist(noted, origin="noted")) == 1


ZONED: dict[str, Any] = {"zone": "UTC"}
BROKEN: dict[str, object] = {
    "a number": 5,
    "no asset": [],
    "nothing": {},
    "unknown key": {"assets": ["B"], "asets": []},
    "no symbol": [{"enabled": True}],
    "symbol with a blank": ["a b"],
    "symbol of another type": {"symbol": 5},
    "not a timeframe": [{"symbol": "B", "timeframes": ["5q"]}],
    "unknown style": [{"symbol": "B", "timeframes": {"5m": {"trading_style": "scalp"}}}],
    "unknown method": [{"symbol": "B", "timeframes": {"5m": {"aggregation_method": "mean"}}}],
    "timeframe that is a text": [{"symbol": "B", "timeframes": {"5m": "day"}}],
    "buffer too small": [{"symbol": "B", "timeframes": [{"name": "5m", "buffer_size": 1}]}],
    "no time of day": {"symbol": "B", "session": {**ZONED, "opens": "25:00"}},
    "session without a zone": {"symbol": "B", "session": {"opens": "09:00"}},
    "unknown key in a session": {"symbol": "B", "session": {**ZONED, "closing": "09:00"}},
    "window of no style": {"symbol": "B", "consensus": {"windows": {"dya": {"length": "1h", "every": "1m"}}}},
    "agreement above one": {"symbol": "B", "consensus": {"minimum_agreement": 2}},
    "provider that is a text": {"providers": {"x": "1m"}, "assets": ["B"]},
}


@pytest.mark.parametrize("document", BROKEN.values(), ids=BROKEN)
def test_what_the_schema_refuses_the_loader_refuses_too(document: object) -> None:
    assert told(document)
    with pytest.raises(WatchlistFileError):
        parse_watchlist(document, origin="broken")
