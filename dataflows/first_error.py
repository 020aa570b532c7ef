"""The error that a flow really ended with.

When Python code fails in one process of a cluster, Bytewax 0.21.1 tears the connections between the processes down
before it hands the error on, and that panics: all that comes out of any process is "Send thread panic". So the error is
noted where it is raised, on its way into Bytewax.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, ParamSpec, TypeVar

from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from bytewax.operators import StatefulBatchLogic
from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition

P = ParamSpec("P")
T = TypeVar("T")


class FirstError:
    """The first error that came out of the sources, steps and sinks of a flow; None as long as there is none."""

    def __init__(self) -> None:
        self.error: BaseException | None = None

    def watch(self, flow: Dataflow) -> Dataflow:
        """The flow, whose code is looked at from now on.

        ``branch`` and ``merge`` are left alone: a branch is asked for each item, and ours only ask for its type.
        """
        for operator in list(_parts(flow)):
            for name, watched in (("source", _Source), ("sink", _Sink), ("builder", _builder), ("mapper", _mapper)):
                if not operator.substeps and hasattr(operator, name):
                    # Frozen for whoever builds a flow; this one is built.
                    object.__setattr__(operator, name, watched(getattr(operator, name), self))
        return flow

    def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call it, and note what it raises. StopIteration is how a source says that it has ended."""
        try:
            return function(*args, **kwargs)
        except StopIteration:
            raise
        except BaseException as error:
            if self.error is None:
                self.error = error
            raise


def _parts(of: Any) -> Iterator[Any]:  # noqa: ANN401  # a flow or an operator: both have substeps
    for operator in of.substeps:
        yield operator
        yield from _parts(operator)


def _mapper(mapper: Callable[[Any], Iterable[Any]], first: FirstError) -> Callable[[Any], list[Any]]:
    # A list: of a generator Bytewax would run the code itself, out of sight.
    return lambda batch: first.call(lambda: list(mapper(batch)))


def _builder(builder: Callable[[Any], Any], first: FirstError) -> Callable[[Any], Any]:
    return lambda resume: _Logic(first.call(builder, resume), first)


def _whole(of: Callable[..., tuple[Iterable[Any], bool]], *values: Any) -> tuple[list[Any], bool]:  # noqa: ANN401  # passed on
    out, is_complete = of(*values)
    return list(out), is_complete


class _Logic(StatefulBatchLogic[Any, Any, Any]):
    def __init__(self, logic: StatefulBatchLogic[Any, Any, Any], first: FirstError) -> None:
        self._logic = logic
        self._first = first

    def on_batch(self, values: list[Any]) -> tuple[Iterable[Any], bool]:
        return self._first.call(_whole, self._logic.on_batch, values)

    def on_notify(self) -> tuple[Iterable[Any], bool]:
        return self._first.call(_whole, self._logic.on_notify)

    def on_eof(self) -> tuple[Iterable[Any], bool]:
        return self._first.call(_whole, self._logic.on_eof)

    def notify_at(self) -> datetime | None:
        return self._logic.notify_at()

    def snapshot(self) -> Any:  # noqa: ANN401  # as Bytewax has it
        return self._first.call(self._logic.snapshot)


class _Source(FixedPartitionedSource[Any, Any]):
    def __init__(self, source: FixedPartitionedSource[Any, Any], first: FirstError) -> None:
        self._source = source
        self._first = first

    def list_parts(self) -> list[str]:
        return self._first.call(self._source.list_parts)

    def build_part(self, step_id: str, for_part: str, resume_state: Any) -> "_SourcePart":  # noqa: ANN401  # as Bytewax has it
        return _SourcePart(self._first.call(self._source.build_part, step_id, for_part, resume_state), self._first)


class _SourcePart(StatefulSourcePartition[Any, Any]):
    def __init__(self, part: StatefulSourcePartition[Any, Any], first: FirstError) -> None:
        self._part = part
        self._first = first

    def next_batch(self) -> Iterable[Any]:
        return self._first.call(lambda: list(self._part.next_batch()))

    def next_awake(self) -> datetime | None:
        return self._part.next_awake()

    def snapshot(self) -> Any:  # noqa: ANN401  # as Bytewax has it
        return self._first.call(self._part.snapshot)

    def close(self) -> None:
        self._first.call(self._part.close)


class _Sink(FixedPartitionedSink[Any, Any]):
    def __init__(self, sink: FixedPartitionedSink[Any, Any], first: FirstError) -> None:
        self._sink = sink
        self._first = first

    def list_parts(self) -> list[str]:
        return self._first.call(self._sink.list_parts)

    def part_fn(self, item_key: str) -> int:
        return self._sink.part_fn(item_key)

    def build_part(self, step_id: str, for_part: str, resume_state: Any) -> "_SinkPart":  # noqa: ANN401  # as Bytewax has it
        return _SinkPart(self._first.call(self._sink.build_part, step_id, for_part, resume_state), self._first)


class _SinkPart(StatefulSinkPartition[Any, Any]):
    def __init__(self, part: StatefulSinkPartition[Any, Any], first: FirstError) -> None:
        self._part = part
        self._first = first

    def write_batch(self, values: list[Any]) -> None:
        self._first.call(self._part.write_batch, values)

    def snapshot(self) -> Any:  # noqa: ANN401  # as Bytewax has it
        return self._first.call(self._part.snapshot)

    def close(self) -> None:
        self._first.call(self._part.close)
