"""A file of alert rules, or of reference figures, as people write it: every mistake told at once with its place."""

import json
from collections.abc import Mapping
from typing import Final, TypeVar

from pydantic import ValidationError

from schemas.alert_reference import ReferenceFile
from schemas.alert_rule import AlertRules
from schemas.document_kind import of_another_kind
from schemas.json_value import kind_in_json
from schemas.known_keys import known_keys
from schemas.problems import DocumentError, Problem
from schemas.record import Record
from schemas.strategy_draft import Draft, Location
from schemas.strategy_text import read_document, usable_numbers
from schemas.validation_problems import tell

MAX_RULES_BYTES: Final = 1_048_576

WRITTEN_AS: Final = {"held_for": "for"}
"""Fields whose key in a file Python keeps for itself."""

R = TypeVar("R", bound=Record)


class AlertRuleFileError(DocumentError):
    """A file of alert rules cannot be used."""


class ReferenceFileError(DocumentError):
    """A file of reference figures cannot be used."""


def load_alert_rules(content: bytes, *, origin: str) -> AlertRules:
    """The rules in a file's bytes; AlertRuleFileError lists everything that is wrong with them.

    >>> text = b'{"rules": [{"id": "deep", "type": "metric", "figure": "performance.drawdown", "above": 0.1}]}'
    >>> load_alert_rules(text, origin="rules.json").rules[0].severity
    'warning'
    """
    document = read_document(content, origin=origin, most_bytes=MAX_RULES_BYTES, error_type=AlertRuleFileError)
    return parse_alert_rules(document, origin=origin)


def parse_alert_rules(document: object, *, origin: str) -> AlertRules:
    """The rules in a decoded JSON document of bounded depth: an object with ``rules``, or a list of them."""
    whole = {"rules": document} if isinstance(document, list) else document
    try:
        return _parsed(whole, AlertRules, AlertRuleFileError, origin)
    except AlertRuleFileError as error:
        raise of_another_kind(document, "file of alert rules", error) from None


def load_reference(content: bytes, *, origin: str) -> ReferenceFile:
    """The reference figures in a file's bytes; ReferenceFileError lists everything that is wrong with them."""
    document = read_document(content, origin=origin, most_bytes=MAX_RULES_BYTES, error_type=ReferenceFileError)
    return _parsed(document, ReferenceFile, ReferenceFileError, origin)


def _parsed(document: object, kind: type[R], error_type: type[DocumentError], origin: str) -> R:
    if not isinstance(document, Mapping):
        raise error_type(origin, [Problem("", f"expected a JSON object, got {kind_in_json(document)}")])
    draft = Draft()
    unusable: list[Problem] = []
    usable = {
        str(key): usable_numbers(value, unusable, str(key)) for key, value in document.items() if key != "$schema"
    }
    for problem in unusable:
        draft.refuse(problem.where, problem.message)
    draft.document = known_keys({key: _fields(one, (key,), draft) for key, one in usable.items()}, kind, draft)
    found = None
    try:
        found = kind.model_validate_json(json.dumps(draft.document))
    except ValidationError as error:
        tell(error, draft)
    if found is None or draft.problems:
        raise error_type(origin, draft.problems)
    return found


def _fields(value: object, location: Location, draft: Draft) -> object:
    """Keys as fields are named, where they cannot be named alike."""
    if isinstance(value, list):
        return [_fields(one, (*location, index), draft) for index, one in enumerate(value)]
    if not isinstance(value, Mapping):
        return value
    renamed = {}
    for key, one in value.items():
        field = next((name for name, written in WRITTEN_AS.items() if written == key), key)
        if field != key:
            draft.written((*location, field), ".".join(map(str, (*location, key))))
        renamed[field] = one
    return renamed
