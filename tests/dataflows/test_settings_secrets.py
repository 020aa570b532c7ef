"""A secret, whatever its text, shows up nowhere but in the client's configuration."""

import io
import json
import traceback
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError
from rich.console import Console

from dataflows.settings import Settings, SettingsError, load

SECRETS = st.text("abcdefghijklmnopqrstuvwxyz0123456789!$%&/()=?", min_size=6, max_size=30).map(
    lambda text: f"Zq7{text}"
)


@pytest.fixture(autouse=True, scope="module")
def _nothing_set(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("empty"))
        for name in Settings.model_fields:
            patch.delenv(f"CANDELABRA_{name.upper()}", raising=False)
        yield


def _holding(secret: str) -> Settings:
    return load(
        security_protocol="SASL_SSL",
        sasl_mechanism="PLAIN",
        sasl_username="ada",
        sasl_password=SecretStr(secret),
        sasl_oauthbearer_client_secret=SecretStr(secret),
        ssl_certificate_location="me.pem",
        ssl_key_location="me.key",
        ssl_key_password=SecretStr(secret),
        registry_url="https://registry.example",
        registry_username="ada",
        registry_password=SecretStr(secret),
        librdkafka={"ssl.key.pem": SecretStr(secret)},
    )


def test_every_field_that_sounds_secret_has_a_secret_type() -> None:
    sounding = {name for name in Settings.model_fields if "password" in name or name.endswith("secret")}
    assert len(sounding) >= 5
    for name in sounding:
        assert "SecretStr" in str(Settings.model_fields[name].annotation), name


@given(SECRETS)
def test_no_way_of_printing_settings_shows_a_secret(secret: str) -> None:
    settings = _holding(secret)
    screen = io.StringIO()
    Console(file=screen, width=4_000).print(settings)
    shown = [
        repr(settings),
        str(settings),
        f"{settings}",
        settings.model_dump_json(),
        repr(settings.model_dump()),
        json.dumps(settings.describe()),
        screen.getvalue(),
    ]
    assert not [text for text in shown if secret in text or json.dumps(secret)[1:-1] in text]
    assert list(settings.kafka_client_config().values()).count(secret) == 4


@given(SECRETS)
def test_no_error_shows_a_secret(secret: str) -> None:
    faults: list[dict[str, object]] = [
        {"sasl_password": secret},
        {"security_protocol": secret},
        {"partitions": secret},
        {"bootstrap_servers": secret},
        {"registry_url": f"https://ada:{secret}@registry.example"},
        {"librdkafka": {"sasl.password": secret}},
        {"librdkafka": [secret]},
        {"librdkafka": {"x": [secret]}},
    ]
    for fault in faults:
        with pytest.raises(SettingsError) as ours:
            load(**fault)
        with pytest.raises(ValidationError) as pydantics:
            Settings.model_validate(fault)
        assert secret not in "".join(traceback.format_exception(ours.value))
        assert secret not in str(pydantics.value)


def test_a_malformed_json_variable_is_refused_without_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANDELABRA_LIBRDKAFKA", '{"ssl.key.pem": "Zq7secret')
    with pytest.raises(SettingsError, match=r"librdkafka.*expected a JSON object") as caught:
        load()
    assert "Zq7secret" not in "".join(traceback.format_exception(caught.value))
