"""The reference page says what the code says."""

import re
from pathlib import Path

from operators.indicators.catalog import CATALOG
from operators.indicators.reference import PAGE, reference_page

PATTERNS = "Pattern Recognition"  # a table, of which all have the same states
ROOT = Path(__file__).parents[3]


def test_the_page_is_what_the_definitions_give() -> None:
    written = (ROOT / "operators" / "indicators" / PAGE).read_text(encoding="utf-8")
    assert written.rstrip("\n") == reference_page().rstrip("\n"), (
        f"write it anew: python -m operators.indicators.reference > operators/indicators/{PAGE}"
    )


def test_every_indicator_is_on_the_page() -> None:
    page = reference_page()
    assert [name for name in CATALOG if f"\n### {name}\n" not in page and f"\n| `{name}` | " not in page] == []


def test_every_name_and_every_state_can_be_looked_up() -> None:
    page = reference_page()
    definitions = CATALOG.values()
    names = [name for definition in definitions for name in (*definition.aliases, *definition.outputs)]
    names += [parameter.name for definition in definitions for parameter in definition.parameters]
    names += [
        f"{'NAME' if definition.group == PATTERNS else name}_{state}"
        for name, definition in CATALOG.items()
        for state in definition.states
    ]
    assert [name for name in names if f"`{name}`" not in page] == []


def test_every_link_leads_to_a_heading() -> None:
    page = reference_page()
    headings = {line.lstrip("# ").casefold().replace(" ", "-") for line in page.splitlines() if line.startswith("#")}
    links = re.findall(r"\]\(#([^)]*)\)", page)
    assert len(links) > 100
    assert set(links) <= headings
