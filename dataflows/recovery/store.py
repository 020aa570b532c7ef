"""The recovery store at the start of a run: locked, looked at, and then refused, gone on from, or made."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dataflows.brokers.contact import wait_for_broker
from dataflows.kafka.metadata import TIMEOUT_SECONDS
from dataflows.kafka.placements import Placements
from dataflows.recovery.belonging import check_belongs
from dataflows.recovery.feed import begin_on_this_feed, other_feed
from dataflows.recovery.folder import bytes_on_disk, set_aside
from dataflows.recovery.inspection import Found, inspect
from dataflows.recovery.lock import Lock
from dataflows.recovery.making import adopt, make
from dataflows.recovery.manifest import Begun
from dataflows.recovery.partition import Depth
from dataflows.recovery.rebuild import journal_before, why_no_rebuild
from dataflows.recovery.refusal import COLD, COLD_WITHOUT, RESTORE, refusal
from dataflows.recovery.verdict import anew, fault_refusal
from dataflows.recovery.writable import check_writable
from dataflows.settings import PREFIX, Settings
from dataflows.start import Start
from schemas.topics import PLACEMENTS

PAGES_BYTES: Final = 256 << 20
"""Up to this size a start reads every page of the store first. Above, it would wait for the disk twice: Bytewax reads
it all, and a page that it cannot read ends the run with the same words."""

NOT_PROMISED: Final = (
    "begun cold: it is not promised that what is written from here on follows from what is on the output topics already"
)


_NO_DIRECTORY: Final = Path("(no directory is set)")


@dataclass(frozen=True)
class Prepared:
    """A store that workers can use now.

    Attributes:
        fds: what workers must inherit (``pass_fds``), so that the lock lasts as long as any of them.
        notes: what was done, a line each, for the person who started it.
    """

    fds: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()


@contextmanager
def prepare(settings: Settings, workers: int, start: Start) -> Iterator[Prepared]:
    """Lock the store and make sure that so many workers can begin from it; hold the lock to the end of the block.

    To be called once, before any worker, with a broker that answers. Where no directory is set there is no store: every
    start is a rebuild. Where the topics that are read are not those that were worked, only a cold start begins; the
    journal of placements says so from then on.

    Raises:
        RecoveryBusy: another run has it.
        RecoveryRefused: it cannot be used, or not so; the text has the ways out.
        BrokerUnreachable: the broker did not answer.
    """
    folder = settings.recovery_dir
    if folder is None:
        yield Prepared(notes=_without_store(settings, start))
        return
    check_writable(folder, settings.partitions)
    with Lock(folder) as lock:
        yield Prepared((lock.fileno(),), _ready(folder, settings, workers, start))


def _ready(folder: Path, settings: Settings, workers: int, start: Start) -> tuple[str, ...]:
    depth = Depth.PAGES if bytes_on_disk(folder) <= PAGES_BYTES else Depth.TABLES
    found = inspect(folder, depth)
    cluster = _cluster(settings)
    if start is Start.RESUME and not found.is_new:
        return _go_on(found, settings, workers, cluster)
    _check_workers(folder, workers, settings.partitions)
    if start is Start.RESUME:
        _refuse_lost(folder, settings)
        make(folder, settings, cluster, Begun.FIRST)
        return ()
    journal = journal_before(settings)
    if start is Start.REBUILD:
        _refuse_other_result(folder, settings, journal, is_new=found.is_new)
    aside = set_aside(folder)
    # What was begun cold on topics made anew is so when it is made once more: the outputs of before are not its own.
    anew = any(run.since > 1 for run in journal.runs.values())
    make(folder, settings, cluster, Begun.COLD if anew else Begun(start))
    if start is Start.COLD:
        begin_on_this_feed(settings, journal)
    moved = () if aside is None else (f"the store of before is in {aside}: delete it when it is not needed any more",)
    return (*moved, *_said(start))


def _cluster(settings: Settings) -> str:
    """The cluster's id; empty where the broker tells none."""
    told: object = wait_for_broker(settings.kafka_client_config(), timeout_s=TIMEOUT_SECONDS).cluster_id
    return told if isinstance(told, str) else ""


def _go_on(found: Found, settings: Settings, workers: int, cluster: str) -> tuple[str, ...]:
    if found.faults:
        raise fault_refusal(found, why_no_rebuild(settings, journal_before(settings)))
    _check_workers(found.folder, workers, found.count)
    if found.manifest is None:
        adopt(found, settings, cluster)
        return (f"the recovery store {found.folder} is of an earlier release: taken over",)
    check_belongs(found.folder, found.manifest, settings, cluster)
    _refuse_other_feed(found.folder, settings, journal_before(settings), stored=True)
    return ()


def _refuse_lost(folder: Path, settings: Settings) -> None:
    """A new store is for a deployment that has worked nothing; else where is its store?"""
    journal = journal_before(settings)
    runs = journal.runs
    if not runs:
        return
    _refuse_other_feed(folder, settings, journal, stored=False)
    run = max(runs.values(), key=lambda one: one.number)
    topic = PLACEMENTS.prefixed(settings.topic_prefix)
    raise refusal(
        folder,
        f"there is none, and the topic {topic} says that this deployment has worked candles before (run {run.number}): "
        "it was lost, or is somewhere else",
        "if it is somewhere else, name the directory with --recovery",
        RESTORE,
        *anew(why_no_rebuild(settings, journal), stored=False),
    )


def _refuse_other_feed(where: Path, settings: Settings, journal: Placements, *, stored: bool) -> None:
    why = other_feed(settings, journal)
    if why is not None:
        says = f"what the topic {PLACEMENTS.prefixed(settings.topic_prefix)} says of this deployment is of other topics"
        raise refusal(
            where,
            f"{says}: {why}" if stored else f"there is none, and {says}: {why}",
            f"if it is the wrong cluster or prefix, name that of then: {PREFIX}BOOTSTRAP_SERVERS, {PREFIX}TOPIC_PREFIX",
            COLD if stored else COLD_WITHOUT,
        )


def _refuse_other_result(where: Path, settings: Settings, journal: Placements, *, is_new: bool) -> None:
    why = why_no_rebuild(settings, journal)
    if why is not None:
        raise refusal(
            where,
            f"--rebuild is to leave the output topics as they would have been, and could not: {why}",
            "if settings differ, run with those of then",
            RESTORE,
            *anew(why, stored=not is_new),
        )


def _check_workers(folder: Path, workers: int, partitions: int) -> None:
    if workers > partitions:
        raise refusal(
            folder,
            f"expected at most {partitions} workers, got {workers}: it has {partitions} partitions, which is the most "
            "workers that can share it, for ever",
            f"run with --workers {partitions} or fewer",
            f"set {PREFIX}PARTITIONS={workers} or more before topics and store are made: a new topic prefix and a new "
            "directory with --recovery, and candles that are fed again",
        )


def _without_store(settings: Settings, start: Start) -> tuple[str, ...]:
    journal = journal_before(settings)
    match start:
        case Start.REBUILD:
            _refuse_other_result(_NO_DIRECTORY, settings, journal, is_new=True)
        case Start.COLD:
            begin_on_this_feed(settings, journal)
        case Start.RESUME:
            _refuse_other_feed(_NO_DIRECTORY, settings, journal, stored=False)
    return _said(start)


def _said(start: Start) -> tuple[str, ...]:
    match start:
        case Start.REBUILD:
            return ("every candle is worked again from the first; what is on the output topics is not repeated",)
        case Start.COLD:
            return (NOT_PROMISED,)
        case Start.RESUME:
            return ()
