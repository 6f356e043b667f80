"""How much a request may hold: what nobody types is refused before it costs anything, and nothing of it is kept."""

import io
from typing import Any

import pytest
from webob import Request
from webtest import TestApp

from blockmrs.controllers.site.site import Site
from blockmrs.controllers.web.forms import LARGEST_FORM_BYTES, MOST_FIELDS
from blockmrs.controllers.web.wrappers.incoming import LONGEST_HEADER, LONGEST_LANGUAGES, LONGEST_QUERY, trim_headers
from tests.pages.web.test_session import PASSWORD, csrf
from tests.support.site import TestSite

FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def token(site: TestSite) -> str:
    site.services.identity.sign_up("ana", "Ana Coach", PASSWORD)
    return site.services.identity.sign_in("ana", PASSWORD, "")


def ask(site: TestSite, path: str = "/", method: str = "GET", body: bytes = b"", **environ: Any) -> Any:
    request = Request.blank("/", method=method, environ={"HTTP_HOST": "localhost"})
    given = {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": FORM} if body else {}
    request.environ.update({"PATH_INFO": path, **given, **environ})
    response = request.get_response(site.wsgi)
    assert response.body is not None
    assert response.headers["X-Frame-Options"] == "DENY"
    return response


def trimmed(site: TestSite, **environ: str) -> dict[str, str]:
    found: Site = site.wsgi._site
    trim_headers(environ, found)
    return environ


def test_a_form_of_more_text_than_any_page_takes_is_refused(site: TestSite) -> None:
    assert ask(site, "/probe/free", "POST", b"what=" + b"x" * (LARGEST_FORM_BYTES - 5)).status_int == 200
    for body in (b"what=" + b"x" * LARGEST_FORM_BYTES, b"what=" + b"%41" * LARGEST_FORM_BYTES):
        assert ask(site, "/probe/free", "POST", body).status_int == 413


def test_a_form_of_more_fields_than_any_page_has_is_refused(site: TestSite) -> None:
    assert ask(site, "/probe/free", "POST", b"&".join([b"a=1"] * MOST_FIELDS)).status_int == 200
    assert ask(site, "/probe/free", "POST", b"&".join([b"a=1"] * (MOST_FIELDS + 1))).status_int == 413
    assert ask(site, "/probe/free", "POST", b"&" * 60_000).status_int == 413


def test_an_address_with_more_than_any_of_ours_is_refused(site: TestSite) -> None:
    assert ask(site, "/", QUERY_STRING="a=" + "b" * (LONGEST_QUERY - 2)).status_int == 200
    assert ask(site, "/", QUERY_STRING="a=" + "b" * LONGEST_QUERY).status_int == 414
    assert ask(site, "/", QUERY_STRING="&" * MOST_FIELDS).status_int == 414


@pytest.mark.parametrize(
    "kind",
    [f"{FORM}; charset=utf-16", f"{FORM}; charset=x", f'{FORM};charset="utf-7"', "x" * 10_000, f"{FORM};" + "a" * 200],
)  # fmt: skip
def test_a_form_in_another_writing_than_our_pages_is_refused(site: TestSite, kind: str) -> None:
    assert ask(site, "/probe/free", "POST", b"what=knee", CONTENT_TYPE=kind).status_int == 415


@pytest.mark.parametrize("kind", [FORM, f"{FORM}; charset=UTF-8", f'{FORM}; charset="utf-8"', "", f"{FORM.upper()} ;"])
def test_a_form_in_the_writing_of_our_pages_is_read(site: TestSite, kind: str) -> None:
    assert "reached" in ask(site, "/probe/free", "POST", b"what=knee", CONTENT_TYPE=kind).text


def test_a_body_that_broke_off_reaches_no_action(site: TestSite) -> None:
    assert ask(site, "/probe/free", "POST", b"what=knee", CONTENT_LENGTH="900").status_int == 400


@pytest.mark.parametrize("kind", [FORM, "multipart/form-data; boundary=x", "text/plain", "application/json", ""])
@pytest.mark.parametrize("size", [100, 50_000, 250_000, 600_000])
def test_nothing_of_a_body_is_ever_written_to_a_file(
    site: TestSite, monkeypatch: pytest.MonkeyPatch, kind: str, size: int
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a temporary file was made")

    for name in ("TemporaryFile", "NamedTemporaryFile", "SpooledTemporaryFile", "mkstemp", "mkdtemp"):
        monkeypatch.setattr(f"tempfile.{name}", refuse)
    part = (
        b'--x\r\nContent-Disposition: form-data; name="what"; filename="a.txt"\r\n\r\n' + b"k" * size + b"\r\n--x--\r\n"
    )
    body = part if kind.startswith("multipart") else b"what=" + b"k" * size
    response = ask(site, "/probe/free", "POST", body, CONTENT_TYPE=kind)
    assert response.status_int in (200, 413, 422)


def test_only_our_own_cookies_are_read(site: TestSite) -> None:
    sent = "a=b; blockmrs=abc-_9; blockmrs=second; blockmrs-language=es; x=y; blockmrs-x=a b; blockmrs-y=" + "z" * 600
    assert trimmed(site, HTTP_COOKIE=sent) == {"HTTP_COOKIE": "blockmrs=abc-_9; blockmrs-language=es"}
    assert trimmed(site, HTTP_COOKIE="a" * 200_000) == {}
    assert trimmed(site, HTTP_COOKIE="blockmrs" * 30_000) == {}
    assert trimmed(site, HTTP_COOKIE="blockmrs=" + ";" * 200_000) == {}


def test_of_the_languages_asked_for_the_first_count(site: TestSite) -> None:
    kept = trimmed(site, HTTP_ACCEPT_LANGUAGE="es,en;q=0.5," + "aa-bb," * 36_000)["HTTP_ACCEPT_LANGUAGE"]
    assert len(kept) <= LONGEST_LANGUAGES
    assert kept.startswith("es,en;q=0.5,")
    assert 'lang="es"' in ask(site, HTTP_ACCEPT_LANGUAGE="es," + "aa-bb," * 300).text


def test_a_header_longer_than_any_that_is_read_here_is_left_out(site: TestSite) -> None:
    assert trimmed(site, HTTP_ACCEPT="a" * (LONGEST_HEADER + 1), HTTP_X="b") == {"HTTP_X": "b"}


@pytest.mark.parametrize("date", ["Mon", "x" * 2000, "Mon, 99 Foo 99999 99:99:99 GMT", "\x80", "-1"])
def test_a_date_that_is_none_breaks_no_file(site: TestSite, date: str) -> None:
    assert ask(site, "/css/app.css", HTTP_IF_MODIFIED_SINCE=date, HTTP_RANGE=date).status_int == 200


@pytest.mark.parametrize("path", ["/css/../secret-part", "/../../etc/passwd", "/./field", "/css/" + "../" * 900])
def test_an_address_that_climbs_gets_our_page_and_is_not_repeated(site: TestSite, path: str) -> None:
    response = ask(site, path)
    assert response.status_int == 404
    assert "Someone is hurt" in response.text
    assert "secret-part" not in response.text
    assert "../" not in response.text


@pytest.mark.parametrize("came_from", ["/\u20ac", "/\u4f60\u597d?x=\u00e9", "/\U0001f600", "/a b", "/\x85"])
def test_an_address_that_is_no_latin_text_can_be_led_back_to(app: TestApp, token: str, came_from: str) -> None:
    values = {"_csrf": csrf(app), "token": token, "came_from": came_from}
    location = app.post("/probe/login", values, status=302).location
    assert location.isascii()
    assert location.startswith("http://localhost/")
    assert " " not in location


def test_a_header_that_cannot_be_sent_becomes_our_own_error(site: TestSite) -> None:
    response = ask(site, "/probe/header")
    assert response.status_int == 500
    assert b"call for help" in response.body


@pytest.mark.parametrize(
    "method", ["FOO", "TRACE", "CONNECT", "PROPFIND", "get", "PUT", "PATCH", "DELETE", "OPTIONS", "A" * 300]
)
@pytest.mark.parametrize("path", ["/", "/field", "/css/app.css", "/nothing", "/healthz"])
def test_every_method_gets_an_answer_of_ours(site: TestSite, method: str, path: str) -> None:
    response = ask(site, path, REQUEST_METHOD=method)
    assert response.status_int < 500
    if response.status_int >= 400:
        assert "Someone is hurt" in response.text
