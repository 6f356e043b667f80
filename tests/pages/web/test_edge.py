"""The outermost layer: headers on every answer, and clean refusals of what no action should see."""

import base64
import gzip
import hashlib
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from webob import Request
from webtest import TestApp

from blockmrs.config.application import PUBLIC
from blockmrs.controllers.site.assets import without_comments
from tests.support.site import TestSite, build_site

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def ask(site: TestSite, path: str = "/", method: str = "GET", **environ: Any) -> Any:
    """A request as a server hands it over, with `environ` as it is: without WebTest's own checks and cookies."""
    request = Request.blank("/", method=method, environ={"HTTP_HOST": "localhost"})
    request.environ["PATH_INFO"] = path
    request.environ.update(environ)
    response = request.get_response(site.wsgi)
    assert response.body is not None  # Reading it all closes what was opened for it.
    return response


@pytest.mark.parametrize(
    "path", ["/", "/field", "/css/app.css", "/nothing", "/probe/boom", "/probe/abort/403", "/healthz", "/\xff"]
)
def test_every_answer_carries_the_security_headers(site: TestSite, path: str) -> None:
    response = ask(site, path)
    assert {name: response.headers.get(name) for name in HEADERS} == HEADERS
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


def test_the_only_style_inside_a_page_is_ours_and_the_policy_names_its_digest(site: TestSite) -> None:
    response = ask(site, "/field")
    style = response.text.split("<style>")[1].split("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'self' 'sha256-{digest}';" in response.headers["Content-Security-Policy"]
    assert "<style" not in ask(site, "/").text


def test_browsers_insist_on_https_where_cookies_are_secure(tmp_path: Path) -> None:
    secure = build_site(tmp_path, site__secure_cookies="true")
    assert "max-age" in ask(secure).headers["Strict-Transport-Security"]


def test_a_path_that_is_not_utf8_is_refused_with_a_page(site: TestSite) -> None:
    response = ask(site, "/\xff")
    assert response.status_int == 400
    assert "Someone is hurt" in response.text


@pytest.mark.parametrize("path", ["/a\x00b", "/a\r\nSet-Cookie: x", "/a\x7f"])
def test_a_path_with_control_characters_is_refused(site: TestSite, path: str) -> None:
    assert ask(site, path).status_int == 400


def test_a_query_that_is_not_utf8_is_refused(site: TestSite) -> None:
    assert ask(site, "/probe/plain", QUERY_STRING="a=%ff").status_int == 400


def test_a_form_that_is_not_utf8_does_not_break_anything(site: TestSite) -> None:
    body = b"what=%ff%fe"
    response = ask(
        site,
        "/probe/free",
        "POST",
        **{
            "wsgi.input": io.BytesIO(body),
            "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
        },
    )
    assert response.status_int in (200, 400)


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "localhost@evil.example", "", "evil:80"])
def test_another_host_name_is_refused(site: TestSite, host: str) -> None:
    response = ask(site, HTTP_HOST=host)
    assert response.status_int == 400
    assert "evil" not in response.text


@pytest.mark.parametrize("host", ["localhost", "localhost:8080", "127.0.0.1:9000", "[::1]:8080", "LOCALHOST"])
def test_the_sites_own_names_are_served_on_any_port(site: TestSite, host: str) -> None:
    assert ask(site, HTTP_HOST=host).status_int == 200


def test_a_form_that_is_too_big_gets_a_page_that_says_so(site: TestSite) -> None:
    response = ask(site, "/probe/free", "POST", CONTENT_LENGTH=str(10 * 1024 * 1024))
    assert response.status_int == 413
    assert "too big" in response.text
    assert "Someone is hurt" in response.text


def test_a_body_of_unknown_length_is_refused_unread(site: TestSite) -> None:
    class Unread(io.BytesIO):
        def read(self, *_: Any) -> bytes:
            raise AssertionError("the body was read")

    environ = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": Unread(), "CONTENT_LENGTH": ""}
    assert ask(site, "/probe/free", "POST", **environ).status_int == 411


@pytest.mark.parametrize("length", ["-1", "1e3", "\u0661", "0x10", "12 "])
def test_a_length_that_is_no_number_is_refused(site: TestSite, length: str) -> None:
    assert ask(site, "/probe/free", "POST", CONTENT_LENGTH=length).status_int == 400


def test_pages_are_compressed_for_those_who_take_it(site: TestSite) -> None:
    plain, packed = ask(site, "/field"), ask(site, "/field", HTTP_ACCEPT_ENCODING="gzip, br")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) < int(plain.headers["Content-Length"])
    assert b"</html>" in gzip.decompress(packed.body)
    assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding, Accept-Language, Cookie"


@pytest.mark.parametrize("accepted", ["", "identity", "gzip;q=0", "br"])
def test_others_get_pages_as_they_are(site: TestSite, accepted: str) -> None:
    assert "Content-Encoding" not in ask(site, "/field", HTTP_ACCEPT_ENCODING=accepted).headers


def test_a_small_answer_is_not_compressed(site: TestSite) -> None:
    assert "Content-Encoding" not in ask(site, "/healthz", HTTP_ACCEPT_ENCODING="gzip").headers


@pytest.mark.parametrize(
    ("rel", "kind"), [("stylesheet", "text/css"), ("apple-touch-icon", "image/png"), ("icon", "image/svg+xml")]
)
def test_a_static_file_under_its_digest_is_kept_for_good(site: TestSite, app: TestApp, rel: str, kind: str) -> None:
    address = app.get("/").html.find("link", rel=rel)["href"]
    path, _, query = address.partition("?")
    answer = ask(site, path, QUERY_STRING=query)
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.content_type == kind


@pytest.mark.parametrize("query", ["", "v=0000000000"])
def test_a_static_file_under_another_address_is_asked_for_again(site: TestSite, query: str) -> None:
    assert ask(site, "/css/app.css", QUERY_STRING=query).headers["Cache-Control"] == "no-cache"


def test_a_static_file_that_has_not_changed_is_not_sent_again(site: TestSite) -> None:
    first = ask(site, "/css/app.css", HTTP_ACCEPT_ENCODING="gzip")
    again = ask(site, "/css/app.css", HTTP_ACCEPT_ENCODING="gzip", HTTP_IF_NONE_MATCH=first.headers["ETag"])
    assert again.status_int == 304


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_script_travels_without_its_comments(site: TestSite, method: str) -> None:
    source = (PUBLIC / "js" / "engine" / "triage.js").read_text(encoding="utf-8")
    answer = ask(site, "/js/engine/triage.js", method)
    assert "@param" in source
    assert int(answer.headers["Content-Length"]) == len(without_comments(source).encode()) < len(source.encode())
    assert method == "HEAD" or answer.text == without_comments(source)


def test_a_script_that_has_not_changed_is_not_sent_again(site: TestSite) -> None:
    first = ask(site, "/js/engine/triage.js")
    again = ask(site, "/js/engine/triage.js", HTTP_IF_NONE_MATCH=first.headers["ETag"])
    assert again.status_int == 304
    assert again.body == b""


@pytest.mark.parametrize("path", ["/../setup.py", "/css/../../config/settings.py", "/%2e%2e/setup.py", "/css/"])
def test_nothing_outside_the_public_folder_is_served(site: TestSite, path: str) -> None:
    assert ask(site, path).status_int in (400, 403, 404)


def test_a_failure_outside_the_application_still_has_the_headers(site: TestSite) -> None:
    from blockmrs.controllers.web.wrappers.edge import Edge

    def broken(environ: dict[str, Any], _start: Any) -> Iterable[bytes]:
        raise RuntimeError("Sam Rivers")

    response = Request.blank("/", environ={"HTTP_HOST": "localhost"}).get_response(Edge(broken, site.wsgi._site))
    assert response.status_int == 500
    assert response.headers["X-Frame-Options"] == "DENY"
    assert "Sam" not in response.text
