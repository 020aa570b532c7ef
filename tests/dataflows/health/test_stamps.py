"""The table of record timestamps: what was noted is found, by whichever process of the machine."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflows.health.stamps import Stamps

CLOSES = st.integers(0, 4_102_444_800).map(lambda seconds: seconds * 1000)
CANDLES = st.dictionaries(st.tuples(st.sampled_from(["BTCUSDT", "ETHUSDT", "A"]), CLOSES), st.integers(1, 2**43))

NOTE = "from dataflows.health.stamps import Stamps; Stamps.shared('one').note('BTCUSDT', 60_000, 61_000)"


@given(CANDLES)
def test_what_is_found_is_what_was_noted(candles: dict[tuple[str, int], int]) -> None:
    stamps = Stamps()
    for (symbol, close), recorded in candles.items():
        stamps.note(symbol, close, recorded)
    found = {candle: stamps.find(*candle) for candle in candles}
    assert all(recorded in {None, candles[candle]} for candle, recorded in found.items())
    assert not candles or any(found.values())


def test_a_thousand_series_of_an_instant_hardly_get_into_each_others_way() -> None:
    stamps, symbols = Stamps(), [f"SYM{number}" for number in range(1_000)]
    for minute in range(5):
        for symbol in symbols:
            stamps.note(symbol, minute * 60_000, 7)
    found = sum(stamps.find(symbol, 4 * 60_000) is not None for symbol in symbols)
    assert found > 950


def test_a_candle_that_was_not_noted_is_not_found() -> None:
    stamps = Stamps()
    assert stamps.find("BTCUSDT", 60_000) is None
    stamps.note("BTCUSDT", 60_000, 61_000)
    assert stamps.find("ETHUSDT", 60_000) is None


def test_an_entry_written_by_two_at_once_is_not_found() -> None:
    table = bytearray(1 << 20)
    one, other = Stamps(table), Stamps(bytearray(1 << 20))
    one.note("BTCUSDT", 60_000, 61_000)
    place = next(place for place in range(0, len(table), 16) if any(table[place : place + 16]))
    other.note("BTCUSDT", 120_000, 121_000)
    table[place + 8 : place + 16] = b"\x01\x02\x03\x04\x05\x06\x07\x08"  # the second half is another's
    assert one.find("BTCUSDT", 60_000) is None


def test_another_process_finds_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    path = {"TMPDIR": str(tmp_path), "PYTHONPATH": ":".join(filter(None, sys.path))}
    subprocess.run([sys.executable, "-c", NOTE], env=path, check=True, timeout=60)
    assert Stamps.shared("one").find("BTCUSDT", 60_000) == 61_000
    assert Stamps.shared("another").find("BTCUSDT", 60_000) is None
    assert [file.stat().st_mode & 0o777 for file in tmp_path.iterdir()] == [0o600, 0o600]


def test_somebody_elses_link_is_not_followed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    Stamps.shared("one")
    [file] = tmp_path.iterdir()
    target = tmp_path / "precious"
    target.write_text("as it was", encoding="utf-8")
    file.unlink()
    file.symlink_to(target)
    with pytest.raises(OSError, match="symbolic links"):
        Stamps.shared("one")
    assert target.read_text(encoding="utf-8") == "as it was"
