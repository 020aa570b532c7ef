"""The live flow: Kafka in, the graph, Kafka out."""

from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter_ns
from typing import Any

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.operators import KeyedStream

from dataflows.aligned import AlignedSources
from dataflows.graph import TOGETHER_STEP, Parameters, build
from dataflows.health.meter import Meter
from dataflows.health.sink import MeteredSink
from dataflows.health.source import MeteredSource
from dataflows.health.states import StepStates, TogetherStates
from dataflows.kafka.codec import build_codec
from dataflows.kafka.control_source import ControlSource
from dataflows.kafka.refused import Refused
from dataflows.kafka.sink import RecordSink
from dataflows.kafka.source import CandleSource
from dataflows.recovery.manifest import Begun, read_manifest
from dataflows.settings import Settings
from dataflows.stop import StopFlag
from operators.strategy.catalog import Catalog
from operators.tally import Tally
from schemas import topics
from schemas.topics import TopicSpec

FLOW_ID = "candelabra"


def microseconds() -> int:
    """What the tally of a live flow measures by."""
    return perf_counter_ns() // 1_000


@dataclass(frozen=True)
class Live:
    """A live flow with what its process shares: counts to look at and a flag to end it by.

    ``meter`` is who measures it, where somebody looks at what is measured (``dataflows.health.worker``). ``cold``: the
    run was told to begin cold, which a recovery store says by itself from then on.
    """

    settings: Settings
    bounded: bool = False
    tally: Tally = field(default_factory=lambda: Tally(stopwatch=microseconds))
    stop: StopFlag = field(default_factory=StopFlag)
    catalog: Catalog = field(default_factory=Catalog)
    meter: Meter | None = None
    cold: bool = False

    def flow(self) -> Dataflow:
        """Candles and control in; everything that the graph makes of them out, each stream to its topic."""
        settings, codec = self.settings, build_codec(self.settings)
        config = settings.kafka_client_config()
        prefix = settings.topic_prefix
        parameters = Parameters(settings.history_bars, settings.gap_tolerance_bars, settings.timeframes)

        candles = CandleSource(
            config,
            topics.CANDLES.prefixed(prefix),
            topics.CONTROL.prefixed(prefix),
            topics.PLACEMENTS.prefixed(prefix),
            codec,
            self.catalog,
            self.tally,
            self.stop,
            parameters=parameters.canonical_json(),
            replication_factor=settings.replication_factor,
            group=f"{prefix}{FLOW_ID}",
            max_clock_skew_ms=round(settings.max_clock_skew_seconds * 1000),
            bounded=self.bounded,
        )
        control = ControlSource(
            config,
            topics.CONTROL.prefixed(prefix),
            codec,
            self.catalog,
            self.tally,
            self.stop,
            bounded=self.bounded,
        )
        meter = self.meter or Meter(self.tally, self.stop)
        flow = Dataflow(FLOW_ID)
        feed = op.input("feed", flow, MeteredSource(AlignedSources({"candles": candles, "control": control}), meter))

        def watch(step_id: str) -> StepStates:
            return (TogetherStates if step_id == TOGETHER_STEP else StepStates)(step_id, meter)

        outputs = build(feed, catalog=self.catalog, tally=self.tally, parameters=parameters, watch=watch)

        def output(step_id: str, records: KeyedStream[Any], spec: TopicSpec, **more: Any) -> None:  # noqa: ANN401  # the sink's own arguments
            sink = RecordSink[Any](config, spec.prefixed(prefix), codec, cold=cold, stop=self.stop, **more)
            op.output(step_id, records, MeteredSink(spec.name, sink, meter))

        cold = self.cold or _begun_cold(settings.recovery_dir)
        spool = (settings.recovery_dir or Path()) / "dead-letter-overflow.jsonl"
        output("signals_out", outputs.signals, topics.SIGNALS)
        output("composites_out", outputs.composites, topics.COMPOSITES)
        output("late_signals_out", outputs.late_signals, topics.LATE_SIGNALS)
        output("positions_out", outputs.positions, topics.POSITIONS)
        output("metrics_out", op.merge("all_metrics", outputs.metrics, outputs.portfolio_metrics), topics.METRICS)
        output("equity_out", outputs.equity, topics.EQUITY)
        done = op.merge("all_executions", outputs.executions, outputs.portfolio_events)
        output("executions_out", done, topics.EXECUTIONS)
        output("alerts_out", outputs.alerts, topics.ALERTS)
        output("status_out", outputs.statuses, topics.STATUS)
        output("dead_letter_out", outputs.dead_letters, topics.DEAD_LETTER, refused=Refused(spool))
        return flow


def _begun_cold(folder: Path | None) -> bool:
    """Whether what is made need not be what is on the topics: the store was begun anew with whatever was set then."""
    manifest = None if folder is None else read_manifest(folder)
    return manifest is not None and manifest.begun is Begun.COLD
