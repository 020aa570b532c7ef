"""What the loader says of a strategy file that it refuses."""

import json

import pytest

from schemas.problems import StrategyFileError
from schemas.strategy_file import load_strategy


def problems(document: object) -> list[str]:
    """What is wrong, a text for each problem."""
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    with pytest.raises(StrategyFileError) as caught:
        load_strategy(content, origin="dip.json")
    found = [str(problem) for problem in caught.value.problems]
    count = "1 problem" if len(found) == 1 else f"{len(found)} problems"
    assert str(caught.value).splitlines()[0] == f"dip.json: {count}"
    return found
