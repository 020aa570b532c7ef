"""What an update may not change is told before anything is sent: no number is used up, no worker has to refuse it."""

import pytest

from dataflows import control_client
from dataflows.control_client import ControlClient
from dataflows.settings import Settings
from operators.control.compaction import Written
from operators.control.registry import Registry
from operators.strategy.catalog import Catalog
from schemas.lifecycle import StrategyStatus
from schemas.problems import StrategyFileError
from schemas.strategy import StrategyConfig
from schemas.strategy_file import parse_strategy


class Log:
    """The control topic in memory; ``sent`` is all that was written."""

    def __init__(self) -> None:
        self.sent: list[Written] = []
        self._registry = Registry(Catalog())

    def registry_of(self, strategy: str) -> Registry:
        del strategy
        return self._registry

    def add(self, record: Written) -> StrategyStatus:
        self.sent.append(record)
        return self._registry.apply(record)

    def mend(self, strategy: str) -> None:
        del strategy


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    log = Log()
    monkeypatch.setattr(control_client, "ControlTopic", lambda *_: log)
    monkeypatch.setattr(control_client, "live_instant", lambda *_: None)
    return log


def config(*symbols: str, most: int = 1) -> StrategyConfig:
    document = {
        "id": "dip",
        "symbols": list(symbols),
        "rules": {"entry": {"condition": "close > 1"}, "exit": {"condition": "close < 1"}},
        "risk": {"limits": {"max_concurrent_positions": most}},
    }
    return parse_strategy(document, origin="dip.json")


def test_an_update_to_other_symbols_is_refused_and_nothing_is_sent(log: Log) -> None:
    client = ControlClient(Settings())
    client.deploy(config("BTC/USDT", "ETHUSDT"))
    assert len(log.sent) == 2
    with pytest.raises(StrategyFileError, match="symbols: expected the 2 symbols BTCUSDT, ETHUSDT counted together as"):
        client.update(config("BTC/USDT", "SOLUSDT"))
    assert len(log.sent) == 2
    assert client.update(config("BTCUSDT", "ETHUSDT", most=2)).desired.version == 2
