"""What can be read of a letter's bytes."""

from dataclasses import dataclass

from schemas.avro.readable import Readable, readable
from schemas.dead_letter import DeadLetter
from schemas.decode_error import DecodeError
from schemas.framing import Framing

BYTES_A_LINE = 16
_PRINTABLE = range(0x20, 0x7F)


@dataclass(frozen=True, slots=True)
class Contents:
    """The schema that the bytes name, and the fields that they hold by it; ``problem`` says why none is known."""

    schema: str = ""
    problem: str = ""
    read: Readable | None = None

    @property
    def words(self) -> str:
        """How far they can be read, in a line."""
        if self.read is None:
            return self.problem
        fields = len(self.read.fields)
        if self.read.unread:
            return f"{self.schema}: {fields} fields can be read, and then {self.read.unread} cannot"
        if self.read.left_over:
            return f"{self.schema}: all {fields} fields can be read, and {self.read.left_over:,} bytes are left over"
        return f"{self.schema}: all {fields} fields can be read"


def contents(letter: DeadLetter, framing: Framing) -> Contents:
    """Look into the bytes by the schema that they name. What a registry raises that cannot be asked passes through."""
    if not letter.value:
        return Contents(problem="there are no bytes")
    try:
        schema = framing.writer_schema(letter.value)
    except DecodeError as error:
        return Contents(problem=str(error))
    return Contents(schema.name, read=readable(schema, letter.value, framing.header_size))


def hex_dump(data: bytes, most: int) -> list[str]:
    """The first ``most`` bytes, sixteen to a line: offset, hexadecimal, and what of it is printable ASCII.

    >>> hex_dump(b"candles!" * 3, 20)[1]
    '00000010  63 61 6e 64                                      |cand|'
    """
    lines = []
    for start in range(0, min(len(data), most), BYTES_A_LINE):
        part = data[start : min(start + BYTES_A_LINE, most)]
        halves = " ".join(f"{one:02x}" for one in part[:8]), " ".join(f"{one:02x}" for one in part[8:])
        text = "".join(chr(one) if one in _PRINTABLE else "." for one in part)
        lines.append(f"{start:08x}  {halves[0]:<23}  {halves[1]:<23} |{text}|")
    return lines
