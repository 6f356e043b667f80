"""`/about`: what the site says about itself. It needs no account, and says nothing about anybody.

GET  /about/privacy        what is stored where, who can read it, and how to end it
GET  /about/terms          the operator's own terms; not there if they have none
GET  /about/contact        how to reach the operator; not there if they do not say

`/about/advice` is how the advice is made, for whoever reviews it:

GET  /about/advice         contents: intended use, versions, every part of the advice, the sources
GET  /about/advice/<name>  one presentation: its questions, rules, facts and advice; its id in the rules leads there
GET  /about/advice/all     everything on one page, to be printed
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import tg
from tg import TGController, expose, redirect

from blockmrs.controllers.site.dates import format_day
from blockmrs.controllers.site.language import current_language
from blockmrs.controllers.site.rendering import MadeOnce
from blockmrs.controllers.web.context import PAGE, current_actor, show, site
from blockmrs.errors import NotFound

if TYPE_CHECKING:
    from blockmrs.services.advice.document import AdviceDocument

FRESH_S = 3600
CONTENTS = "/about/advice"


class AboutController(TGController):
    """What the site says about itself."""

    def __init__(self, document: AdviceDocument) -> None:
        super().__init__()
        self.advice = AdviceController(document)

    @expose(allowed_methods=PAGE)
    def privacy(self, **_ignored: object) -> str:
        """What is stored where, who can read it, and how to end it."""
        return show("about.privacy")

    @expose(allowed_methods=PAGE)
    def terms(self, **_ignored: object) -> str:
        """The operator's terms, as they wrote them: plain text, of which nothing is markup.

        Raises:
            NotFound: they have none.
        """
        text = site().operator.terms_in(current_language())
        if not text:
            raise NotFound("this site has no terms")
        return show("about.terms", paragraphs=re.split(r"\n\s*\n", text))

    @expose(allowed_methods=PAGE)
    def contact(self, **_ignored: object) -> str:
        """How to reach the operator.

        Raises:
            NotFound: they do not say.
        """
        if not site().operator.is_reachable:
            raise NotFound("this site names no contact")
        return show("about.contact")


class AdviceController(TGController):
    """The document of the rules. Its pages are made for nobody in particular, so they are kept, here and elsewhere."""

    def __init__(self, document: AdviceDocument) -> None:
        super().__init__()
        self._document = document
        self._made: dict[tuple[str, str], str] = {}
        self._once = MadeOnce()

    @expose(allowed_methods=PAGE)
    def index(self, **_ignored: object) -> str:
        """The contents."""
        return self._page("contents", lambda: {"chapters": self._document.chapters()})

    @expose(allowed_methods=PAGE)
    def all(self, **_ignored: object) -> str:
        """Everything."""
        return self._page("all", lambda: {"chapters": self._document.chapters()})

    @expose()
    def _lookup(self, name: str, *rest: str) -> tuple[ChapterController, tuple[str, ...]]:
        return ChapterController(self.chapter, name), rest

    def chapter(self, name: str) -> str:
        """One presentation. An address made from its id, as they were once, leads on.

        Raises:
            NotFound: there is none with that name.
        """
        now_called = self._document.now_called(name)
        if now_called is not None:
            redirect(f"{CONTENTS}/{now_called}")
        chapter = self._document.chapter(name)
        return self._page("chapter", lambda: {"chapter": chapter}, name)

    def _page(self, template: str, values: Callable[[], dict[str, Any]], name: str = "") -> str:
        def made() -> str:
            given: dict[str, Any] = {
                "document": self._document,
                "rules": self._document.rules,
                "day": format_day,
                "once": self._once,
            }
            return show(f"about.{template}", **given, **values())

        if current_actor() is not None:
            return made()
        tg.response.headers["Cache-Control"] = f"public, max-age={FRESH_S}"
        key = (name or f"/{template}", current_language())
        if key not in self._made:
            self._made[key] = made()
        return self._made[key]


class ChapterController(TGController):
    """One presentation's address."""

    def __init__(self, show_chapter: Callable[[str], str], name: str) -> None:
        super().__init__()
        self._show_chapter = show_chapter
        self._name = name

    @expose(allowed_methods=PAGE)
    def index(self, **_ignored: object) -> str:
        """Its questions, rules and advice."""
        return self._show_chapter(self._name)
