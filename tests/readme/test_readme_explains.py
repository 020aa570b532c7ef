"""The explanation that README shows is what the program prints."""

import doctest
import re
import shlex
import sys
from pathlib import Path

import pytest

from tests.readme.pages import ROOT
from ui.cli import printing
from ui.cli.main import main

WIDTH = 150  # nothing is wrapped


def test_the_explanation_of_a_bar_is_the_one_that_is_shown(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(printing.out, "_width", WIDTH)
    [strategy] = re.findall(r"`stops\.json`:\n\n```json\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    (tmp_path / "stops.json").write_text(strategy, encoding="utf-8")
    [(line, expected)] = re.findall(r"^\$ candelabra (explain [^\n]+)\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    monkeypatch.setattr(sys, "argv", ["candelabra", *shlex.split(line)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    printed = capfd.readouterr().out
    assert doctest.OutputChecker().check_output(expected, printed, doctest.NORMALIZE_WHITESPACE), printed
