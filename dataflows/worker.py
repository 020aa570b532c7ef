"""One worker process: a live flow run to its end, with its recovery store and its health."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.run import cli_main

from dataflows.errors import CandelabraError, WorkerFailed
from dataflows.first_error import FirstError
from dataflows.garbage import rare_collections
from dataflows.health.worker import WorkerHealth
from dataflows.live import Live
from dataflows.recovery.explain import PANIC, explain
from dataflows.recovery.refusal import COLD, REBUILD, RESTORE, refusal
from dataflows.recovery.unfinished import forget_unfinished
from dataflows.settings import Settings
from operators.snapshot import SnapshotRefused

_AS_THEN = "run with what the store was made with: the same settings, and the topics of then"

logger = logging.getLogger(__name__)


class MeshBroken(WorkerFailed):
    """Another worker of the cluster is gone: it has the cause."""


def run_worker(live: Live, *, addresses: Sequence[str] = (), process: int = 0, restarts: int = 0) -> None:
    """Run until the stop flag is set (or, bounded, until the topics' ends), then take the last snapshot.

    ``addresses`` are the ``host:port`` of all processes of the cluster, ``process`` the index of this one, ``restarts``
    how often the cluster was started again before. Its health is served where the settings name a port. Bytewax serves
    ``/metrics`` of its own where BYTEWAX_DATAFLOW_API_ENABLED is in the environment, whatever its value.

    Raises:
        CandelabraError: the cause, as it can be explained to a person; see ``explained``.
        MeshBroken: another process of the cluster ended.
        WorkerFailed: anything else that ended the flow.
    """
    settings, first = live.settings, FirstError()
    with WorkerHealth(
        settings, live.tally, live.stop, process=process, cluster=len(addresses) or 1, restarts=restarts
    ) as health:
        try:
            flow = first.watch(replace(live, meter=health.meter).flow())
            recovery = recovery_config(settings)
            if process == 0 and settings.recovery_dir is not None:
                # By this process alone: without it no other of the cluster opens the store.
                forgotten = forget_unfinished(settings.recovery_dir)
                if forgotten:
                    logger.info("took away %d snapshots that a killed run had left unfinished", forgotten)
            with rare_collections():
                cli_main(  # type: ignore[no-untyped-call]  # Rust, stubbed without types
                    flow,
                    process_id=process if addresses else None,  # alone: no cluster's machinery, which costs latency
                    addresses=list(addresses) or None,
                    epoch_interval=timedelta(seconds=settings.epoch_seconds),
                    recovery_config=recovery,
                )
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # a panic is no Exception, and whatever it is has to be told
            told = explained(error, settings) or _told(first.error or error, settings, alone=not addresses)
            raise told from error


def explained(error: BaseException, settings: Settings) -> CandelabraError | None:
    """What ended a flow, as it can be explained to a person: found among the causes of an error; None where it is not.

    A snapshot that a source, a step or a sink refused becomes ``RecoveryRefused``: its text names which, what was
    expected and what was found, and the ways out.
    """
    causes, folder = _chain(error), settings.recovery_dir
    told = next((one for one in causes if isinstance(one, CandelabraError)), None)
    refused = next((one for one in causes if isinstance(one, SnapshotRefused)), None)
    if told is None and refused is not None and folder is not None:
        return refusal(folder, f"a snapshot in it cannot be gone on from: {refused}", _AS_THEN, RESTORE, REBUILD, COLD)
    return told or explain(error, folder)


def recovery_config(settings: Settings) -> RecoveryConfig | None:
    """The recovery store of these settings, made if it is not there; None without a directory.

    It gets as many partitions as there are candle partitions: more workers than that would have nothing to do.
    """
    folder = settings.recovery_dir
    if folder is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    if not any(folder.glob("part-*.sqlite3")):
        init_db_dir(folder, settings.partitions)  # type: ignore[no-untyped-call]  # Rust, stubbed without types
    return RecoveryConfig(folder, timedelta(0))  # type: ignore[no-untyped-call]  # as above


def _chain(error: BaseException) -> list[BaseException]:
    found = [error]
    while (cause := found[-1].__cause__ or found[-1].__context__) is not None and cause not in found:
        found.append(cause)
    return found


def _told(raised: BaseException, settings: Settings, *, alone: bool) -> CandelabraError:
    told = explained(raised, settings)
    if told is not None:
        return told
    if type(raised).__name__ == PANIC and not alone:
        return MeshBroken(f"lost its connection to another worker of the cluster ({raised})")
    logger.error("the flow ended with an error that nobody explains", exc_info=raised)
    return WorkerFailed(f"the flow ended with an error: {_chain(raised)[-1]!r}")
