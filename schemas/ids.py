"""Deterministic record ids: the same thing gets the same id in every run, on every worker."""

from hashlib import blake2b


def record_id(*parts: str) -> str:
    """128 bits of BLAKE2b over the parts, as 32 hex digits. Their lengths count, so ("ab", "c") is not ("a", "bc").

    >>> record_id("ab", "c") == record_id("a", "bc")
    False
    >>> len(record_id("signal", "macd"))
    32
    """
    return RecordIds(*parts).id()


class RecordIds:
    """The ids that share their first parts, which are worked once.

    >>> RecordIds("signal", "macd").id("entry") == record_id("signal", "macd", "entry")
    True
    """

    def __init__(self, *parts: str) -> None:
        self._begun = blake2b(_prefixed(parts), digest_size=16)

    def id(self, *parts: str) -> str:
        """The id of the shared parts and these."""
        digest = self._begun.copy()
        digest.update(_prefixed(parts))
        return digest.hexdigest()


def _prefixed(parts: tuple[str, ...]) -> bytes:
    encoded = [part.encode() for part in parts]
    return b"".join([len(part).to_bytes(4, "big") + part for part in encoded])
