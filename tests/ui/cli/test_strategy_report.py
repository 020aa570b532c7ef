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


def test_answers_are_in_order_of_symbol_and_length_with_styles_where_they_are_told() -> None:
    told = [("BBB", "1m"), ("AAA", "1w"), ("AAA", "4h"), (None, None), ("AAA", "90m"), ("AAA", "7d")]
    statuses = [StrategyStatus(strategy="s", symbol=symbol, timeframe=one, state=State.RUNNING) for symbol, one in told]
    plain, styled = status_table(statuses), status_table(statuses, {"s|AAA|4h": "day"})
    series = ["(the command)", "AAA 90m", "AAA 4h", "AAA 1w", "AAA 7d", "BBB 1m"]
    assert list(plain.columns[0].cells) == list(styled.columns[0].cells) == series
    assert [column.header for column in plain.columns][:2] == ["series", "state"]
    assert list(styled.columns[1].cells) == ["-", "-", "day", "-", "-", "-"]
