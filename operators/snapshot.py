"""What every snapshot has in common: primitives, a schema version, and a fingerprint of the parameters."""

import json
from collections.abc import Mapping
from hashlib import blake2b


class SnapshotRefused(ValueError):
    """A snapshot that cannot be gone on from. The text says of what, what was expected and what was found."""


def fingerprint(parameters: object) -> str:
    """16 hex digits that differ where anything in ``parameters`` does: primitives, lists and dicts with string keys.

    >>> fingerprint({"a": 1, "b": [2.5]}) == fingerprint({"b": [2.5], "a": 1})
    True
    >>> fingerprint({"a": 1}) == fingerprint({"a": 2})
    False
    """
    text = json.dumps(parameters, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return blake2b(text.encode(), digest_size=8).hexdigest()


def check_parameters(what: str, found: Mapping[str, object], expected: Mapping[str, object]) -> None:
    """Refuse a snapshot that was made with other parameters, by the name of each.

    Raises:
        SnapshotRefused: any differs, is missing or is new.

    >>> check_parameters("market of BTC", {"history_bars": 64}, {"history_bars": 1024})
    Traceback (most recent call last):
    ...
    operators.snapshot.SnapshotRefused: market of BTC: made with history_bars 64, expected 1024
    """
    names = [name for name in {**expected, **found} if found.get(name) != expected.get(name)]
    if names:
        told = "; ".join(f"made with {name} {found.get(name)}, expected {expected.get(name)}" for name in names)
        raise SnapshotRefused(f"{what}: {told}")


def check_version(what: str, found: object, expected: int) -> None:
    """Refuse a snapshot of a schema version that cannot be read.

    Raises:
        SnapshotRefused: it is another one.
    """
    if found != expected:
        raise SnapshotRefused(f"{what}: schema version {found}, expected {expected}")
