"""A client of the Confluent schema registry's REST interface, as far as the wire format needs it."""

import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from pydantic import SecretStr

from dataflows.errors import CandelabraError

MISSING_FOR_S = 60.0
"""An id that the registry does not know is not asked for again within this time: garbage must not become a flood."""

MAX_MISSING = 10_000
_CONTENT_TYPE = "application/vnd.schemaregistry.v1+json"
_SCHEMA_NOT_FOUND = 40403
_CAUSES: dict[int, str] = {
    401: "it does not accept the user name and password",
    403: "this user may not do that",
    409: "the schema is incompatible with the one registered under this name",
    422: "it takes the schema for invalid",
}


class RegistryError(CandelabraError):
    """The registry cannot be asked, or refuses: a fault of the deployment, not of a record. Holds no credentials."""


class UnknownSchemaIdError(RegistryError, LookupError):
    """The registry answers, and has no schema with this id."""


class SchemaRegistry:
    """Registers schemas and finds them by id; each answer is asked for once and kept.

    ``url`` is the registry's address without credentials; ``username`` and ``password`` (HTTP Basic) go together or not
    at all. ``ca`` is a PEM file with the authorities that may vouch for it. ``timeout_s`` bounds each request.
    ``clock`` counts seconds, and serves only to forget that an id was missing. ValueError where these do not fit.
    """

    def __init__(  # noqa: PLR0913  # named, and each with a default
        self,
        url: str,
        *,
        username: str | None = None,
        password: SecretStr | None = None,
        ca: Path | None = None,
        timeout_s: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if "@" in url:  # also where a slash in the password hides it from a parser; so the URL is not repeated here
            raise ValueError("registry URL: expected no credentials in it; give user name and password on their own")
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"registry URL: expected one such as https://registry:8081, got {url[:200]!r}")
        if (username is None) != (password is None):
            raise ValueError("registry: expected both a user name and a password, or neither; one of them is missing")
        self._url = url.rstrip("/")
        self._clock = clock
        self._http = httpx.Client(
            auth=None if username is None or password is None else (username, password.get_secret_value()),
            verify=True if ca is None else ssl.create_default_context(cafile=ca),
            timeout=timeout_s,
            headers={"Accept": f"{_CONTENT_TYPE}, application/json"},
        )
        self._ids: dict[tuple[str, str], int] = {}
        self._schemas: dict[int, str] = {}
        self._missing: dict[int, float] = {}

    def register(self, subject: str, schema: str) -> int:
        """The id of the schema under the subject; registers it if it is new. RegistryError where that fails."""
        known = self._ids.get((subject, schema))
        if known is not None:
            return known
        what = f"registering {subject}"
        response = self._ask("POST", f"/subjects/{quote(subject, safe='')}/versions", what, {"schema": schema})
        schema_id = self._answer(response, what).get("id")
        if isinstance(schema_id, bool) or not isinstance(schema_id, int) or not 0 <= schema_id < 2**32:
            raise self._error(what, f"expected an id, got {str(schema_id)[:80]!r}")
        self._ids[subject, schema] = schema_id
        return schema_id

    def schema(self, schema_id: int) -> str:
        """The text of the schema with this id. UnknownSchemaIdError (a LookupError) where there is none."""
        text = self._schemas.get(schema_id)
        if text is not None:
            return text
        what = f"looking up schema {schema_id}"
        if self._clock() < self._missing.get(schema_id, float("-inf")):
            raise UnknownSchemaIdError(f"schema registry at {self._url}: {what}: there is none")
        response = self._ask("GET", f"/schemas/ids/{schema_id}", what)
        if response.status_code == httpx.codes.NOT_FOUND and _body(response).get("error_code") == _SCHEMA_NOT_FOUND:
            if len(self._missing) >= MAX_MISSING:
                self._missing.clear()
            self._missing[schema_id] = self._clock() + MISSING_FOR_S
            raise UnknownSchemaIdError(f"schema registry at {self._url}: {what}: there is none")
        answer = self._answer(response, what)
        text, kind = answer.get("schema"), answer.get("schemaType", "AVRO")
        if not isinstance(text, str):
            raise self._error(what, "expected a schema, got none")
        # A Protobuf or JSON schema is an answer too: the codec will find that it is no Avro, and refuse the record.
        self._schemas[schema_id] = text if kind == "AVRO" else f"not Avro but {str(kind)[:40]}"
        return self._schemas[schema_id]

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _ask(self, method: str, path: str, what: str, body: dict[str, str] | None = None) -> httpx.Response:
        headers = {"Content-Type": _CONTENT_TYPE} if body else None
        try:
            return self._http.request(method, f"{self._url}{path}", json=body, headers=headers)
        except httpx.TimeoutException as error:
            raise self._error(what, "no answer in time; is it overloaded, or does a firewall drop it?") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._error(what, f"it cannot be reached ({error}); is the address right, and is it up?") from error

    def _answer(self, response: httpx.Response, what: str) -> dict[str, Any]:
        body = _body(response)
        if response.is_success and body:
            return body
        cause = _CAUSES.get(response.status_code, "is this the address of a schema registry?")
        message = body.get("message")
        said = f"; it says: {message[:200]}" if isinstance(message, str) and message else ""
        raise self._error(what, f"HTTP {response.status_code}: {cause}{said}")

    def _error(self, what: str, cause: str) -> RegistryError:
        return RegistryError(f"schema registry at {self._url}: {what}: {cause}")


def _body(response: httpx.Response) -> dict[str, Any]:
    """The JSON object in the response, empty where there is none."""
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
