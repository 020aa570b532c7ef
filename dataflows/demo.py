"""The demo's parts: a broker of its own, its topics, three strategies of different kinds, and real candles."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from dataflows.brokers.broker import Broker
from dataflows.brokers.embedded import EmbeddedBroker
from dataflows.brokers.external import connect_broker
from dataflows.control_client import ControlClient
from dataflows.demo_data import GAP_TOLERANCE_BARS, DemoCandles
from dataflows.feed import Fed, feed
from dataflows.kafka import topic_layout
from dataflows.kafka.codec import build_codec
from dataflows.settings import Settings, load
from dataflows.stop import StopFlag
from dataflows.template_files import template_bytes
from schemas.candle_row import CandleRow
from schemas.strategy import StrategyConfig
from schemas.strategy_file import load_strategy
from schemas.topics import CANDLES

STRATEGIES = ("macd_momentum", "rsi_mean_reversion", "bollinger_breakout")
"""The templates that the demo runs: three of different kinds, all at home on daily candles."""


@dataclass(frozen=True)
class Demo:
    """A running broker with topics and deployed strategies."""

    broker: Broker
    settings: Settings
    strategies: tuple[StrategyConfig, ...]

    def feed(self, candles: "DemoCandles | Slice", *, speed: float | None = None, stop: StopFlag | None = None) -> Fed:
        """Produce candles to the candle topic."""
        return feed(
            candles,
            client_config=self.settings.kafka_client_config(),
            topic=CANDLES.prefixed(self.settings.topic_prefix),
            codec=build_codec(self.settings),
            speed=speed,
            stop=stop,
        )


@dataclass(frozen=True)
class Slice:
    """A part of some candles: those that opened before, or from, a time."""

    of: DemoCandles
    before: int | None = None
    since: int | None = None

    @property
    def name(self) -> str:
        """What it is a part of."""
        return self.of.name

    def batches(self) -> Iterator[list[CandleRow]]:
        """The rows of that part."""
        for batch in self.of.batches():
            yield [
                row
                for row in batch
                if (self.before is None or row[2] < self.before) and (self.since is None or row[2] >= self.since)
            ]


def demo_strategies() -> tuple[StrategyConfig, ...]:
    """The templates that the demo runs."""
    return tuple(load_strategy(template_bytes(name), origin=f"{name}.json") for name in STRATEGIES)


@contextmanager
def running_demo(bootstrap_servers: str | None = None) -> Iterator[Demo]:
    """The embedded broker (or one that runs already), its topics made and the strategies deployed."""
    broker = connect_broker(bootstrap_servers) if bootstrap_servers else EmbeddedBroker()
    with broker:
        settings = load(bootstrap_servers=broker.bootstrap_servers, gap_tolerance_bars=GAP_TOLERANCE_BARS)
        topic_layout.create(settings)
        strategies = demo_strategies()
        control = ControlClient(settings)
        for config in strategies:
            control.deploy(config)
        yield Demo(broker, settings, strategies)
