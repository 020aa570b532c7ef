"""Graphs that are not to be trusted: each reads what it must not, in a step put after the real ones."""

import itertools
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import bytewax.operators as op
from bytewax.operators import KeyedStream

from dataflows import graph
from dataflows.graph import FeedItem, Outputs, Parameters
from operators.strategy.catalog import Catalog
from operators.tally import Tally
from schemas.signal import Signal

Keyed = tuple[str, Signal]


def marked(item: Keyed, *, wrong: bool) -> Keyed:
    key, signal = item
    return key, signal.model_copy(update={"rule": "wrong"}) if wrong else signal


def counts_arrivals(feed: KeyedStream[FeedItem], *, catalog: Catalog, tally: Tally, parameters: Parameters) -> Outputs:
    """Every hundredth signal of all keys together, in the order of their arrival."""
    outputs, seen = graph.build(feed, catalog=catalog, tally=tally, parameters=parameters), itertools.count(1)
    counted = op.map("planted", outputs.signals, lambda item: marked(item, wrong=next(seen) % 100 == 0))
    return replace(outputs, signals=counted)


def looks_at_batches(feed: KeyedStream[FeedItem], *, catalog: Catalog, tally: Tally, parameters: Parameters) -> Outputs:
    """The second signal of what comes at once."""
    outputs = graph.build(feed, catalog=catalog, tally=tally, parameters=parameters)

    def second(batch: Iterable[Keyed]) -> Iterable[Keyed]:
        return [marked(item, wrong=place == 1) for place, item in enumerate(batch)]

    return replace(outputs, signals=op.flat_map_batch("planted", outputs.signals, second))


def distrusts_old_news(
    feed: KeyedStream[FeedItem], *, catalog: Catalog, tally: Tally, parameters: Parameters
) -> Outputs:
    """What comes more than half an hour, by the machine's date, after anything did."""
    outputs = graph.build(feed, catalog=catalog, tally=tally, parameters=parameters)
    last = datetime.now(UTC)

    def fresh(item: Keyed) -> Keyed:
        nonlocal last
        before, last = last, datetime.now(UTC)
        return marked(item, wrong=last - before > timedelta(minutes=30))

    return replace(outputs, signals=op.map("planted", outputs.signals, fresh))


def times_out(feed: KeyedStream[FeedItem], *, catalog: Catalog, tally: Tally, parameters: Parameters) -> Outputs:
    """As above, by a steady clock."""
    outputs = graph.build(feed, catalog=catalog, tally=tally, parameters=parameters)
    last = time.monotonic()

    def fresh(item: Keyed) -> Keyed:
        nonlocal last
        before, last = last, time.monotonic()
        return marked(item, wrong=last - before > 1_800)

    return replace(outputs, signals=op.map("planted", outputs.signals, fresh))


def forgets(feed: KeyedStream[FeedItem], *, catalog: Catalog, tally: Tally, parameters: Parameters) -> Outputs:
    """The first signal of each key that this process sees: what a step does whose state is in no snapshot."""
    outputs, known = graph.build(feed, catalog=catalog, tally=tally, parameters=parameters), set[str]()

    def first(item: Keyed) -> Keyed:
        new = item[0] not in known
        known.add(item[0])
        return marked(item, wrong=new)

    return replace(outputs, signals=op.map("planted", outputs.signals, first))
