"""The live flow: Kafka in, the graph, Kafka out."""

from dataclasses import dataclass, field
from pathlib import Path

import bytewax.operators as op
from bytewax.dataflow import Dataflow

from dataflows.aligned import AlignedSources
from dataflows.graph import Parameters, build
from dataflows.kafka.codec import build_codec
from dataflows.kafka.control_source import ControlSource
from dataflows.kafka.refused import Refused
from dataflows.kafka.sink import RecordSink
from dataflows.kafka.source import CandleSource
from dataflows.settings import Settings
from dataflows.stop import StopFlag
from operators.strategy.catalog import Catalog
from operators.tally import Tally
from schemas import topics
from schemas.alert import Alert
from schemas.composite import Composite, Consensus, LateSignal
from schemas.dead_letter import DeadLetter
from schemas.lifecycle import StrategyStatus
from schemas.signal import Signal

FLOW_ID = "candelabra"


@dataclass(frozen=True)
class Live:
    """A live flow with what its process shares: counts to look at and a flag to end it by."""

    settings: Settings
    bounded: bool = False
    tally: Tally = field(default_factory=Tally)
    stop: StopFlag = field(default_factory=StopFlag)
    catalog: Catalog = field(default_factory=Catalog)

    def flow(self) -> Dataflow:
        """Candles and control in; signals, composites, late signals, status, alerts and dead letters out."""
        settings, codec = self.settings, build_codec(self.settings)
        config = settings.kafka_client_config()
        prefix = settings.topic_prefix

        candles = CandleSource(
            config,
            topics.CANDLES.prefixed(prefix),
            topics.CONTROL.prefixed(prefix),
            codec,
            self.catalog,
            self.tally,
            self.stop,
            placements_topic=topics.PLACEMENTS.prefixed(prefix),
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
        flow = Dataflow(FLOW_ID)
        feed = op.input("feed", flow, AlignedSources({"candles": candles, "control": control}))
        parameters = Parameters(settings.history_bars, settings.gap_tolerance_bars, settings.timeframes)
        outputs = build(feed, catalog=self.catalog, tally=self.tally, parameters=parameters)

        spool = (settings.recovery_dir or Path()) / "dead-letter-overflow.jsonl"
        op.output("signals_out", outputs.signals, RecordSink[Signal](config, topics.SIGNALS.prefixed(prefix), codec))
        op.output(
            "composites_out",
            outputs.composites,
            RecordSink[Composite | Consensus](config, topics.COMPOSITES.prefixed(prefix), codec),
        )
        op.output(
            "late_signals_out",
            outputs.late_signals,
            RecordSink[LateSignal](config, topics.LATE_SIGNALS.prefixed(prefix), codec),
        )
        op.output("alerts_out", outputs.alerts, RecordSink[Alert](config, topics.ALERTS.prefixed(prefix), codec))
        op.output(
            "status_out",
            outputs.statuses,
            RecordSink[StrategyStatus](config, topics.STATUS.prefixed(prefix), codec, compacted=True),
        )
        op.output(
            "dead_letter_out",
            outputs.dead_letters,
            RecordSink[DeadLetter](config, topics.DEAD_LETTER.prefixed(prefix), codec, Refused(spool)),
        )
        return flow
