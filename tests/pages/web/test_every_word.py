"""Every word on every page goes through the catalogue: with a language that only marks them, none is unmarked."""

import re
from collections.abc import Iterator
from gettext import NullTranslations

import pytest
from bs4 import BeautifulSoup, Comment, Doctype, Tag

from blockmrs.controllers.web.wrappers import languages
from tests.pages.web.test_access import TABLE, Row, ask
from tests.support.access_names import Known, Names
from tests.support.cast import NOBODY, PERSONS, PLAYER, Cast, play_in
from tests.support.html import soup
from tests.support.quick import quick_folder
from tests.support.snapshot import Snapshot

MARKED = re.compile(r"⟦[^⟦⟧]*⟧")
WORD = re.compile(r"[^\W\d_]{2,}")
# What people entered, and names that no language changes.
GIVEN = re.compile(
    "|".join(
        [
            *PERSONS.values(),
            *PERSONS,
            *(PLAYER, "Nils Berg", "Ann Example", "Ben Blue", r"\bAl\b", r"\bBo\b"),
            *("Dr Colleague", "(?:North|South|East|West|New) Hospital", "1 Road", "New Name", "Marlow Park"),
            *("1 Marlow Lane", "1 Park Lane", "North U15", "North Field", "East Park", "Rugby"),
            "Landed on the back of the head.",
            *(
                "BlockMRS",
                "UTC",
                r"\{\{zone\}\}",
                "localhost",
                "[0-9A-Z]{4}(?:-[0-9A-Z]{4})+",
                r"\b[0-9a-f]{16,}\b",
                "Penicillin",
            ),
        ]
    )
)
ENDS_SESSIONS = ("/logout", "/settings/sign_out_everywhere")
OWN_LANGUAGE = "/field/kept/"  # the address names the language, whatever the browser speaks
SHOWN_ATTRIBUTES = ("aria-label", "title", "alt", "placeholder", "data-hide-word", "data-done-word", "data-title")


class Marking(NullTranslations):
    """A language whose translation of a message is the message in brackets."""

    def gettext(self, message: str) -> str:
        core = message.strip()
        return message.replace(core, f"⟦{core}⟧") if core else message

    def ngettext(self, one: str, several: str, number: int) -> str:
        return f"⟦{one if number == 1 else several}⟧"


def shown(tag: Tag) -> Iterator[str]:
    """The texts in a tag that everybody reads in the language of the page."""
    is_code = tag.name in ("style", "script", "code")
    for child in tag.children:
        if isinstance(child, Tag):
            # What says its own language, such as the other one's button and a source's title; and identifiers.
            own = child.name != "html" and (child.get("lang") or "mono" in child.get("class", []))
            if not own and child.get("translate") != "no":
                yield from shown(child)
        elif not is_code and not isinstance(child, Comment | Doctype):
            yield str(child)


def unmarked(soup: BeautifulSoup) -> Iterator[str]:
    """Each shown text of a page that holds a word which no catalogue knows."""
    texts = list(shown(soup))
    texts += [str(tag[name]) for tag in soup.find_all() for name in SHOWN_ATTRIBUTES if tag.get(name)]
    for text in texts:
        rest = text
        while MARKED.search(rest):
            rest = MARKED.sub(" ", rest)
        if WORD.search(GIVEN.sub(" ", rest)):
            yield text.strip()


@pytest.fixture(scope="module")
def cast() -> Iterator[Cast]:
    with quick_folder() as folder:
        cast = play_in(folder)
        yield cast
        cast.site.foundation.database.engine.dispose()


@pytest.fixture(autouse=True)
def _marking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(languages, "texts", lambda _language: Marking())


PAGES = [row for row in TABLE if row.route not in ENDS_SESSIONS and not row.route.startswith(OWN_LANGUAGE)]


@pytest.fixture(scope="module")
def snapshot(cast: Cast) -> Snapshot:
    """The site as everybody finds it: what one row changes, no other sees."""
    return Snapshot(cast.site)


@pytest.mark.parametrize("row", PAGES, ids=str)
def test_every_word_of_every_page_is_a_message_and_every_page_can_switch(
    cast: Cast, snapshot: Snapshot, row: Row
) -> None:
    wrong_on = {}
    known: Known = {}
    # The document of the rules is long, and the same for everybody.
    readers = (NOBODY,) if row.route.startswith("/about") else ("author", "family", "recipient", "admin", NOBODY)
    with snapshot.undone():
        for persona in readers:
            for method in ("GET", "POST"):
                names = Names(cast, persona, known=known)
                response = ask(cast, cast.usual_browser(persona), row, method, persona, names)
                if response.content_type == "text/html" and response.status_int != 302:
                    page = soup(response)
                    wrong = list(unmarked(page))
                    if "<html" in response.text and len(page.select("form.speak button")) != 1:
                        wrong.append("no way to another language")
                    wrong_on[f"{method} as {persona}: {response.status_int}"] = wrong
    assert {page: texts for page, texts in wrong_on.items() if texts} == {}
