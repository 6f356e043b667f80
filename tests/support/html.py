"""Pages as tests read them. One text is parsed once, however often it is looked at."""

from functools import lru_cache

from bs4 import BeautifulSoup
from bs4.element import PageElement
from webtest import TestResponse


def soup(response: TestResponse) -> BeautifulSoup:
    """The page. It is everybody's: who takes something out of it takes one of its own."""
    return _parsed(response.text)


def soup_of_its_own(response: TestResponse) -> BeautifulSoup:
    """The page, to take out of it what is not looked at."""
    return BeautifulSoup(response.text, "html.parser")


@lru_cache(maxsize=16)
def _parsed(text: str) -> BeautifulSoup:
    return BeautifulSoup(text, "html.parser")


def is_shown(part: PageElement) -> bool:
    """Whether it is on the page, and not in a template that only a script puts there."""
    return part.find_parent("template") is None
