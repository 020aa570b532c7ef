"""The examples of the page on fills give what it says."""

import doctest

from tests.readme.pages import GUIDE


def test_every_example_gives_what_the_page_says() -> None:
    page = str(GUIDE / "fills.md")
    tried = doctest.testfile(page, module_relative=False, encoding="utf-8")
    assert tried.attempted >= 40
    assert tried.failed == 0
