"""One round of measuring is enough where nobody looks at the figures."""

import pytest


@pytest.fixture(autouse=True)
def one_round(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dataflows.check.cost.ROUNDS", 1)
