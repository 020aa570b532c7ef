"""What the topics say of a series around one bar: every record of its key, in the order of event time."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from dataflows.explain.bar import AtBar
from dataflows.explain.by_key import records_by_key
from dataflows.explain.latest import Latest
from dataflows.settings import Settings
from schemas.audit import Execution
from schemas.position import PositionChange
from schemas.record import Record, to_milliseconds
from schemas.topics import EQUITY, EXECUTIONS, POSITIONS, SIGNALS
from schemas.trade import Trade

TOPICS = (SIGNALS, POSITIONS, EXECUTIONS, EQUITY)


@dataclass
class Recorded:
    """The records of a series, split at one bar; ``after`` are those of the bar that follows it."""

    before: list[Record] = field(default_factory=list)
    at: list[Record] = field(default_factory=list)
    after: list[Record] = field(default_factory=list)

    def in_place_of(self, worked: AtBar) -> AtBar:
        """The bar with what is recorded of it, in the place of what was worked out again.

        The state comes from the commands, which are worked as the engine works them; the rest is as the records say,
        but for what is held, where no record tells of that.
        """
        told = replace(worked, records=tuple(self.at), following=tuple(self.after))
        if not any(isinstance(one, PositionChange | Execution) for one in (*self.before, *self.at)):
            return told
        before = Latest(status=worked.before.status).after(self.before)
        return replace(told, before=before, after=before.after(self.at))

    def take(self, record: Record, closes: int, worked: AtBar) -> None:
        """Sort in a record of a bar that closed then; up to the close of the next bar that was worked it is of that."""
        bar = worked.bar
        if closes <= bar.open_time:
            self.before.append(record)
        elif closes <= bar.close_time:
            self.at.append(record)
        elif closes <= (worked.next_close or 2 * bar.close_time - bar.open_time):
            self.after.append(record)


def recorded(
    settings: Settings, key: str, worked: AtBar, progress: Callable[[int], None] = lambda _count: None
) -> Recorded:
    """Read what there is of a series around a bar; topics that are not there hold nothing.

    Raises:
        BrokerUnreachable: the broker fell silent.
    """
    topics = records_by_key(settings, key, TOPICS, progress)
    found = [(closes, number, one) for number, records in enumerate(topics) for closes, one in with_closes(records)]
    sorted_out = Recorded()
    for closes, _, record in sorted(found, key=lambda one: one[:2]):
        sorted_out.take(record, closes, worked)
    return sorted_out


def with_closes(records: Iterable[Record]) -> Iterator[tuple[int, Record]]:
    """Records of a topic in their order, each with the close of the bar that it tells of, in milliseconds.

    A trade has no bar: it ends with a fill, at an open or inside of a bar, and is told right after that change.
    """
    newest = 0
    for record in records:
        if not isinstance(record, Trade):
            newest = to_milliseconds(record.close_time)  # type: ignore[attr-defined]  # all others of these topics have one
        yield newest, record
