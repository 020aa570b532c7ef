"""How the Kafka brokers are reached: addresses, TLS and SASL, under librdkafka's own names.

A field's name is librdkafka's property with underscores for dots, so `ssl_ca_location` is `ssl.ca.location`.
Secrets are `SecretStr`; only `kafka_client_config()` reveals them, to the client that needs them.
"""

import re
from typing import Annotated, Final, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings

_SERVER: Final = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[^\s:,/@\[\]]+):[0-9]{1,5}")

_HIGHEST_PORT: Final = 65_535

_CONNECTOR_PROPERTIES: Final = frozenset(
    {
        "acks",
        "auto.offset.reset",
        "enable.auto.commit",
        "enable.auto.offset.store",
        "enable.idempotence",
        "enable.partition.eof",
        "group.id",
        "isolation.level",
        "partitioner",
        "request.required.acks",
        "transactional.id",
    }
)
"""What the source and the sink set themselves, because the delivery guarantees rest on it."""


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


class KafkaSettings(BaseSettings):
    """The part of the settings that librdkafka gets; see `dataflows.settings.Settings` for the whole.

    Raises:
        pydantic.ValidationError: for a value out of range and for a half-specified configuration (a password without
            a user name, a certificate without its key, TLS or SASL settings that the protocol would ignore). The text
            names the field and never repeats the value.

    Source of names and meanings: librdkafka, CONFIGURATION.md.
    """

    bootstrap_servers: str = "127.0.0.1:9092"
    client_id: str = Field(default="candelabra", min_length=1, max_length=200)
    security_protocol: Annotated[Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"], BeforeValidator(_upper)] = (
        "PLAINTEXT"
    )

    sasl_mechanism: Annotated[
        Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER", "GSSAPI"] | None, BeforeValidator(_upper)
    ] = None
    sasl_username: str | None = None
    sasl_password: SecretStr | None = None
    sasl_oauthbearer_method: Literal["oidc"] | None = None
    sasl_oauthbearer_client_id: str | None = None
    sasl_oauthbearer_client_secret: SecretStr | None = None
    sasl_oauthbearer_token_endpoint_url: str | None = None
    sasl_oauthbearer_scope: str | None = None
    sasl_oauthbearer_extensions: str | None = None
    sasl_kerberos_service_name: str | None = None  # GSSAPI needs a librdkafka built with it; the PyPI wheels are not
    sasl_kerberos_principal: str | None = None
    sasl_kerberos_keytab: str | None = None

    ssl_ca_location: str | None = None
    ssl_certificate_location: str | None = None
    ssl_key_location: str | None = None
    ssl_key_password: SecretStr | None = None
    ssl_keystore_location: str | None = None
    ssl_keystore_password: SecretStr | None = None
    ssl_endpoint_identification_algorithm: Literal["https", "none"] | None = None
    enable_ssl_certificate_verification: bool | None = None

    librdkafka: dict[str, SecretStr] = Field(default_factory=dict)
    """Any other librdkafka property, as a JSON object. All values count as secrets, since any may be one."""

    @field_validator("bootstrap_servers")
    @classmethod
    def _host_and_port(cls, servers: str) -> str:
        addresses = [address.strip() for address in servers.split(",")]
        for place, address in enumerate(addresses, start=1):
            if not _SERVER.fullmatch(address) or int(address.rpartition(":")[2]) > _HIGHEST_PORT:
                raise ValueError(
                    f"address {place} of {len(addresses)} is not host:port; "
                    "expected a form like broker-1:9092,broker-2:9092"
                )
        return ",".join(addresses)

    @field_validator("librdkafka")
    @classmethod
    def _not_settled_elsewhere(cls, properties: dict[str, SecretStr]) -> dict[str, SecretStr]:
        for name in properties:
            field = name.replace(".", "_").replace("sasl_mechanisms", "sasl_mechanism")
            if field in KafkaSettings.model_fields:
                raise ValueError(f"{name!r} has a setting of its own: CANDELABRA_{field.upper()}")
            if name in _CONNECTOR_PROPERTIES:
                raise ValueError(f"{name!r} is set by the connectors, whose delivery guarantees rest on it")
        return properties

    @model_validator(mode="after")
    def _complete(self) -> Self:
        given = {name for name in KafkaSettings.model_fields if getattr(self, name) is not None}
        _refuse_what_is_ignored(self.security_protocol, given)
        _refuse_half_tls(given)
        if self.security_protocol.startswith("SASL"):
            delegated = any(name.startswith("sasl.oauthbearer.") for name in self.librdkafka)
            _refuse_half_sasl(self.sasl_mechanism, given, delegated=delegated)
        return self

    def kafka_client_config(self) -> dict[str, str | int | float | bool]:
        """The configuration for a `confluent_kafka` producer, consumer or admin client, secrets in clear.

        Only what was set is in it, so librdkafka's defaults hold for the rest. Never log or print the result.
        """
        config: dict[str, str | int | float | bool] = {}
        for name in KafkaSettings.model_fields:
            value = getattr(self, name)
            if name == "librdkafka" or value is None:
                continue
            config[name.replace("_", ".")] = value.get_secret_value() if isinstance(value, SecretStr) else value
        if self.sasl_mechanism == "OAUTHBEARER":
            config.setdefault("sasl.oauthbearer.method", "oidc")  # librdkafka's own default wants a callback
        return config | {name: value.get_secret_value() for name, value in self.librdkafka.items()}


def _refuse_what_is_ignored(protocol: str, given: set[str]) -> None:
    """Settings that the protocol does not read are a mistake somewhere: most often the protocol was forgotten."""
    sasl = sorted(name for name in given if name.startswith("sasl_"))
    if sasl and not protocol.startswith("SASL"):
        raise ValueError(
            f"{', '.join(sasl)} set, but security_protocol={protocol} does not authenticate; "
            "expected SASL_SSL (or SASL_PLAINTEXT)"
        )
    tls = sorted(name for name in given if name.startswith(("ssl_", "enable_ssl_")))
    if tls and not protocol.endswith("SSL"):
        raise ValueError(
            f"{', '.join(tls)} set, but security_protocol={protocol} does not encrypt; expected SSL or SASL_SSL"
        )


def _refuse_half_tls(given: set[str]) -> None:
    for present, missing in (
        ("ssl_certificate_location", "ssl_key_location"),
        ("ssl_key_location", "ssl_certificate_location"),
        ("ssl_key_password", "ssl_key_location"),
        ("ssl_keystore_password", "ssl_keystore_location"),
    ):
        if present in given and missing not in given:
            raise ValueError(f"{present} is set without {missing}")
    if {"ssl_certificate_location", "ssl_keystore_location"} <= given:
        raise ValueError("ssl_certificate_location and ssl_keystore_location both name a client certificate; set one")


def _refuse_half_sasl(mechanism: str | None, given: set[str], *, delegated: bool) -> None:
    """`delegated`: `librdkafka` holds bearer-token properties, so where the token comes from is settled there."""
    if mechanism is None:
        raise ValueError("security_protocol asks for SASL without sasl_mechanism; expected PLAIN, SCRAM-SHA-512, ...")
    required: tuple[str, ...]
    if mechanism == "OAUTHBEARER":
        endpoint = (
            "sasl_oauthbearer_client_id",
            "sasl_oauthbearer_client_secret",
            "sasl_oauthbearer_token_endpoint_url",
        )
        required = () if delegated else endpoint
    elif mechanism == "GSSAPI":
        required = ("sasl_kerberos_principal",) if "sasl_kerberos_keytab" in given else ()
    else:
        required = ("sasl_username", "sasl_password")
    missing = [name for name in required if name not in given]
    if missing:
        raise ValueError(f"sasl_mechanism={mechanism} needs {' and '.join(missing)}")
