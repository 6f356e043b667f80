"""The outermost WSGI layer: headers on every answer, and a clean refusal of what no action should have to see."""

from __future__ import annotations

import gzip
import io
import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from blockmrs.controllers.web.wrappers.incoming import Environ, read_form, refusal, trim_headers
from blockmrs.controllers.web.wrappers.trace import describe

if TYPE_CHECKING:
    from blockmrs.controllers.site.site import Site

log = logging.getLogger(__name__)
REFUSED_KEY = "blockmrs.refused"
ANSWERED_KEY = "blockmrs.answered"
"""Set where our own pages are made."""
ADDRESS_CHARACTERS = "!#$%&'()*+,/:;=?@[]~"
CONTENT_SECURITY_POLICY = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "worker-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
)
SECURITY_HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("X-Frame-Options", "DENY"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
PERMISSIONS = "camera=(self), microphone=(), geolocation=({position}), payment=()"
COMPRESSIBLE = frozenset(
    {
        "text/html",
        "text/css",
        "text/plain",
        "text/javascript",
        "application/javascript",
        "application/json",
        "application/manifest+json",
        "image/svg+xml",
    }
)
PAGE_VARIES = "Accept-Encoding, Accept-Language, Cookie"
SMALLEST_COMPRESSED = 512
LARGEST_COMPRESSED = 2 * 1024 * 1024

StartResponse = Callable[..., Any]
WsgiApp = Callable[[Environ, StartResponse], Iterable[bytes]]


class Edge:
    """Wraps the whole application, statics and errors included."""

    def __init__(self, app: WsgiApp, site: Site) -> None:
        self._app = app
        self._site = site
        extra = (("Strict-Transport-Security", "max-age=63072000"),) if site.secure_cookies else ()
        # Ours is the only style allowed inside a page, byte for byte.
        policy = "; ".join(CONTENT_SECURITY_POLICY).replace(
            "style-src 'self'", f"style-src 'self' {site.assets.style_source()}"
        )
        self._headers = (("Content-Security-Policy", policy), *SECURITY_HEADERS, *extra)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer the request."""
        trim_headers(environ, self._site)
        # A server in front of us refuses things too: what it could not read is answered here.
        status = environ.get(REFUSED_KEY) or refusal(environ, self._site) or read_form(environ)
        if status is not None:
            self._empty(environ, status)
        path, query = environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", "")
        answer = _Answer()
        if self._site.assets.has(path) and "HTTP_IF_NONE_MATCH" in environ:
            # TurboGears compares literally; ours is the same file, compressed.
            environ["HTTP_IF_NONE_MATCH"] = environ["HTTP_IF_NONE_MATCH"].replace("W/", "")
        try:
            answer.body = self._app(environ, answer.start)
            if answer.status >= "4" and ANSWERED_KEY not in environ:
                # The file server has error pages of its own, which repeat what was sent.
                _close(answer.body)
                self._empty(environ, int(answer.status[:3]))
                answer = _Answer()
                answer.body = self._app(environ, answer.start)
            self._finish(environ, answer, path, query)
        except Exception as error:  # noqa: BLE001 - the server's own page would lack the headers
            log.error("the application failed: %s", describe(error))
            answer.replace("500 Internal Server Error", b"Something went wrong here. In danger, call for help.\n")
        own = [*self._headers, ("Permissions-Policy", _permissions(path))]
        start_response(answer.status, [pair for pair in answer.headers if pair[0].lower() not in _names(own)] + own)
        return answer.body

    def _empty(self, environ: Environ, status: int) -> None:
        """Turn it into a request for the page of `status`, which is made where all error pages are made.

        Nothing that was sent reaches that page.
        """
        environ.update(
            {
                REFUSED_KEY: status,
                "REQUEST_METHOD": "HEAD" if environ.get("REQUEST_METHOD") == "HEAD" else "GET",
                "PATH_INFO": "/",
                "QUERY_STRING": "",
                "CONTENT_LENGTH": "0",
                "CONTENT_TYPE": "",
                "HTTP_HOST": min(self._site.hosts),
                "wsgi.input": io.BytesIO(),
            }
        )
        environ.pop("HTTP_TRANSFER_ENCODING", None)

    def _finish(self, environ: Environ, answer: _Answer, path: str, query: str) -> None:
        if answer.status.startswith("204"):
            answer.drop("Content-Type")
        if location := answer.get("Location"):
            # No header can contain bytes that are not Latin-1; in an address they are percent-encoded.
            answer.set("Location", quote(location, safe=ADDRESS_CHARACTERS))
        if not all(_is_sendable(text) for pair in answer.headers for text in pair):
            raise ValueError("a header that cannot be sent")
        if self._site.assets.has(path) and answer.status.startswith(("200", "304")):
            self._finish_file(answer, path, query)
        kind = answer.get("Content-Type").partition(";")[0].strip().lower()
        if kind in COMPRESSIBLE:
            # A page also depends on the language that is asked for or was chosen; no other kind of answer does.
            answer.set("Vary", PAGE_VARIES if kind == "text/html" else "Accept-Encoding")
            if answer.is_worth_compressing() and _may_be_compressed(environ):
                answer.compress()

    def _finish_file(self, answer: _Answer, path: str, query: str) -> None:
        assets = self._site.assets
        answer.set(
            "Cache-Control", "public, max-age=31536000, immutable" if assets.is_current(path, query) else "no-cache"
        )
        answer.drop("Expires")
        if (script := assets.bare(path)) is not None and answer.status.startswith("200"):
            answer.carry(script)


class _Answer:
    """What the application answered, before it is sent."""

    def __init__(self) -> None:
        self.status = "500 Internal Server Error"
        self.headers: list[tuple[str, str]] = []
        self.body: Iterable[bytes] = []

    def start(self, status: str, headers: list[tuple[str, str]], _exc_info: object = None) -> Callable[[bytes], None]:
        self.status, self.headers = status, list(headers)

        def write(_data: bytes) -> None:
            raise RuntimeError("no part of this application writes in this way")

        return write

    def get(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def drop(self, name: str) -> None:
        self.headers = [pair for pair in self.headers if pair[0].lower() != name.lower()]

    def set(self, name: str, value: str) -> None:
        self.drop(name)
        self.headers.append((name, value))

    def replace(self, status: str, body: bytes) -> None:
        self.status, self.body = status, [body]
        self.headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]

    def carry(self, content: bytes) -> None:
        """Send this instead of what there was, which is the same to whoever asked."""
        _close(self.body)
        self.body = [content]
        self.set("Content-Length", str(len(content)))

    def is_worth_compressing(self) -> bool:
        """Whether it has a body, not yet packed, of a size for which the work pays."""
        length = self.get("Content-Length")
        has_body = not self.status.startswith("304") and not self.get("Content-Encoding") and length.isdigit()
        return has_body and SMALLEST_COMPRESSED <= int(length) <= LARGEST_COMPRESSED

    def compress(self) -> None:
        """Form tokens are masked afresh in every page, so that its compressed size reveals nothing about them."""
        whole = self.body
        try:
            content = gzip.compress(b"".join(whole), compresslevel=6, mtime=0)
        finally:
            _close(whole)
        self.body = [content]
        self.set("Content-Encoding", "gzip")
        self.set("Content-Length", str(len(content)))
        if etag := self.get("ETag"):
            self.set("ETag", etag if etag.startswith("W/") else f"W/{etag}")


def _permissions(path: str) -> str:
    """What pages at this address may ask of the phone: only the advice asks for its location."""
    return PERMISSIONS.format(position="self" if path == "/field" or path.startswith("/field/") else "")


def _names(headers: Iterable[tuple[str, str]]) -> frozenset[str]:
    return frozenset(name.lower() for name, _ in headers)


def _close(body: Iterable[bytes]) -> None:
    if hasattr(body, "close"):
        body.close()


def _is_sendable(text: str) -> bool:
    """Whether a header may contain it: Latin-1 without line ends."""
    return all("\x20" <= character <= "\x7e" or "\xa0" <= character <= "\xff" for character in text)


def _may_be_compressed(environ: Environ) -> bool:
    return environ.get("REQUEST_METHOD") != "HEAD" and _takes_gzip(environ.get("HTTP_ACCEPT_ENCODING", ""))


def _takes_gzip(accepted: str) -> bool:
    for part in accepted.lower().split(","):
        coding, _, parameters = part.partition(";")
        if coding.strip() in ("gzip", "*"):
            return parameters.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
