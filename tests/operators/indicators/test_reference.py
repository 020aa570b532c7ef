"""The reference page says what the code says."""

from pathlib import Path

from operators.indicators.catalog import CATALOG
from operators.indicators.reference import PAGE, reference_page

ROOT = Path(__file__).parents[3]


def test_the_page_is_what_the_definitions_give() -> None:
    written = (ROOT / "operators" / "indicators" / PAGE).read_text(encoding="utf-8")
    assert written.rstrip("\n") == reference_page().rstrip("\n"), (
        f"write it anew: python -m operators.indicators.reference > operators/indicators/{PAGE}"
    )


def test_every_indicator_is_on_the_page() -> None:
    page = reference_page()
    assert [name for name in CATALOG if f"**`{name}`**" not in page] == []
