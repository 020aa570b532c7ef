"""From what each symbol is told to what each partition of a feed delivers, batch by batch, as a case has it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from random import Random

from dataflows.graph import FeedItem
from dataflows.prove.case import BY_MINUTE, RANDOM_SIZES, Case
from dataflows.prove.chance import seeded
from dataflows.prove.happenings import Happening, Told
from operators.events import CandleBatch
from schemas.candle_row import CandleRow
from schemas.codec import Codec
from schemas.framing import SingleObject

HOUR_MS = 60 * 60_000
SIXTY = 60.0
LARGEST_RANDOM = 40
LONGEST_RUN = 200
PAUSED_BATCHES = 0.05
MOST_EMPTY_POLLS = 3
TOPIC = "candles"

Item = tuple[str, FeedItem]


@dataclass(frozen=True, slots=True)
class Piece:
    """What one look at a partition gives, and what passes before it.

    ``clock_s`` is how far the clocks are moved by then, ``sleep_s`` real time that is slept, ``empty`` the looks that
    find nothing.
    """

    items: Sequence[Item]
    clock_s: float = 0.0
    sleep_s: float = 0.0
    empty: int = 0


@dataclass(frozen=True)
class Plan:
    """A partition: its pieces in order, and the numbers of those before which it is stopped."""

    pieces: Sequence[Piece]
    stops: Sequence[int]


def deliver(given: Told, case: Case) -> dict[str, Plan]:
    """Each partition's plan by its name; a partition of its own has the answers to the control topic."""
    symbols = sorted(given.by_symbol)
    plans = {}
    for number in range(case.partitions):
        own = {symbol: given.by_symbol[symbol] for symbol in symbols[number :: case.partitions]}
        chance = seeded(case.seed, number)
        mixed = list(_mixed(own, case, chance))
        pieces = _paced(list(_pieces(mixed, number, case, chance)), mixed, case, chance)
        plans[str(number)] = Plan(pieces, _stops(pieces, case, chance))
    answers: list[Piece] = [Piece([(answer.key, answer)]) for answer in given.answers]
    plans["control"] = Plan(answers, _stops(answers, case, seeded(case.seed)))
    return plans


def _mixed(by_symbol: dict[str, list[Happening]], case: Case, chance: Random) -> Iterator[Happening]:
    """The happenings of several symbols in one order, which for each of them is its own."""
    if case.order == "time":
        yield from sorted((one for each in by_symbol.values() for one in each), key=lambda one: one.place)
        return
    left = {symbol: iter(each) for symbol, each in by_symbol.items()}
    while left:
        symbol = chance.choice(list(left))
        run = chance.randint(1, LONGEST_RUN) if case.order == "random" else -1
        for one in left[symbol]:
            yield one
            run -= 1
            if run == 0:
                break
        else:
            del left[symbol]


def _pieces(mixed: list[Happening], partition: int, case: Case, chance: Random) -> Iterator[tuple[int, list[Item]]]:
    """Cut into batches: the event time at the end of each, and what the graph is given."""
    encode = Codec(SingleObject()).encode_candle_row
    offset = 0
    for cut in _cut(mixed, case, chance):
        items: list[Item] = []
        columns: dict[str, tuple[list[CandleRow], list[int], list[bytes | None]]] = {}
        for one in cut:
            event = one.event
            if not isinstance(event, tuple):
                columns.pop(event.symbol, None)  # what comes after a command is another batch
                items.append((event.symbol, event))
                continue
            if event[0] not in columns:
                rows, offsets, payloads = columns[event[0]] = ([], [], [])
                items.append((event[0], CandleBatch(event[0], TOPIC, partition, rows, offsets, payloads)))
            rows, offsets, payloads = columns[event[0]]
            rows.append(event)
            offsets.append(offset)
            payloads.append(encode(event))
            offset += 1
        yield max(one.at for one in cut), items


def _cut(mixed: list[Happening], case: Case, chance: Random) -> Iterator[list[Happening]]:
    if case.pace == "outage":
        yield from _around_an_outage(mixed)
        return
    if case.batch == BY_MINUTE:
        yield from (list(group) for _at, group in groupby(mixed, key=lambda one: one.at))
        return
    start = 0
    while start < len(mixed):
        size = chance.randint(1, LARGEST_RANDOM) if case.batch == RANDOM_SIZES else case.batch
        yield mixed[start : start + size]
        start += size


def _around_an_outage(mixed: list[Happening]) -> Iterator[list[Happening]]:
    """Minute by minute, but for one hour from the middle, which comes in one go."""
    since = _middle(mixed)
    until = since + HOUR_MS
    for _at, group in groupby(mixed, key=lambda one: until if since < one.at <= until else one.at):
        yield list(group)


def _paced(
    pieces: Sequence[tuple[int, list[Item]]], mixed: Sequence[Happening], case: Case, chance: Random
) -> list[Piece]:
    """The batches with what passes before each."""
    first = pieces[0][0] if pieces else 0
    after_outage = _outage(pieces, mixed) if case.pace == "outage" else 0
    sleep_s = case.real_s / case.partitions / max(1, len(pieces))  # partitions may share a thread
    found = []
    for number, (at, items) in enumerate(pieces):
        match case.pace:
            case "60x":
                piece = Piece(items, clock_s=(at - first) / 1000 / SIXTY, sleep_s=sleep_s)
            case "pauses" if chance.random() < PAUSED_BATCHES:
                pause_s = chance.uniform(0, 2 * sleep_s / PAUSED_BATCHES)
                piece = Piece(items, sleep_s=pause_s, empty=chance.randint(1, MOST_EMPTY_POLLS))
            case "outage" if number >= after_outage:
                piece = Piece(items, clock_s=HOUR_MS / 1000, empty=MOST_EMPTY_POLLS if number == after_outage else 0)
            case "set back" if number >= len(pieces) // 2:
                piece = Piece(items, clock_s=-HOUR_MS / 1000)
            case _:
                piece = Piece(items)
        found.append(piece)
    return found


def _outage(pieces: Sequence[tuple[int, list[Item]]], mixed: Sequence[Happening]) -> int:
    """The number of the piece that comes after the outage."""
    since = _middle(mixed)
    return next((number for number, (at, _items) in enumerate(pieces) if at > since), len(pieces))


def _middle(mixed: Sequence[Happening]) -> int:
    """The event time after which nothing comes for an hour."""
    return mixed[len(mixed) // 2].at if mixed else 0


def _stops(pieces: Sequence[Piece], case: Case, chance: Random) -> list[int]:
    """As many places as the case has stops, in order; that of an outage is where the clock jumps."""
    if case.pace == "outage":
        jump = next((number for number, piece in enumerate(pieces) if piece.clock_s), 0)
        return [jump] * case.stops
    return sorted(chance.randint(0, len(pieces)) for _ in range(case.stops))
