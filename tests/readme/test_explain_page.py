"""What the page on explanations shows is what the program prints."""

import doctest
import re
import shlex
import sys
from pathlib import Path

import pytest

from tests.readme.pages import GUIDE
from ui.cli import printing
from ui.cli.main import main

WIDTH = 140  # nothing is wrapped on the page


def test_explanations_of_a_file_are_those_that_are_shown(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    page = (GUIDE / "explain.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(printing.out, "_width", WIDTH)
    [strategy] = re.findall(r"^```json\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    (tmp_path / "dip.json").write_text(strategy, encoding="utf-8")
    shown = re.findall(r"^\$ candelabra (explain [^\n]+--candles [^\n]+)\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    assert len(shown) == 2  # what it did, and why it did nothing
    for line, expected in shown:
        monkeypatch.setattr(sys, "argv", ["candelabra", *shlex.split(line)])
        capfd.readouterr()
        with pytest.raises(SystemExit):
            main()
        printed = capfd.readouterr().out
        assert doctest.OutputChecker().check_output(expected, printed, doctest.NORMALIZE_WHITESPACE), printed
