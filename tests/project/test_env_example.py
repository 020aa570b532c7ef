""".env.example shows every setting, and its lines can be used."""

import re
from pathlib import Path

import pytest

from dataflows.settings import PREFIX, Settings, load

LINES = (Path(__file__).parents[2] / ".env.example").read_text(encoding="utf-8").splitlines()
SHOWN: dict[str, str] = {
    match[1]: match[2] for line in LINES if (match := re.fullmatch(rf"#({PREFIX}[A-Z_]+)=(.*)", line))
}


def test_every_setting_is_shown_once() -> None:
    names = [line[1:].partition("=")[0] for line in LINES if line.startswith(f"#{PREFIX}")]
    assert names == list(dict.fromkeys(names))
    assert set(names) == {PREFIX + name.upper() for name in Settings.model_fields}


def test_nothing_is_switched_on_by_copying_it() -> None:
    assert [line for line in LINES if line and not line.startswith("#")] == []


def test_no_secret_has_an_example() -> None:
    secrets = [name for name in SHOWN if "PASSWORD" in name or name.endswith("SECRET")]
    assert len(secrets) >= 5
    assert [name for name in secrets if SHOWN[name]] == []


@pytest.mark.parametrize("name", [name for name, field in Settings.model_fields.items() if field.default is not None])
def test_a_default_is_shown_as_it_is(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for variable in SHOWN:
        monkeypatch.delenv(variable, raising=False)
    default = getattr(load(), name)
    if name == "librdkafka":
        assert default == {}
        return
    monkeypatch.setenv(PREFIX + name.upper(), SHOWN[PREFIX + name.upper()])
    assert getattr(load(), name) == default
