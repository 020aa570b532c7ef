"""What verbs that send commands share: who signs, and answers as a table."""

from pathlib import Path

import pytest
from rich.console import Console

from schemas.lifecycle import State, StrategyStatus
from ui.cli.strategy_report import signed, status_table


def test_an_option_signs_before_the_settings_and_the_settings_before_the_login_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "login")
    assert signed(None, "why") == signed("login", "why")
    Path(".env").write_text("CANDELABRA_AUTHOR=ada\n", encoding="utf-8")
    assert signed(None, "why").author == "ada"
    assert signed("bob", "why").author == "bob"


def test_what_somebody_wrote_is_shown_as_it_is() -> None:
    refused = StrategyStatus(strategy="s", state=State.REFUSED, reason="version 2 is current (by [/ada])")
    console = Console(width=200)
    with console.capture() as said:
        console.print(status_table([refused]))
    assert "(by [/ada])" in said.get()
