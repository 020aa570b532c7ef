"""Who reads topics need not load what works them: a verb that only looks answers soon."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    "module", ["operators.control.placing", "dataflows.recovery.store", "dataflows.dead_letters.listing"]
)
def test_neither_indicators_nor_an_http_client_are_loaded_to_look(module: str) -> None:
    program = f"import sys, {module}; print(sorted({{'talib', 'numpy', 'httpx'}} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
