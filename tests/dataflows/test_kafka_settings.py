"""What librdkafka gets: its own names, its own judgement, and nothing that was not set."""

from typing import Any

import pytest
from confluent_kafka import KafkaException, Producer

from dataflows.settings import Settings, load


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"CANDELABRA_{name.upper()}", raising=False)


PASSWORD = {"security_protocol": "sasl_ssl", "sasl_username": "ada", "sasl_password": "hush"}
BEARER = {
    "security_protocol": "SASL_SSL",
    "sasl_mechanism": "OAUTHBEARER",
    "sasl_oauthbearer_client_id": "candelabra",
    "sasl_oauthbearer_client_secret": "hush",
    "sasl_oauthbearer_token_endpoint_url": "https://127.0.0.1:1/token",
    "sasl_oauthbearer_scope": "trade",
    "sasl_oauthbearer_extensions": "tenant=blue",
}


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({}, id="plaintext"),
        pytest.param(
            {
                "security_protocol": "SSL",
                "ssl_endpoint_identification_algorithm": "https",
                "enable_ssl_certificate_verification": True,
            },
            id="tls",
        ),
        pytest.param(PASSWORD | {"sasl_mechanism": "plain"}, id="plain"),
        pytest.param(PASSWORD | {"sasl_mechanism": "scram-sha-256"}, id="scram-256"),
        pytest.param(PASSWORD | {"sasl_mechanism": "SCRAM-SHA-512"}, id="scram-512"),
        pytest.param(BEARER, id="bearer"),
        pytest.param({"librdkafka": {"socket.keepalive.enable": "true", "linger.ms": "5"}}, id="others"),
    ],
)
def test_librdkafka_accepts_the_configuration(given: dict[str, Any]) -> None:
    config = load(**given).kafka_client_config()
    assert isinstance(Producer(config | {"log_level": 0}), Producer)


def test_librdkafka_judges_when_the_client_is_made() -> None:
    config = load(librdkafka={"linger.millis": "5"}).kafka_client_config()
    with pytest.raises(KafkaException, match="No such configuration property"):
        Producer(config | {"log_level": 0})


def test_secrets_reach_the_client_under_librdkafkas_names() -> None:
    config = load(**BEARER).kafka_client_config()
    assert config["sasl.oauthbearer.client.secret"] == "hush"
    assert config["sasl.oauthbearer.method"] == "oidc"
    assert config["sasl.mechanism"] == "OAUTHBEARER"


def test_tls_settings_map_name_by_name() -> None:
    config = load(
        security_protocol="SSL",
        ssl_ca_location="ca.pem",
        ssl_certificate_location="me.pem",
        ssl_key_location="me.key",
        ssl_key_password="hush",
        enable_ssl_certificate_verification=False,
    ).kafka_client_config()
    assert config == {
        "bootstrap.servers": "127.0.0.1:9092",
        "client.id": "candelabra",
        "security.protocol": "SSL",
        "ssl.ca.location": "ca.pem",
        "ssl.certificate.location": "me.pem",
        "ssl.key.location": "me.key",
        "ssl.key.password": "hush",
        "enable.ssl.certificate.verification": False,
    }


def test_a_token_that_comes_from_elsewhere_needs_no_client_secret() -> None:
    config = load(
        security_protocol="SASL_SSL",
        sasl_mechanism="OAUTHBEARER",
        librdkafka={"sasl.oauthbearer.metadata.authentication.type": "azure_imds"},
    ).kafka_client_config()
    assert config["sasl.oauthbearer.metadata.authentication.type"] == "azure_imds"


def test_several_brokers_and_an_ipv6_address_are_kept_in_order() -> None:
    settings = load(bootstrap_servers="b-1.example:9092, [::1]:9093")
    assert settings.bootstrap_servers == "b-1.example:9092,[::1]:9093"
