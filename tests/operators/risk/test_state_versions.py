"""State of the steps behind portfolios: what no release that is known has written is refused, not guessed at."""

import pytest

from operators.risk.gathering import GatherStep
from operators.risk.portfolio_step import PortfolioStep
from operators.snapshot import SnapshotRefused


@pytest.mark.parametrize(
    ("step", "what"), [(GatherStep, "gathered reports"), (PortfolioStep, "portfolio step")], ids=["gather", "portfolio"]
)
@pytest.mark.parametrize("number", [0, 2, None])
def test_another_version_is_refused(step: type[GatherStep | PortfolioStep], what: str, number: int | None) -> None:
    state = step().snapshot()
    assert state["schema_version"] == 1
    assert step(state).snapshot() == state
    with pytest.raises(SnapshotRefused, match=rf"^{what}: schema version {number}, expected 1$"):
        step({**state, "schema_version": number})


def test_the_form_of_version_1_stays_as_it_is() -> None:
    """A change of it needs another version, and a way there from this one."""
    assert set(GatherStep().snapshot()) == {"schema_version", "symbol", "next", "pending", "claims"}
    assert set(PortfolioStep().snapshot()) == {
        "schema_version",
        "barrier",
        "entry",
        "follower",
        "commands",
        "done",
        "standing",
    }
