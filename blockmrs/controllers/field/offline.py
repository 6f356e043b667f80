"""What the phone keeps, so that `/field` needs no signal: rules, blank pages, and the worker that answers from them.

  GET /field/kept/addresses/<language>   what is kept, and in which version; the script's first question
  GET /field/kept/rules/<language>       the rules as data (docs/offline.md)
  GET /field/kept/words                  what people call their complaints, in all languages
  GET /field/kept/pages/<language>       the pages that the script fills
  GET /field/kept/away/<language>        what any other page shows while there is no signal
  GET /sw.js                             the service worker, which names all of it

All of it is public and the same for everybody. It is made when it is first asked for, once for each language.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import tg
from tg import TGController, expose

from blockmrs.controllers.field.blank import blank_handover, blank_pages, blank_proposals, blank_result, script_words
from blockmrs.controllers.site.assets import DIGEST_CHARACTERS
from blockmrs.controllers.site.language import current_language, speak
from blockmrs.controllers.web.context import PAGE, rule_text, site
from blockmrs.domain.triage.portable import encode_rules
from blockmrs.domain.triage.routing import words_as_data
from blockmrs.domain.triage.rules import Level
from blockmrs.errors import NotFound
from blockmrs.i18n.languages import LANGUAGES

if TYPE_CHECKING:
    from blockmrs.services.advice.interviews import TriageService
    from blockmrs.services.advice.who_is_told import WhoIsTold

TEMPLATES = "blockmrs.templates.field."
ENGINE = ("/js/engine/triage.js", "/js/engine/interviews.js")
SCRIPTS = (*ENGINE, "/js/engine/routing.js", "/js/field/views.js", "/js/field/ask.js")
FIRST_SCREEN = "/field"
LISTS = "/field/kept/addresses/"
"""Where the list of all this is, followed by the language."""
REPORTS = "/field/phone"
"""The page of the reports that wait on the phone: the same for everybody (phone.py)."""
HELP = "/help"
"""What to do without a signal is read without one."""
OF_REPORTS = tuple(f"/js/phone/{name}.js" for name in ("outbox", "keep", "reading", "writing", "waiting"))
REPORT_SCRIPTS = ("/js/page/app.js", *OF_REPORTS)
FILES = (
    "/js/page/base.js",
    "/js/field/field.js",
    *SCRIPTS,
    *REPORT_SCRIPTS,
    "/css/app.css",
    "/manifest.webmanifest",
    "/favicon.svg",
)
WORKER = "/js/phone/sw.js"
FOR_GOOD = "public, max-age=31536000, immutable"
ASK_FIRST = "no-cache"


@dataclass(frozen=True, slots=True)
class OfflineCopy:
    """What is kept in one language. `version` differs as soon as a single byte of anything does."""

    rules: bytes
    rules_digest: str
    words: bytes
    words_digest: str
    pages: str
    pages_digest: str
    addresses: dict[str, Any]
    worker: str


class OfflineController(TGController):
    """Makes and serves what the phone keeps. `first_screen` renders `/field`, which is the same at any time of day."""

    def __init__(self, triage: TriageService, who_is_told: WhoIsTold, first_screen: Callable[[], str]) -> None:
        super().__init__()
        self._triage = triage
        self._who_is_told = who_is_told
        self._first_screen = first_screen
        self._encoded: dict[str, tuple[bytes, str]] = {}
        self._mark = ""
        self._copies: dict[str, OfflineCopy] = {}
        self._making = threading.Lock()

    @expose(content_type="application/json", allowed_methods=PAGE)
    def addresses(self, language: str = "", **_ignored: object) -> bytes:
        """The version, the language, and the addresses of everything."""
        tg.response.headers["Cache-Control"] = ASK_FIRST
        return json.dumps(self._copy(language).addresses).encode()

    @expose(content_type="application/json", allowed_methods=PAGE)
    def rules(self, language: str = "", v: str = "", **_ignored: object) -> bytes:
        """The rules in one language, only in this version: another one would not fit the rest."""
        copy = self._copy(language)
        return _exactly(v, copy.rules_digest, copy.rules)

    @expose(content_type="application/json", allowed_methods=PAGE)
    def words(self, v: str = "", **_ignored: object) -> bytes:
        """The lists of words behind the box for one's own words; the same in every language."""
        copy = self._copy(current_language())
        return _exactly(v, copy.words_digest, copy.words)

    @expose(content_type="text/html", allowed_methods=PAGE)
    def pages(self, language: str = "", v: str = "", **_ignored: object) -> bytes:
        """The blank pages in one language."""
        copy = self._copy(language)
        return _exactly(v, copy.pages_digest, copy.pages.encode())

    @expose(allowed_methods=PAGE)
    def away(self, language: str = "", **_ignored: object) -> str:
        """What any other page shows while there is no signal."""
        speak(_known(language))
        tg.response.headers["Cache-Control"] = ASK_FIRST
        return _render("away")

    def worker(self) -> bytes:
        """The service worker in the language of whoever asks; its bytes differ whenever anything that it keeps does."""
        tg.response.headers["Cache-Control"] = ASK_FIRST
        return self._copy(current_language()).worker.encode()

    def rules_address(self, language: str) -> str:
        """Where the rules are that this server's pages in that language follow; different for any other rules."""
        return f"/field/kept/rules/{language}?v={self._rules(language)[1]}"

    def rules_mark(self) -> str:
        """Identifies the rules that pages are made by, in whatever language; different for any other rules."""
        if not self._mark:
            self._mark = _digest(encode_rules(self._triage.rules, ""))
        return self._mark

    def _rules(self, language: str) -> tuple[bytes, str]:
        """The rules as data, and their digest, which is worked out once, since every page names it."""
        if language not in self._encoded:
            encoded = encode_rules(self._triage.rules, language, rule_text)
            self._encoded[language] = (encoded, _digest(encoded))
        return self._encoded[language]

    def _copy(self, language: str) -> OfflineCopy:
        speak(_known(language))
        with self._making:
            if language not in self._copies:
                self._copies[language] = self._make(language)
            return self._copies[language]

    def _make(self, language: str) -> OfflineCopy:
        rules, assets = self._triage.rules, site().assets
        encoded, digest = self._rules(language)
        lists = json.dumps(words_as_data(self._triage.words), separators=(",", ":")).encode()
        results = [blank_result(rules, level) for level in Level]
        pages = _render(
            "blank",
            script_words=script_words(self._who_is_told.withheld),
            pages=blank_pages(rules),
            proposals=blank_proposals(),
            results=results,
            crew=blank_handover(rules),
            rules=rules,
            rules_mark=self.rules_mark(),
        )
        worker = assets.read(WORKER)
        words_digest, pages_digest = _digest(lists), _digest(pages.encode())
        own = LISTS + language
        away = f"/field/kept/away/{language}"
        addresses: dict[str, Any] = {
            "rules": self.rules_address(language),
            "words": f"/field/kept/words?v={words_digest}",
            "pages": f"/field/kept/pages/{language}?v={pages_digest}",
            "scripts": [assets.address(path) for path in SCRIPTS],
        }
        pages_for_all = [FIRST_SCREEN, REPORTS, HELP]
        keep = [
            *pages_for_all,
            away,
            *(assets.address(path) for path in FILES),
            addresses["rules"],
            addresses["words"],
            addresses["pages"],
            own,
        ]
        everything = json.dumps([keep, self._first_screen(), _render("away"), worker, _sources(language)])
        version = _digest(everything.encode())
        addresses |= {"version": version, "language": language, "keep": keep, "away": away, "own": own}
        addresses["pages_for_all"] = pages_for_all
        worker = f"const KEPT = {json.dumps(addresses)};\n{worker}"
        return OfflineCopy(encoded, digest, lists, words_digest, pages, pages_digest, addresses, worker)


def _known(language: str) -> str:
    if language not in LANGUAGES:
        raise NotFound("no such language")
    return language


def _exactly(version: str, there: str, content: bytes) -> bytes:
    if version != there:
        raise NotFound("another version is here now")
    tg.response.headers["Cache-Control"] = FOR_GOOD
    tg.response.headers.pop("Pragma", None)
    return content


def _sources(language: str) -> str:
    """A digest of all templates and of the language's catalogue: of every word that a kept page may hold."""
    package = site().assets.folder.parent
    files = sorted(package.glob("templates/**/*.xhtml")) + sorted(package.glob(f"i18n/{language}/**/*.po"))
    return _digest(b"".join(path.read_bytes() for path in files))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:DIGEST_CHARACTERS]


def _render(name: str, **variables: Any) -> str:
    return str(tg.render_template({"errors": {}, **variables}, "kajiki", TEMPLATES + name))
