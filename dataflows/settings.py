"""Everything that differs between one installation and the next, read once at the edge.

Flags come first (keyword arguments), then `CANDELABRA_*` variables, then `.env` in the working directory, then the
defaults below. Nothing further in reads the environment: settings are passed as arguments.
"""

import difflib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as SourceError

from dataflows.kafka_settings import KafkaSettings
from operators.market.parameters import DEFAULT_TIMEFRAMES
from schemas.timeframe import timeframe_ms

PREFIX: Final = "CANDELABRA_"

_WEB_ADDRESS: Final = re.compile(r"https?://(?:\[[0-9A-Fa-f:.]+\]|[^\s/:?#\[\]]+)(?::[0-9]{1,5})?(?:/[^\s?#]*)?")

_TEST_SWITCH: Final = "require_"
"""`CANDELABRA_REQUIRE_*` turn skipped tests into failures; they are switches of the test suite, not settings."""


class SettingsError(ValueError):
    """Settings that cannot be used. The text names the variables and never repeats a value."""


class Settings(KafkaSettings):
    """The settings of one process: frozen, bounded, and safe to print.

    Raises:
        pydantic.ValidationError: for a value out of bounds or a half-specified configuration; its text hides values.
        SettingsError: for a `CANDELABRA_*` name that is not a setting, in the environment or in `.env`.

    Example:
        >>> settings = Settings(security_protocol="SASL_SSL", sasl_mechanism="PLAIN",
        ...                     sasl_username="ada", sasl_password="hush")
        >>> settings.sasl_password
        SecretStr('**********')
        >>> settings.kafka_client_config()["sasl.password"]
        'hush'
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,  # `NAME=` in an .env or a compose file means "not set"
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        dotenv_filtering="only_existing",  # .env may serve other programs too; `_refuse_unknown` sees to our own names
        validate_default=True,
    )

    registry_url: str | None = None
    """Base URL of a Confluent-compatible schema registry. Without one, records use Avro's single-object encoding."""
    registry_username: str | None = None
    registry_password: SecretStr | None = None
    registry_ca: Path | None = None
    """PEM file with the authorities that may vouch for the registry."""

    topic_prefix: str = Field(default="", max_length=100, pattern=r"^[A-Za-z0-9._-]*$")
    """Stands before every topic's name, so that installations can share a cluster."""
    partitions: int = Field(default=4, ge=1, le=1024)
    replication_factor: int = Field(default=1, ge=1, le=15)

    author: str | None = Field(default=None, max_length=100)
    """Who versions and commands are said to come from; without one, the login name."""

    recovery_dir: Path | None = None
    """Where offsets and snapshots are kept. Without one, a restart begins at the start of the topics."""
    epoch_seconds: float = Field(default=10.0, ge=0.05, le=60.0)
    """Seconds between snapshots; also the longest that back-pressure lets a source run ahead."""
    history_bars: int = Field(default=1024, ge=64, le=65_536)
    """Closed candles kept for each symbol and timeframe; indicators re-anchor from them."""
    timeframes: Annotated[tuple[str, ...], NoDecode] = Field(default=DEFAULT_TIMEFRAMES, max_length=32)
    """What is kept of every symbol beside its base timeframe, separated by commas: those that its candles add up to."""
    gap_tolerance_bars: int = Field(default=0, ge=0, le=10_000)
    """Missing candles that pass without an alert."""
    max_clock_skew_seconds: float = Field(default=60.0, ge=0.0, le=86_400.0)
    """How far ahead of the clock at the edge a candle may close before it is refused as from the future."""
    max_record_bytes: int = Field(default=65_536, ge=1_024, le=16_777_216)
    """Longer records go to the dead-letter topic undecoded."""
    startup_wait_seconds: float = Field(default=120.0, ge=0.0, le=86_400.0)
    """How long `candelabra run` waits for a broker and topics that are not there yet."""
    health_host: str = Field(default="127.0.0.1", min_length=1, max_length=253)
    """Where `/metrics`, `/healthz` and `/readyz` are served, if `health_port` is set."""
    health_port: int | None = Field(default=None, ge=1, le=65_279)
    """The first worker's port for them; worker n of a cluster has the n-th after it. Without one nothing is served."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """``debug`` has a line for every candle and every signal: for looking into a case, not for a fast feed."""
    log_format: Literal["text", "json"] = "text"
    notify_urls: SecretStr | None = None
    """Where alerts are sent: apprise URLs, apart by white space. Each holds a token or a password as a rule."""
    dashboard_port: int = Field(default=8501, ge=1, le=65_535)

    @field_validator("timeframes", mode="before")
    @classmethod
    def _listed(cls, given: object) -> object:
        return tuple(part.strip() for part in given.split(",")) if isinstance(given, str) else given

    @field_validator("timeframes")
    @classmethod
    def _lengths(cls, timeframes: tuple[str, ...]) -> tuple[str, ...]:
        """Shortest first, each length once (``60m`` is ``1h``)."""
        lengths: dict[int, str] = {}
        for place, timeframe in enumerate(timeframes, 1):
            try:
                length = timeframe_ms(timeframe)
            except ValueError:
                raise ValueError(f"no. {place} is no timeframe; expected a list such as 5m,15m,1h,4h,1d") from None
            if length in lengths:
                raise ValueError(f"no. {place} is as long as another one")
            lengths[length] = timeframe
        return tuple(lengths[length] for length in sorted(lengths))

    @field_validator("registry_url")
    @classmethod
    def _web_address(cls, url: str | None) -> str | None:
        if url is None:
            return None
        if "@" in url:  # also where a password with a slash or a question mark hides it from a URL parser
            raise ValueError(
                "has credentials in it; use registry_username and registry_password, which are never shown"
            )
        if not _WEB_ADDRESS.fullmatch(url):
            raise ValueError("expected a URL such as https://registry.example:8081")
        return url.rstrip("/")

    @model_validator(mode="after")
    def _registry_complete(self) -> Self:
        if (self.registry_username is None) != (self.registry_password is None):
            raise ValueError("registry_username and registry_password belong together; one of them is missing")
        for name in ("registry_username", "registry_ca"):
            if getattr(self, name) is not None and self.registry_url is None:
                raise ValueError(f"{name} is set without registry_url")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags, environment, `.env`; a misspelt name in the last two is refused, not passed over."""
        del settings_cls, file_secret_settings
        for source, where in ((env_settings, "the environment"), (dotenv_settings, ".env")):
            if isinstance(source, EnvSettingsSource):
                _refuse_unknown(source.env_vars, where)
        return init_settings, env_settings, dotenv_settings

    def describe(self) -> dict[str, str]:
        """Every setting by its variable's name, as text for a person; a secret is only said to be set or not."""
        return {PREFIX + name.upper(): _shown(getattr(self, name)) for name in type(self).model_fields}


def load(**flags: object) -> Settings:
    """The settings, or one `SettingsError` that lists all that is wrong by the name a person would set.

    `flags` are settings by field name, and win over the environment; None means that the flag was not given.
    """
    given: dict[str, Any] = {name: value for name, value in flags.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        faults = "\n".join(f"  {_fault(detail)}" for detail in error.errors(include_input=False, include_url=False))
        raise SettingsError(f"settings cannot be used:\n{faults}") from None
    except SourceError as error:
        raise SettingsError(f"settings cannot be read: {error}; expected a JSON object") from None


def _fault(detail: Mapping[str, Any]) -> str:
    """One line for a fault; a fault that spans settings names them in its own text."""
    message = str(detail["msg"]).removeprefix("Value error, ")
    names = [str(part) for part in detail["loc"]]
    return f"{PREFIX}{'.'.join([names[0].upper(), *names[1:]])}: {message}" if names else message


def _refuse_unknown(variables: Mapping[str, str | None], where: str) -> None:
    for variable in variables:
        name = variable.lower().removeprefix(PREFIX.lower())
        if name == variable.lower() or name in Settings.model_fields or name.startswith(_TEST_SWITCH):
            continue
        nearest = difflib.get_close_matches(name, Settings.model_fields, n=1)
        hint = f"; did you mean {PREFIX}{nearest[0].upper()}?" if nearest else ""
        raise SettingsError(f"{PREFIX}{name.upper()} in {where} is not a setting{hint}")


def _shown(value: object) -> str:
    if value is None:
        return "not set"
    if isinstance(value, SecretStr):
        return "set, hidden"
    if isinstance(value, dict):
        return f"{', '.join(sorted(value))} (values hidden)" if value else "not set"
    if isinstance(value, tuple):
        return ",".join(value)
    return str(value)
