"""The codec of a deployment: which framing, by its settings."""

from pathlib import Path
from typing import Protocol

from pydantic import SecretStr

from schemas.codec import Codec
from schemas.framing import ConfluentWire, Framing, SingleObject


class CodecSettings(Protocol):
    """The settings that decide it."""

    @property
    def registry_url(self) -> str | None:
        """The schema registry's address, or None to do without one."""

    @property
    def registry_username(self) -> str | None:
        """Its user, or None where it asks for none."""

    @property
    def registry_password(self) -> SecretStr | None:
        """The user's password."""

    @property
    def registry_ca(self) -> Path | None:
        """PEM file with the authorities that may vouch for it, or None for the system's."""

    @property
    def max_record_bytes(self) -> int:
        """Longer records are refused."""


def build_codec(settings: CodecSettings) -> Codec:
    """With a registry URL the Confluent wire format, else Avro's single-object encoding. Opens no connection yet."""
    return Codec(build_framing(settings), settings.max_record_bytes)


def build_framing(settings: CodecSettings) -> Framing:
    """How a payload names its schema in this deployment. Opens no connection yet."""
    if settings.registry_url is None:
        return SingleObject()
    from dataflows.kafka.registry import SchemaRegistry  # noqa: PLC0415  # a whole HTTP client, and few have a registry

    registry = SchemaRegistry(
        settings.registry_url,
        username=settings.registry_username,
        password=settings.registry_password,
        ca=settings.registry_ca,
    )
    return ConfluentWire(registry)
