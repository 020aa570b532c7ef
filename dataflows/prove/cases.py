"""The matrix: every way to tell an input that must make no difference, alone and together."""

from dataclasses import replace

from dataflows.prove.case import BY_MINUTE, RANDOM_SIZES, REFERENCE, Case


def reference() -> Case:
    """What the others are compared with: by time, at full speed, in large batches, one worker, never stopped."""
    return Case(REFERENCE)


def cases(seed: int, *, real_s: float) -> list[Case]:
    """All of them. ``seed`` is that of all that is random, ``real_s`` how long a paced one lasts at least."""
    found = [
        Case("batches of 1", batch=1),
        Case("batches of 10", batch=10),
        Case("batches of a minute", batch=BY_MINUTE),
        Case("batches of random sizes", batch=RANDOM_SIZES),
        Case("a snapshot after each batch", batch=100, stops=1, epoch_s=0),
        Case("2 workers", workers=(2,)),
        Case("4 workers, batches of 10", workers=(4,), batch=10),
        Case("at 60x", pace="60x", batch=BY_MINUTE, real_s=real_s, epoch_s=0.1),
        Case("random pauses", pace="pauses", batch=RANDOM_SIZES, real_s=real_s, epoch_s=0.1),
        Case("random pauses, 2 workers", pace="pauses", batch=10, real_s=real_s, epoch_s=0.05, workers=(2,)),
        Case("an hour's outage", pace="outage"),
        Case("an hour's outage, stopped meanwhile", pace="outage", stops=1),
        Case("an hour's outage, 4 workers", pace="outage", workers=(4,)),
        Case("clock set back by an hour", pace="set back", batch=10),
        Case("stopped and resumed 3 times", stops=3, batch=10),
        Case("stopped and resumed 3 times, elsewhere", stops=3, batch=RANDOM_SIZES),
        Case("stopped and resumed 12 times", stops=12, batch=1),
        Case("stopped and resumed with 1, 4 and 2 workers", stops=4, batch=10, workers=(1, 4, 2)),
        Case("one symbol after the other", order="symbols", batch=100),
        Case("symbols in random order", order="random", batch=100),
        Case("symbols in random order, batches of 1", order="random", batch=1),
        Case("symbols in random order, other partitions", order="random", partitions=2, batch=RANDOM_SIZES),
        Case("one partition", partitions=1, batch=10),
        Case("commands sent earlier", early=True),
        Case("commands sent earlier, batches of 1", early=True, batch=1),
        Case(
            "all at once",
            order="random",
            pace="pauses",
            batch=RANDOM_SIZES,
            real_s=real_s,
            epoch_s=0.05,
            stops=5,
            workers=(4, 1, 2),
            early=True,
        ),
    ]
    return [replace(case, seed=1_000 * seed + number) for number, case in enumerate(found, 1)]


SMALL = (
    "batches of 1",
    "2 workers",
    "at 60x",
    "random pauses",
    "an hour's outage",
    "an hour's outage, stopped meanwhile",
    "stopped and resumed with 1, 4 and 2 workers",
    "symbols in random order, other partitions",
    "all at once",
)
"""The cases of the small form: each kind once."""


def small_cases(seed: int, *, real_s: float) -> list[Case]:
    """One of each kind."""
    return [case for case in cases(seed, real_s=real_s) if case.name in SMALL]
