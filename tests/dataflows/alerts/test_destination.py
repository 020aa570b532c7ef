"""Addresses of destinations: taken by apprise, never shown."""

from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from dataflows.alerts.destination import DestinationInvalid, body_of, destinations_of, title_of, tone_of
from dataflows.settings import load
from schemas.alert import Alert
from tests.dataflows.alerts.webhook import webhook

TIME = datetime(2025, 1, 1, tzinfo=UTC)
GAP = Alert(id="0" * 32, kind="gap", severity="warning", symbol="B", timeframe="1m", event_time=TIME, message="gone")


def test_no_setting_is_nobody() -> None:
    assert destinations_of(None) == []
    assert destinations_of(SecretStr("  \n ")) == []


def test_a_webhook_gets_title_and_body() -> None:
    with webhook() as hook:
        (place,) = destinations_of(SecretStr(hook.url))
        assert place.send("a title", "a body", "failure") is True
        hook.status = 500
        assert place.send("another", "a body", "info") is False
    assert [(one["title"], one["message"], one["type"]) for one in hook.received] == [("a title", "a body", "failure")]


def test_addresses_are_named_by_number_and_kind_alone(caplog: pytest.LogCaptureFixture) -> None:
    found = destinations_of(SecretStr("json://user:hush@127.0.0.1:1/token  tgram://123456789:AAAAhush/99/"))
    assert [one.name for one in found] == ["destination 1 (json)", "destination 2 (tgram)"]
    assert found[0].send("a", "b", "info") is False
    assert "hush" not in caplog.text


@pytest.mark.parametrize(
    ("url", "kind"), [("nowhere://hush/secret", "nowhere"), ("hush:secret", "?"), ("json://", "json")]
)
def test_what_is_no_address_is_refused_without_being_shown(url: str, kind: str) -> None:
    with pytest.raises(DestinationInvalid) as caught:
        destinations_of(SecretStr(f"json://127.0.0.1 {url}"))
    assert f"no. 2 ({kind}://...) is no address that apprise can send to" in str(caught.value)
    assert "hush" not in str(caught.value)


def test_the_setting_is_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANDELABRA_NOTIFY_URLS", "json://user:hush@host")
    settings = load()
    assert "hush" not in repr(settings)
    assert settings.notify_urls is not None
    assert settings.notify_urls.get_secret_value() == "json://user:hush@host"


def test_titles_bodies_and_tones() -> None:
    assert title_of(GAP) == "[warning] gap: B|1m"
    assert body_of(GAP) == f"gone\n2025-01-01T00:00:00+00:00  {'0' * 32}"
    assert tone_of(GAP) == "warning"
    fields = {"kind": "resolved", "rule": "deep", "source": "w:1", "state": "resolved", "severity": "error"}
    over = Alert.model_validate({**GAP.model_dump(), **fields})
    assert (title_of(over), tone_of(over)) == ("[error] deep resolved: w:1", "success")
