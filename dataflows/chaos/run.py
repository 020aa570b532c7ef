"""One run and its verdict: played on topics of its own, read whole, and held against what would have come."""

import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dataflows.chaos.compare import Compared, compared
from dataflows.chaos.deployment import Deployment
from dataflows.chaos.faults import Fault
from dataflows.chaos.feeder import Feeder
from dataflows.chaos.inputs import Given
from dataflows.chaos.owner import SOONEST_MINUTES, Owner
from dataflows.chaos.play import OLDER, Play, Told
from dataflows.chaos.portfolio_promises import PortfolioRecords, broken_by, portfolios
from dataflows.chaos.promises import Kept, broken
from dataflows.chaos.reference import Topics, expected, unplaced
from dataflows.chaos.schedule import Leg
from dataflows.chaos.stage import Stage
from dataflows.chaos.stores import go_on_from_what_is_gone
from dataflows.chaos.workers import ENTRY
from dataflows.kafka.codec import build_codec
from dataflows.kafka.placements import read_placements
from dataflows.kafka.record_types import RECORDS_OF
from dataflows.prove.chance import seeded
from dataflows.prove.compare import written
from dataflows.prove.kafka_topics import CaseTopics
from dataflows.settings import Settings
from operators.control.records import ControlRecord
from schemas.candle_row import CandleRow
from schemas.codec import Codec
from schemas.framing import SingleObject
from schemas.lifecycle import StrategyStatus
from schemas.signal import Signal
from schemas.topics import CANDLES, CONTROL, PLACEMENTS, SIGNALS, STATUS

_CODEC = Codec(SingleObject())


@dataclass(frozen=True)
class Run:
    """What is run. The same seed gives the same candles, commands, faults and moments, as far as moments can be."""

    seed: int
    given: Given
    legs: Sequence[Leg]


@dataclass(frozen=True)
class Verdict:
    """What came of it.

    Attributes:
        run: what was run.
        faults: injected, by kind.
        compared: the records beside those of the reference.
        broken: in words, acknowledgements that were not kept and stores that were not refused.
        resumes: seconds from each start to the first candle worked.
        failures: how often workers ended by themselves, while the broker was away or a neighbour gone.
        seconds: that all of it took.
        portfolios: what the topics hold of portfolios, by key.
    """

    run: Run
    faults: Counter[Fault]
    compared: Compared
    broken: Sequence[str]
    resumes: Sequence[float]
    failures: int
    seconds: float
    portfolios: Mapping[str, PortfolioRecords] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        """Whether nothing is wrong."""
        sums = self.compared
        return not (sums.lost or sums.repeated or sums.different or self.broken)


def run(stage: Stage, wanted: Run, *, entry: str = ENTRY, told: Told = lambda _kills: None) -> Verdict:
    """Play it and compare.

    Raises:
        CandelabraError: the broker, or workers that nobody killed, failed, which says nothing either way.
    """
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="candelabra-chaos-") as name:
        deployment = Deployment(stage, Path(name), entry)
        with CaseTopics(deployment.settings) as topics:
            given = wanted.given
            feeder = Feeder(deployment.settings, given.records)
            owner = Owner(given.symbols, seeded(wanted.seed, "owner"), soonest_minutes=_well_ahead(wanted))
            play = Play(stage, deployment, feeder, owner, given, chance=seeded(wanted.seed, "play"), told=told)
            played = play.run(wanted.legs)
            sums, texts, told_of = _compared(wanted, topics, deployment.settings, owner.changing)
            played.faults[Fault.OFFSET_LOST] += 1
            texts += played.broken
            texts += go_on_from_what_is_gone(
                deployment.settings, deployment.folder / OLDER, deployment.workers(follow=False)
            )
    seconds = time.perf_counter() - started
    return Verdict(wanted, played.faults, sums, texts, played.resumes, played.failures, seconds, told_of)


def _well_ahead(wanted: Run) -> int:
    """Minutes of event time in two legs and a half, so that workers begin in between, and read all of ``control``.

    One leg may be lost: workers that die while they start leave parts unbuilt. What names no time goes to the end that
    such a part finds once it is built, and nothing of the same name that was sent after it goes before that.

    A leg's market passes in seconds. Workers whose connection to ``control`` alone is cut or slow may hear of a command
    after hours of candles then, which no time that is ahead by minutes stands.
    """
    records = wanted.given.records
    minutes = (records[-1].now - records[0].now) // 60_000
    return max(SOONEST_MINUTES, 5 * minutes // (2 * (len(wanted.legs) + 1)))


def _compared(
    wanted: Run, topics: CaseTopics, settings: Settings, changing: str
) -> tuple[Compared, list[str], dict[str, PortfolioRecords]]:
    """The topics beside the reference, the promises that were not kept, and what the topics hold of portfolios."""
    found = topics.read(origins=True)
    read = _read(topics, settings)
    reference = written(expected(read, build_codec(settings)), origins=True)
    control = [record for _offset, record in read.control]
    texts = broken(_kept(found, control, wanted.given.rows, changing))
    of_portfolios = portfolios(found, control)
    texts += broken_by(of_portfolios)
    texts += [f"partition {one}: nobody placed the control record {offset}" for one, offset in unplaced(read)]
    return compared(reference, found), texts, of_portfolios


def _read(topics: CaseTopics, settings: Settings) -> Topics:
    candles = defaultdict(list)
    for message in topics.whole(CANDLES.name, range(settings.partitions)):
        candles[message.partition() or 0].append(message)
    control = [
        (message.offset() or 0, _CODEC.decode_any(message.value(), RECORDS_OF[CONTROL.name]))
        for message in topics.whole(CONTROL.name, range(1))
    ]
    topic = PLACEMENTS.prefixed(settings.topic_prefix)
    journal = read_placements(settings.kafka_client_config(), topic, build_codec(settings))
    return Topics(candles, control, journal.placed)  # type: ignore[arg-type]  # the control topic's kinds of record


def _kept(
    found: Mapping[str, Mapping[str, Sequence[bytes]]],
    control: Sequence[ControlRecord],
    rows: Sequence[CandleRow],
    changing: str,
) -> Kept:
    by_symbol = defaultdict(list)
    for row in rows:
        by_symbol[row[0]].append(row)
    statuses = {
        key: [_CODEC.decode(one, StrategyStatus) for one in payloads] for key, payloads in found[STATUS.name].items()
    }
    signals = {key: [_CODEC.decode(one, Signal) for one in payloads] for key, payloads in found[SIGNALS.name].items()}
    return Kept(control, statuses, signals, by_symbol, changing)
