"""A partition that is read for what is on it already: a broker that goes away meanwhile is not waited for for ever."""

from contextlib import closing
from functools import partial

import pytest

from dataflows.brokers.ports import free_port
from dataflows.errors import BrokerUnreachable
from dataflows.kafka import patience
from dataflows.kafka.already import Already, Sought
from dataflows.kafka.patience import Patience
from dataflows.kafka.written import Written


@pytest.fixture
def gone(monkeypatch: pytest.MonkeyPatch) -> dict[str, str | int | float | bool]:
    """A broker that said which offsets there are, and is not there any more."""
    monkeypatch.setattr(Written, "_range", lambda _self: (0, 5))
    return {"bootstrap.servers": f"127.0.0.1:{free_port()}"}


def test_one_that_says_nothing_more_ends_it(
    gone: dict[str, str | int | float | bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dataflows.kafka.written.Patience", partial(Patience, seconds=0.3))
    with (
        closing(Written(gone, "alerts", 0)) as written,
        pytest.raises(
            BrokerUnreachable, match=r"^alerts\[0\]: expected to read it to its end, and the broker has said"
        ),
    ):
        written.into(Already(Sought()), Sought())


def test_whoever_is_asked_to_end_meanwhile_does(
    gone: dict[str, str | int | float | bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "ASKED_SECONDS", 0.1)
    with (
        closing(Written(gone, "alerts", 0, lambda: True)) as written,
        pytest.raises(BrokerUnreachable, match=r"^alerts\[0\]: asked to end while it is read, and the broker says"),
    ):
        written.into(Already(Sought()), Sought())
