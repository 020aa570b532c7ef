"""How much is done: all of it, or a small form that takes a minute."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dataflows.chaos.inputs import Given, generated_input, recorded_input
from dataflows.chaos.play import Told
from dataflows.chaos.run import Run, Verdict, run
from dataflows.chaos.schedule import Amount, schedule
from dataflows.chaos.stage import Stage
from dataflows.chaos.stores import STORE_FAULTS
from dataflows.chaos.workers import ENTRY
from dataflows.prove.chance import seeded

KILLS = 100
RUNS = 4
"""Runs on topics of their own: each dies anew before it has ever taken a snapshot."""
MINUTES = 3_000
REAL_SHARE = 1.0
LONG_PAUSE_S = 60.0
SMALL_KILLS = 8
SMALL_MINUTES = 500


@dataclass(frozen=True)
class Plan:
    """What is run, and in words what of the whole is not here."""

    runs: Sequence[Run]
    left_out: Sequence[str]
    seed: int

    @property
    def kills(self) -> int:
        """SIGKILLs of workers over all runs."""
        return sum(not leg.drained for one in self.runs for leg in one.legs)

    def verdicts(self, stage: Stage, *, entry: str = ENTRY, told: Told = lambda _kills: None) -> Iterator[Verdict]:
        """Run all of it."""
        for one in self.runs:
            yield run(stage, one, entry=entry, told=told)


def whole(data: Path, seed: int, kills: int = KILLS) -> Plan:
    """Everything: real candles in the first run where their files are under ``data``, generated ones in the others."""
    real = recorded_input(data, seed, REAL_SHARE)
    left_out = [] if real is not None else [f"real candles: there are none in {data}"]
    shares = [kills // RUNS + (number < kills % RUNS) for number in range(RUNS)]
    runs = []
    for number, share in enumerate(shares):
        given = generated_input(seed + number, MINUTES) if real is None or number else real
        pauses = (LONG_PAUSE_S,) if number == 0 else (6.0,)
        damage = STORE_FAULTS if number == 0 else (STORE_FAULTS[number - 1],)
        amount = Amount(share, drained=2, broker_kills=2, pauses_s=pauses, network=4, jumps=4, damage=damage)
        runs.append(_run(seed + number, given, amount))
    return Plan(runs, left_out, seed)


def small(seed: int, kills: int = SMALL_KILLS) -> Plan:
    """One run of generated candles with each kind of fault once."""
    amount = Amount(kills, drained=1, pauses_s=(3.0,), half_open_s=3.0, damage=STORE_FAULTS[:1])
    return Plan([_run(seed, generated_input(seed, SMALL_MINUTES), amount)], [], seed)


def _run(seed: int, given: Given, amount: Amount) -> Run:
    return Run(seed, given, schedule(amount, seeded(seed, "schedule")))
