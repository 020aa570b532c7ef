"""Settings: precedence, bounds, half-specified configurations, and what a person gets to read."""

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from dataflows.settings import Settings, SettingsError, load


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No CANDELABRA_* variable and no .env of the person who runs the tests."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"CANDELABRA_{name.upper()}", raising=False)


def test_defaults_reach_a_broker_on_this_machine_in_clear() -> None:
    assert Settings().kafka_client_config() == {
        "bootstrap.servers": "127.0.0.1:9092",
        "client.id": "candelabra",
        "security.protocol": "PLAINTEXT",
    }


def test_a_flag_wins_over_the_environment_and_the_environment_over_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("CANDELABRA_PARTITIONS=2\nCANDELABRA_HISTORY_BARS=200\nCANDELABRA_TOPIC_PREFIX=f.\n")
    monkeypatch.setenv("CANDELABRA_PARTITIONS", "3")
    monkeypatch.setenv("CANDELABRA_HISTORY_BARS", "300")
    settings = load(partitions=5, history_bars=None)
    assert (settings.partitions, settings.history_bars, settings.topic_prefix) == (5, 300, "f.")


def test_an_empty_variable_means_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANDELABRA_SASL_PASSWORD", "")
    assert Settings().sasl_password is None


def test_settings_cannot_be_changed_after_they_were_checked() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().partitions = 9


@pytest.mark.parametrize("where", ["the environment", ".env"])
def test_a_misspelt_variable_is_refused_with_the_nearest_name(
    where: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if where == ".env":
        (tmp_path / ".env").write_text("CANDELABRA_BOOTSTRAP_SERVER=x:1\n")
    else:
        monkeypatch.setenv("CANDELABRA_BOOTSTRAP_SERVER", "x:1")
    expected = f"CANDELABRA_BOOTSTRAP_SERVER in {where} is not a setting; did you mean CANDELABRA_BOOTSTRAP_SERVERS?"
    with pytest.raises(SettingsError, match=expected.replace("?", r"\?")):
        Settings()


def test_variables_of_other_programs_and_switches_of_the_tests_are_left_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("POSTGRES_PASSWORD=x\nCANDELABRA_REQUIRE_BROWSER=1\nCANDELABRA_PARTITIONS=7\n")
    monkeypatch.setenv("CANDELABRA_REQUIRE_KAFKA", "1")
    assert Settings().partitions == 7


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("partitions", "0"),
        ("replication_factor", "0"),
        ("epoch_seconds", "0"),
        ("epoch_seconds", "61"),
        ("epoch_seconds", "nan"),
        ("history_bars", "63"),
        ("gap_tolerance_bars", "-1"),
        ("max_clock_skew_seconds", "-1"),
        ("max_record_bytes", "10"),
        ("dashboard_port", "65536"),
        ("timeframes", ",".join(f"{number}m" for number in range(1, 34))),
        ("topic_prefix", "no spaces"),
        ("security_protocol", "TLS"),
        ("bootstrap_servers", "broker"),
        ("bootstrap_servers", "broker:70000"),
        ("bootstrap_servers", "a:1,,b:2"),
        ("registry_url", "registry:8081"),
        ("registry_url", "https://"),
        ("librdkafka", "not json"),
    ],
)
def test_a_value_out_of_bounds_is_refused_by_its_variables_name(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"CANDELABRA_{name.upper()}", value)
    with pytest.raises(SettingsError, match=rf"(?i){name}"):
        load()


def test_timeframes_are_a_list_with_commas_and_come_shortest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANDELABRA_TIMEFRAMES", "1d, 5m,1h")
    settings = load()
    assert settings.timeframes == ("5m", "1h", "1d")
    assert settings.describe()["CANDELABRA_TIMEFRAMES"] == "5m,1h,1d"
    assert load(timeframes=("1w", "1d")).timeframes == ("1d", "1w")


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ("5m,1hour", "no. 2 is no timeframe; expected a list such as 5m,15m,1h,4h,1d"),
        ("5m,,1h", "no. 2 is no timeframe"),
        ("1h,5m,60m", "no. 3 is as long as another one"),
    ],
)
def test_a_list_of_timeframes_is_refused_by_the_place_of_the_wrong_one(
    value: str, complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANDELABRA_TIMEFRAMES", value)
    with pytest.raises(SettingsError, match=rf"CANDELABRA_TIMEFRAMES: {re.escape(complaint)}"):
        load()


def test_every_fault_is_listed_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        load(partitions=0, history_bars=1)
    assert "CANDELABRA_PARTITIONS: " in str(caught.value)
    assert "CANDELABRA_HISTORY_BARS: " in str(caught.value)


def test_an_unknown_flag_is_refused() -> None:
    with pytest.raises(SettingsError, match="CANDELABRA_PARTITION: Extra inputs are not permitted"):
        load(partition=1)


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"sasl_username": "ada", "sasl_password": "x"}, "PLAINTEXT does not authenticate; expected SASL_SSL"),
        ({"ssl_ca_location": "ca.pem"}, "PLAINTEXT does not encrypt; expected SSL or SASL_SSL"),
        ({"security_protocol": "SASL_SSL"}, "asks for SASL without sasl_mechanism"),
        ({"security_protocol": "SASL_SSL", "sasl_mechanism": "PLAIN"}, "PLAIN needs sasl_username and sasl_password"),
        (
            {"security_protocol": "SASL_SSL", "sasl_mechanism": "SCRAM-SHA-512", "sasl_username": "ada"},
            "SCRAM-SHA-512 needs sasl_password",
        ),
        (
            {"security_protocol": "SASL_SSL", "sasl_mechanism": "OAUTHBEARER", "sasl_oauthbearer_client_id": "c"},
            "OAUTHBEARER needs sasl_oauthbearer_client_secret and sasl_oauthbearer_token_endpoint_url",
        ),
        (
            {"security_protocol": "SASL_SSL", "sasl_mechanism": "GSSAPI", "sasl_kerberos_keytab": "k"},
            "GSSAPI needs sasl_kerberos_principal",
        ),
        ({"security_protocol": "SSL", "ssl_certificate_location": "c"}, "is set without ssl_key_location"),
        ({"security_protocol": "SSL", "ssl_key_location": "k"}, "is set without ssl_certificate_location"),
        ({"security_protocol": "SSL", "ssl_key_password": "p"}, "ssl_key_password is set without ssl_key_location"),
        ({"security_protocol": "SSL", "ssl_keystore_password": "p"}, "is set without ssl_keystore_location"),
        (
            {
                "security_protocol": "SSL",
                "ssl_certificate_location": "c",
                "ssl_key_location": "k",
                "ssl_keystore_location": "s",
            },
            "both name a client certificate; set one",
        ),
        ({"registry_url": "http://r:1", "registry_username": "ada"}, "registry_password belong together"),
        ({"registry_username": "ada", "registry_password": "x"}, "registry_username is set without registry_url"),
        ({"registry_ca": "ca.pem"}, "registry_ca is set without registry_url"),
        ({"registry_url": "http://ada:x@r:1"}, "use registry_username and registry_password"),
        ({"librdkafka": {"sasl.password": "x"}}, "has a setting of its own: CANDELABRA_SASL_PASSWORD"),
        ({"librdkafka": {"sasl.mechanisms": "x"}}, "has a setting of its own: CANDELABRA_SASL_MECHANISM"),
        ({"librdkafka": {"enable.idempotence": "false"}}, "is set by the connectors"),
    ],
)
def test_a_half_specified_configuration_is_refused(given: dict[str, object], complaint: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(**given)
    assert complaint in str(caught.value)


def test_description_names_every_variable_once() -> None:
    described = load(security_protocol="SSL", librdkafka={"linger.ms": "5"}).describe()
    assert set(described) == {f"CANDELABRA_{name.upper()}" for name in Settings.model_fields}
    assert described["CANDELABRA_SECURITY_PROTOCOL"] == "SSL"
    assert described["CANDELABRA_SASL_PASSWORD"] == "not set"
    assert described["CANDELABRA_LIBRDKAFKA"] == "linger.ms (values hidden)"
