"""Any control log at all: versions never change, numbers follow one another, of two on one state of things one wins.

And all versions count the positions of the same symbols together.
"""

from dataclasses import dataclass
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from operators.control.compaction import displaced
from operators.control.registry import Registry
from operators.strategy.catalog import Catalog
from schemas.lifecycle import DesiredState, State, StrategyVersion
from schemas.risk import RiskConfig, RiskLimits
from tests.operators.plain_engine import desired, expression, scripted

STRATEGY = "dip"
PLAIN = tuple(expression(STRATEGY, f"rsi_14 < {low}", "rsi_14 > 70") for low in (20, 30, 40))
BROKEN = expression(STRATEGY, "nonsense < 3", "rsi_14 > 70")


def counting(most: int, *symbols: str) -> StrategyVersion:
    """One that counts its positions on these symbols together."""
    risk = RiskConfig(limits=RiskLimits(max_concurrent_positions=most))
    config = PLAIN[0].config.model_copy(update={"symbols": symbols, "risk": risk})
    return PLAIN[0].model_copy(update={"config": config})


CONTENTS = (*PLAIN, counting(1, "A", "B"), counting(2, "A", "B"), counting(1, "A", "C"))

Written = StrategyVersion | DesiredState

authors = st.sampled_from(["ada", "bob"])


@dataclass(frozen=True)
class Entry:
    """A record of the log and how it was answered."""

    record: Written
    accepted: bool


class ControlLogMachine(RuleBasedStateMachine):
    """Clients that read at any time and write at any later one; the registry puts them in order.

    The model keeps what must hold in the simplest way: numbers and commands as they were accepted.
    """

    def __init__(self) -> None:
        super().__init__()
        self.registry = Registry(Catalog(scripted))
        self.log: list[Entry] = []
        self.versions: dict[int, StrategyVersion] = {}
        self.numbers: set[int] = set()
        self.commands: list[DesiredState] = []

    @property
    def current(self) -> int | None:
        return self.commands[-1].version if self.commands else None

    def write(self, record: Written, *, expected: bool) -> None:
        answer = self.registry.apply(record)
        assert (answer.state is State.ACCEPTED) is expected, answer.reason
        if not expected:
            current = self.registry.current(STRATEGY)
            assert answer.state is State.REFUSED
            assert answer.reason
            assert current is None or current == self.current
        self.log.append(Entry(record, expected))

    def mend(self) -> None:
        """What a client does when it has written."""
        places = {entry.record.key: (place, entry.record) for place, entry in enumerate(self.log)}
        for record in displaced(self.registry, STRATEGY, places):
            if isinstance(record, StrategyVersion):
                self.write_version(record)
            else:
                self.write(record, expected=True)
        places = {entry.record.key: (place, entry.record) for place, entry in enumerate(self.log)}
        assert displaced(self.registry, STRATEGY, places) == []

    @initialize(contents=st.sampled_from(CONTENTS))
    def first_version(self, contents: StrategyVersion) -> None:
        self.numbers.add(1)
        self.versions[1] = contents
        self.write(contents, expected=True)

    @rule(
        contents=st.sampled_from([*CONTENTS, BROKEN]),
        number=st.integers(1, 6),
        base=st.none() | st.integers(1, 5),
        author=authors,
    )
    def send_version(self, contents: StrategyVersion, number: int, base: int | None, author: str) -> None:
        self.write_version(contents.model_copy(update={"version": number, "based_on": base, "author": author}))

    def write_version(self, record: StrategyVersion) -> None:
        known = self.versions.get(record.version)
        if known is not None:
            self.write(record, expected=known.config == record.config)
            return
        if record.version > max(self.numbers) + 1:
            self.write(record, expected=False)
            return
        self.numbers.add(record.version)
        fresh = record.based_on is None or self.current is None or record.based_on == self.current
        agrees = all(one.config.counted_together == record.config.counted_together for one in self.versions.values())
        accepted = fresh and agrees and record.config != BROKEN.config
        if accepted:
            self.versions[record.version] = record
        self.write(record, expected=accepted)

    @rule(
        version=st.integers(1, 6),
        state=st.sampled_from(["running", "paused", "stopped"]),
        expected=st.none() | st.integers(0, 5),
        behind=st.none() | st.integers(0, 2),
        author=authors,
    )
    def send_command(self, version: int, state: str, expected: int | None, behind: int | None, author: str) -> None:
        """``behind`` is how many commands have come since the sender looked; None where it does not say."""
        update: dict[str, Any] = {"version": version, "expected_version": expected, "author": author}
        if behind is not None and len(self.commands) > behind:
            update["follows"] = self.commands[-1 - behind].command
        record = desired(CONTENTS[0], state, name=f"c{len(self.log)}").model_copy(update=update)
        accepted = version in self.versions
        if self.current is not None:
            accepted &= expected is None or expected == self.current
            accepted &= "follows" not in update or behind == 0
        if accepted:
            self.commands.append(record)
        self.write(record, expected=accepted)

    @precondition(lambda self: self.log)
    @rule(data=st.data())
    def repeat_what_was_accepted(self, data: st.DataObject) -> None:
        record = data.draw(st.sampled_from([entry.record for entry in self.log if entry.accepted]))
        self.write(record, expected=True)

    @invariant()
    def versions_are_those_that_were_accepted_first(self) -> None:
        assert self.registry.versions(STRATEGY) == self.versions

    @invariant()
    def the_newest_accepted_command_counts(self) -> None:
        assert self.registry.current(STRATEGY) == self.current
        wanted = self.registry.wanted(STRATEGY)
        assert [one.desired for one in wanted] == self.commands[-1:]
        assert list(self.registry.commands(STRATEGY)) == self.commands

    @invariant()
    def whoever_reads_the_log_knows_the_same(self) -> None:
        reader = Registry(Catalog(scripted))
        for entry in self.log:
            assert (reader.apply(entry.record).state is State.ACCEPTED) is entry.accepted
        assert reader.versions(STRATEGY) == self.versions
        assert list(reader.commands(STRATEGY)) == self.commands

    @rule()
    def whoever_reads_it_after_compaction_knows_what_counts(self) -> None:
        self.mend()
        reader = Registry(Catalog(scripted))
        newest = {entry.record.key: place for place, entry in enumerate(self.log)}
        for place in sorted(newest.values()):
            reader.apply(self.log[place].record)
        known = reader.versions(STRATEGY)
        assert {number: known.get(number) for number in self.versions} == self.versions
        assert [one.desired for one in reader.wanted(STRATEGY)] == self.commands[-1:]


ControlLogMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestControlLog = ControlLogMachine.TestCase
