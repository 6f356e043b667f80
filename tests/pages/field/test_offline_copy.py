"""What the phone keeps: small enough, the same for everybody, and never parts of two versions."""

import gzip
import json
import re
from pathlib import Path

import pytest
from webtest import TestApp

import blockmrs
from blockmrs.controllers.field.offline import ENGINE
from blockmrs.domain.triage.loader import load_rules
from blockmrs.i18n.languages import LANGUAGES
from tests.support.at_least import at_least

RULES = load_rules()
PUBLIC = Path(blockmrs.__file__).parent / "public"
RULES_BYTES = 150_000
ENGINE_BYTES = 10_000
WORDS_BYTES = 3_000
PAGES_BYTES = 9_000
PAGES = ("/js/field/views.js", "/js/field/ask.js")
LANGUAGE = pytest.mark.parametrize("language", LANGUAGES)


def addresses(app: TestApp, language: str) -> dict[str, object]:
    return dict(app.get(f"/field/kept/addresses/{language}").json)


def on_the_wire(app: TestApp, address: str) -> int:
    """The bytes of one answer, compressed as the server sends it."""
    sent = app.app({**app.get(address).request.environ, "HTTP_ACCEPT_ENCODING": "gzip"}, lambda *_: None)
    content = b"".join(sent)
    assert gzip.decompress(content)
    return len(content)


@LANGUAGE
def test_the_rules_and_the_words_travel_in_at_most_150_kilobytes(app: TestApp, language: str) -> None:
    there = addresses(app, language)
    assert sum(on_the_wire(app, str(there[name])) for name in ("rules", "words")) <= RULES_BYTES


@pytest.mark.parametrize(
    ("names", "most"),
    [(ENGINE, ENGINE_BYTES), (("/js/engine/routing.js",), WORDS_BYTES), (PAGES, PAGES_BYTES)],
    ids=range(3),
)
def test_each_part_of_the_script_travels_within_its_bytes(app: TestApp, names: tuple[str, ...], most: int) -> None:
    scripts = addresses(app, "en")["scripts"]
    assert isinstance(scripts, list)
    assert {address.partition("?")[0] for address in scripts} == {*ENGINE, "/js/engine/routing.js", *PAGES}
    assert sum(on_the_wire(app, address) for address in scripts if address.partition("?")[0] in names) <= most


def test_every_page_of_the_questions_says_by_which_rules_it_was_made(app: TestApp) -> None:
    for page in (app.get("/field"), app.post("/field/check", [("sign", "none")])):
        assert f'data-rules="{addresses(app, "en")["rules"]}"' in page.text


@LANGUAGE
def test_the_rules_are_whole_and_in_their_language(app: TestApp, language: str) -> None:
    rules = app.get(addresses(app, language)["rules"]).json
    assert rules["language"] == language
    assert rules["version"] == RULES.version
    assert (rules["words"]["yes"] == "Sí") is (language == "es")
    assert "%(" not in json.dumps(rules)


@LANGUAGE
@pytest.mark.parametrize("part", ["rules", "words", "pages"])
def test_what_has_a_version_is_kept_for_good_and_another_version_is_not_there(
    app: TestApp, language: str, part: str
) -> None:
    address = str(addresses(app, language)[part])
    assert app.get(address).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Pragma" not in app.get(address).headers
    app.get(address[:-1] + ("0" if address[-1] != "0" else "1"), status=404)
    app.get(address.partition("?")[0], status=404)


def test_a_language_that_is_not_spoken_is_not_there(app: TestApp) -> None:
    for part in ("addresses", "rules", "pages", "away"):
        app.get(f"/field/kept/{part}/xx", status=404)
        app.get(f"/field/kept/{part}", status=404)


@LANGUAGE
def test_everything_that_is_kept_is_there_for_whoever_asks_and_sets_no_cookie(app: TestApp, language: str) -> None:
    keep = addresses(app, language)["keep"]
    assert isinstance(keep, list)
    assert len(keep) == len(set(keep))
    with at_least(20) as case:
        for address in keep:
            with case(address):
                answer = app.get(address, headers={"Accept-Language": language})
                assert "Set-Cookie" not in answer.headers
                assert 'name="_csrf"' not in answer.text


@LANGUAGE
def test_the_worker_names_what_is_kept_in_the_language_of_whoever_asks(app: TestApp, language: str) -> None:
    worker = app.get("/sw.js", headers={"Accept-Language": language})
    assert worker.content_type == "text/javascript"
    assert worker.headers["Cache-Control"] == "no-cache"
    named = re.match(r"const KEPT = (\{.*\});\n", worker.text)
    assert named is not None
    assert json.loads(named[1]) == addresses(app, language)
    assert worker.text.endswith((PUBLIC / "js" / "phone" / "sw.js").read_text(encoding="utf-8"))


def test_a_page_that_is_kept_holds_no_answer(app: TestApp) -> None:
    pages = app.get(addresses(app, "en")["pages"]).text
    names = set(re.findall(r'<input[^>]*name="([^"]*)"', pages))
    assert names <= {"{{carried}}", "{{back}}", "{{offered}}", "started", "rules", "page", "pick", "words"}
