"""Which letters are meant: by reason, topic, key, time or id."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from dataflows.dead_letters.letters import StoredLetter
from dataflows.errors import CommandRefused
from schemas.dead_letter import DeadLetter, Reason
from schemas.names import did_you_mean

LEAST_ID_DIGITS = 4
LONGEST_ID = 32

MOST_LETTERS = 200_000
MOST_BYTES = 512 * 2**20


@dataclass(frozen=True)
class Selection:
    """What a letter has to be; every letter, as it stands.

    Attributes:
        ids: ids or their beginnings, of which it has one; empty for any.
        reason: why its record was refused.
        topic: where that came from, with the deployment's prefix or without.
        key: that record's key, for a candle its symbol.
        since: when the letter was written, at the earliest.
        until: when the letter was written, before this.
    """

    ids: tuple[str, ...] = ()
    reason: Reason | None = None
    topic: str | None = None
    key: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    prefix: str = ""

    @property
    def everything(self) -> bool:
        """Whether nothing is asked for in particular."""
        return not self.ids and all(one is None for one in (self.reason, self.topic, self.key, self.since, self.until))

    def admits(self, stored: StoredLetter) -> bool:
        """Whether the letter is meant."""
        letter = stored.letter
        return (
            (not self.ids or letter.id.startswith(self.ids))
            and self.reason in {None, letter.reason}
            and self.topic in {None, letter.topic, letter.topic.removeprefix(self.prefix)}
            and self.key in {None, source_key(letter)}
            and (self.since is None or stored.recorded >= self.since)
            and (self.until is None or stored.recorded < self.until)
        )


def source_key(letter: DeadLetter) -> str | None:
    """The key of the record that was refused, as text; None where it had none."""
    return None if letter.record_key is None else letter.record_key.decode("utf-8", "backslashreplace")


def chosen(found: Iterable[StoredLetter], selection: Selection) -> list[StoredLetter]:
    """The letters that are meant, by origin; of those with one id the newest. All of them are held in memory.

    Raises:
        CommandRefused: an id names none or several, or there are too many at once.
    """
    newest: dict[str, StoredLetter] = {}
    size = 0
    for one in found:
        if not selection.admits(one):
            continue
        before = newest.get(one.letter.id)
        if before is None or before < one:
            newest[one.letter.id] = one
            size += len(one.letter.value or b"")
        if len(newest) > MOST_LETTERS or size > MOST_BYTES:
            raise CommandRefused(
                f"more than {MOST_LETTERS:,} letters or {MOST_BYTES // 2**20} MB are meant: take fewer at once, by "
                "--until, --symbol or --reason"
            )
    for beginning in selection.ids:
        those = [identity for identity in newest if identity.startswith(beginning)]
        if not those:
            raise CommandRefused(f"no letter has the id {beginning!r}: `candelabra dead-letter list` shows ids")
        if len(those) > 1:
            raise CommandRefused(f"{beginning!r} begins {len(those)} ids: {', '.join(sorted(those)[:4])}: add digits")
    return sorted(newest.values(), key=lambda one: (one.letter.topic, one.letter.partition, one.letter.offset))


def reason_named(text: str) -> Reason:
    """The reason of this name, however it is written.

    >>> reason_named("Out-of-order").value
    'out_of_order'

    Raises:
        CommandRefused: there is none; names the nearest.
    """
    name = text.strip().casefold().replace("-", "_")
    try:
        return Reason(name)
    except ValueError:
        known = [one.value for one in Reason]
        raise CommandRefused(
            f"expected a reason, one of {', '.join(known)}, got {text[:80]!r}{did_you_mean(name, known)}"
        ) from None


def id_named(text: str) -> str:
    """A letter's id, or the beginning of one.

    Raises:
        CommandRefused: it is neither.
    """
    name = text.strip().casefold()
    if not LEAST_ID_DIGITS <= len(name) <= LONGEST_ID or not set(name) <= set("0123456789abcdef"):
        raise CommandRefused(
            f"expected a letter's id, or its first {LEAST_ID_DIGITS} to {LONGEST_ID} hexadecimal digits, got "
            f"{text[:80]!r}: `candelabra dead-letter list` shows ids"
        )
    return name
