"""A run that began cold says so to its sinks, with a store or without: nothing of it is held back as removed."""

from pathlib import Path
from typing import Any

import pytest

from dataflows.kafka.sink import RecordSink
from dataflows.live import Live
from dataflows.recovery.manifest import Begun, Manifest
from dataflows.settings import Settings


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir("/")  # no .env
    return Settings(bootstrap_servers="127.0.0.1:1")


def sinks(live: Live) -> list[RecordSink[Any]]:
    """Of a flow that was not run."""
    found, left = [], list(live.flow().substeps)
    while left:
        one = left.pop()
        left += one.substeps
        if type(one).__name__ == "output":
            found.append(one.sink.sink)  # type: ignore[attr-defined]  # an operator of another kind has none
    return found


def test_without_a_store_a_run_is_cold_where_it_was_told_to_be(settings: Settings) -> None:
    assert [sink.cold for sink in sinks(Live(settings))] == [False] * 10
    assert [sink.cold for sink in sinks(Live(settings, cold=True))] == [True] * 10


@pytest.mark.parametrize("begun", [Begun.FIRST, Begun.REBUILD, Begun.COLD])
def test_with_a_store_it_is_as_the_store_began(settings: Settings, begun: Begun, tmp_path: Path) -> None:
    kept = settings.model_copy(update={"recovery_dir": tmp_path})
    Manifest.of(kept, "cluster", begun).write(tmp_path)
    assert {sink.cold for sink in sinks(Live(kept))} == {begun is Begun.COLD}
