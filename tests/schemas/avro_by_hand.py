"""Avro's binary encoding and fingerprint, written down from the specification alone: the reference for golden bytes."""

import struct

EMPTY_CRC = 0xC15D213AA4D7A795


def crc_64_avro(text: str) -> int:
    """The Rabin fingerprint of a canonical form. Source: Avro 1.11 specification, "Schema fingerprints"."""
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ (EMPTY_CRC if value & 1 else 0)
        table.append(value)
    crc = EMPTY_CRC
    for byte in text.encode():
        crc = (crc >> 8) ^ table[(crc ^ byte) & 0xFF]
    return crc


def long(number: int) -> bytes:
    """Zig-zag, then seven bits to a byte, the lowest first, the eighth bit set on all but the last."""
    left = 2 * number if number >= 0 else -2 * number - 1
    out = []
    while left > 127:
        out.append(left % 128 + 128)
        left //= 128
    return bytes([*out, left])


def string(text: str | bytes) -> bytes:
    """The length in bytes, and the bytes (UTF-8)."""
    encoded = text if isinstance(text, bytes) else text.encode()
    return long(len(encoded)) + encoded


def double(number: float) -> bytes:
    """IEEE 754, little-endian."""
    return struct.pack("<d", number)


def some(encoded: bytes) -> bytes:
    """The second branch of ["null", T]."""
    return long(1) + encoded


NULL = long(0)
"""The first branch of ["null", T]."""

TRUE = b"\x01"
FALSE = b"\x00"


def single_object(canonical: str, body: bytes) -> bytes:
    """The marker C3 01, the fingerprint in 8 little-endian bytes, the body."""
    return b"\xc3\x01" + crc_64_avro(canonical).to_bytes(8, "little") + body


def confluent(schema_id: int, body: bytes) -> bytes:
    """The magic byte 0, the schema's id in 4 big-endian bytes, the body."""
    return struct.pack(">bI", 0, schema_id) + body
