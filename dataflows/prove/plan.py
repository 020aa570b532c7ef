"""How much is proved: in full, or in a small form that takes seconds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dataflows import graph
from dataflows.prove import kafka
from dataflows.prove.case import Case
from dataflows.prove.cases import cases, small_cases
from dataflows.prove.happenings import Input
from dataflows.prove.inputs import generated_input, recorded_inputs
from dataflows.prove.kafka import KafkaCase, prove_on_kafka
from dataflows.prove.matrix import Progress, Proved, prove
from dataflows.prove.run import Build

PACED_S = 4.0
"""Real time over which a case with pauses is spread."""
SMALL_PACED_S = 0.2
SMALL_SHARE = 0.04
MINUTES = 2_000
SMALL_MINUTES = 360


@dataclass(frozen=True)
class Plan:
    """What is told, in which ways, and in words what of the whole is not here."""

    inputs: Sequence[Input]
    cases: Sequence[Case]
    on_kafka: Input
    kafka_cases: Sequence[KafkaCase]
    left_out: Sequence[str]
    seed: int

    def runs(self, servers: str | None) -> int:
        """How many cases there are, with or without those on a broker."""
        return len(self.inputs) * len(self.cases) + (len(self.kafka_cases) if servers else 0)

    def proved(
        self, servers: str | None, *, build: Build = graph.build, progress: Progress = lambda _what: None
    ) -> Iterator[Proved]:
        """Run all of it; what is on Kafka only where there are ``servers``."""
        yield from prove(self.inputs, self.cases, build=build, progress=progress)
        if servers:
            yield from prove_on_kafka(servers, self.on_kafka, self.kafka_cases, seed=self.seed, progress=progress)


def whole(data: Path, seed: int) -> Plan:
    """Everything: real candles where their files are under ``data``, two generated sets, each in every way."""
    recorded, left_out = recorded_inputs(data)
    generated = [generated_input(seed, MINUTES), generated_input(seed + 1, MINUTES)]
    chosen = cases(seed, real_s=PACED_S)
    return Plan([*recorded, *generated], chosen, generated[0], kafka.CASES, left_out, seed)


def small(data: Path, seed: int) -> Plan:
    """One case of each kind on little of each set."""
    recorded, left_out = recorded_inputs(data, share=SMALL_SHARE)
    generated = generated_input(seed, SMALL_MINUTES)
    chosen = small_cases(seed, real_s=SMALL_PACED_S)
    return Plan([*recorded, generated], chosen, generated, kafka.SMALL, left_out, seed)
