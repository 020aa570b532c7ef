"""Alerts: of the engine and of rules, of this release and of the one before."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from schemas.alert import Alert, AlertKind, at_least, rule_alert_id
from schemas.avro import schema_text
from schemas.avro.known import current_schema
from schemas.avro.schema import parse_avro_schema
from schemas.codec import Codec
from schemas.framing import SingleObject
from schemas.ids import record_id
from tests.schemas.avro_by_hand import NULL, double, long, single_object, some, string

OLDER = "alert_without_rules"
TIME = datetime(1970, 1, 1, 0, 1, tzinfo=UTC)
OLD_BODY = (
    string("0" * 32)
    + string("gap")
    + string("warning")
    + string("BTCUSDT")
    + string("1m")
    + NULL
    + long(60_000)
    + string("gone")
)


def by_rule(**more: object) -> Alert:
    fields = {
        "id": "1" * 32,
        "kind": "rule",
        "severity": "error",
        "event_time": TIME,
        "message": "too deep",
        "rule": "deep",
        "source": "macd|BTCUSDT|1h",
        "state": "firing",
    }
    return Alert.model_validate({**fields, **more})


def test_what_was_written_before_is_of_no_rule() -> None:
    payload = single_object(parse_avro_schema(schema_text(OLDER)).canonical, OLD_BODY)
    found = Codec(SingleObject()).decode(payload, Alert)
    assert (found.kind, found.symbol, found.timeframe, found.strategy) == ("gap", "BTCUSDT", "1m", None)
    assert (found.rule, found.state, found.figures) == (None, None, {})
    assert found.key == "BTCUSDT|1m"


def test_bytes_of_an_alert_by_a_rule_are_the_specifications() -> None:
    alert = by_rule(strategy="macd", metric="performance.drawdown", value=0.5, threshold=0.25, figures={"bars": 2.0})
    body = string("1" * 32) + string("rule") + string("error") + NULL + NULL + some(string("macd")) + long(60_000)
    body += string("too deep") + NULL + some(string("deep")) + some(string("macd|BTCUSDT|1h")) + some(string("firing"))
    body += some(string("performance.drawdown")) + some(double(0.5)) + some(double(0.25))
    body += long(1) + string("bars") + double(2.0) + long(0)
    assert Codec(SingleObject()).encode(alert) == single_object(current_schema(Alert).canonical, body)


def test_a_rules_key_is_the_rule_and_its_source_and_never_one_of_the_engines() -> None:
    assert by_rule().key == "rule:deep|macd|BTCUSDT|1h"
    assert by_rule(source="127.0.0.1:8600").key == "rule:deep|127.0.0.1:8600"


def test_a_portfolios_alert_has_its_key() -> None:
    alert = Alert(id="0" * 32, kind="kill_switch", severity="error", event_time=TIME, message="", portfolio="main")
    assert alert.key == "portfolio:main"


def test_an_alert_is_of_something() -> None:
    with pytest.raises(ValidationError, match="expected a symbol and a timeframe, a portfolio or a rule, got none"):
        Alert(id="0" * 32, kind="gap", severity="error", event_time=TIME, message="")
    with pytest.raises(ValidationError, match="expected rule, source and state, or none of them, got some"):
        by_rule(state=None)


def test_ids_are_of_rule_source_state_time_and_number() -> None:
    assert rule_alert_id("deep", "a", "firing", 7) == record_id("rule-alert", "deep", "a", "firing", "7", "0")
    ids = {rule_alert_id("deep", "a", state, 7, number) for state in ("firing", "resolved") for number in (0, 1)}
    assert len(ids) == 4


@pytest.mark.parametrize("kind", ["refusal", "kill_switch"])
def test_the_engines_later_kinds_need_a_series_as_the_others_do(kind: AlertKind) -> None:
    alert = Alert(id="0" * 32, kind=kind, severity="warning", symbol="B", timeframe="1m", event_time=TIME, message="")
    assert alert.key == "B|1m"


def test_severities_are_ordered() -> None:
    assert at_least("warning", "warning")
    assert at_least("error", "info")
    assert not at_least("info", "error")
