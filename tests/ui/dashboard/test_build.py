"""Bundling the chart: what it needs, and that nothing foreign or local is written down."""

import json
import os
from pathlib import Path

import pytest

from ui.dashboard import build
from ui.dashboard.build import COMPONENT, ChartBuildError


def program(path: Path, prints: str) -> Path:
    path.write_text(f"#!/bin/sh\necho {prints}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_the_lock_file_pins_every_package_and_names_no_host() -> None:
    text = (COMPONENT / "package-lock.json").read_text(encoding="utf-8")
    packages = json.loads(text)["packages"]
    assert "://" not in text
    assert packages["node_modules/lightweight-charts"]["version"].startswith("5.")
    assert all("integrity" in entry for name, entry in packages.items() if name)


@pytest.mark.skipif(os.name == "nt", reason="the stand-in programs are shell scripts")
def test_an_old_node_without_the_wheel_is_refused_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "node", "v18.19.0")
    program(tmp_path / "npm", "9.0.0")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(ChartBuildError, match=r"Node 20 or later; found Node 18 at .*pip install -e '.\[build\]'"):
        build.node_directory()


@pytest.mark.skipif(os.name == "nt", reason="the stand-in programs are shell scripts")
def test_a_node_that_is_new_enough_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "node", "v20.1.0")
    program(tmp_path / "npm", "9.0.0")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert build.node_directory() == tmp_path


def test_a_bundle_that_is_up_to_date_is_left_alone() -> None:
    try:
        build.build_chart()
    except ChartBuildError as missing:
        pytest.skip(str(missing))
    made = {path: path.stat().st_mtime_ns for path in build.BUILT.iterdir()}
    assert build.build_chart() is False
    assert {path: path.stat().st_mtime_ns for path in build.BUILT.iterdir()} == made
