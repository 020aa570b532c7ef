"""Deterministic record ids: the same thing gets the same id in every run, on every worker."""

from hashlib import blake2b


def record_id(*parts: str) -> str:
    """128 bits of BLAKE2b over the parts, as 32 hex digits. Parts are length-prefixed, so ("ab", "c") is not ("a", "bc").

    >>> record_id("ab", "c") == record_id("a", "bc")
    False
    >>> len(record_id("signal", "macd"))
    32
    """
    digest = blake2b(digest_size=16)
    for part in parts:
        encoded = part.encode()
        digest.update(len(encoded).to_bytes(4, "big"))
        digest.update(encoded)
    return digest.hexdigest()
