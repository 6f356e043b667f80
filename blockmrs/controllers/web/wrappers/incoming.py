"""What is let in: how much a request may hold, and of which kind. What is refused here reaches no action.

The limits hold whatever server is in front. None of our pages comes near them; no person goes beyond them.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

from blockmrs.controllers.web.forms import LARGEST_FORM_BYTES, MOST_FIELDS

if TYPE_CHECKING:
    from blockmrs.controllers.site.site import Site

Environ = dict[str, Any]

PROBED = frozenset({"/healthz", "/readyz"})
LONGEST_QUERY = 8_192
LONGEST_HEADER = 2_048
LONGEST_LANGUAGES = 256
LONGEST_COOKIE = 512
LONGEST_TYPE = 128
FORM_TYPE = "application/x-www-form-urlencoded"
CHARSETS = frozenset({"", "utf-8", "utf8", "us-ascii"})
# Each stands for one byte; to decode all of them takes ten times as long as to count them.
_ENCODED = re.compile(rb"%[0-9A-Fa-f]{2}")
# An invalid date breaks the serving of files, and our files are told apart by their tags.
_UNUSED_HEADERS = ("HTTP_IF_MODIFIED_SINCE", "HTTP_IF_UNMODIFIED_SINCE", "HTTP_RANGE", "HTTP_IF_RANGE")


def refusal(environ: Environ, site: Site) -> int | None:
    """The status with which this request is refused unread, or None."""
    return _host(environ, site) or _address(environ) or _length(environ, site)


def trim_headers(environ: Environ, site: Site) -> None:
    """Leave out of the headers what nobody here needs. What reads them later is not made for what strangers send."""
    for name in _UNUSED_HEADERS:
        environ.pop(name, None)
    cookies = environ.pop("HTTP_COOKIE", "")
    languages = environ.get("HTTP_ACCEPT_LANGUAGE", "")
    if len(languages) > LONGEST_LANGUAGES:
        environ["HTTP_ACCEPT_LANGUAGE"] = languages[:LONGEST_LANGUAGES].rpartition(",")[0]
    for name in [name for name in environ if name.startswith("HTTP_") and len(environ[name]) > LONGEST_HEADER]:
        del environ[name]
    if cookie := _own_cookies(cookies, site.cookie_name):
        environ["HTTP_COOKIE"] = cookie


def read_form(environ: Environ) -> int | None:
    """Read the body into memory, where it stays; the status with which it is refused, or None.

    Only a form that one of our pages could have sent is let in: none sends files, and every page is UTF-8.
    """
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(length) if length else b""
    environ.update({"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))})
    if len(body) < length:
        return 400
    kind, _, parameters = environ.get("CONTENT_TYPE", "").partition(";")
    kind = kind.strip().lower()
    if len(environ.get("CONTENT_TYPE", "")) > LONGEST_TYPE or _charset(parameters) not in CHARSETS:
        return 415
    if kind.startswith("multipart/"):
        return 422
    if kind not in ("", FORM_TYPE):
        return None
    # WebOb would turn anything without a content type into a file.
    environ["CONTENT_TYPE"] = FORM_TYPE
    # Measured before anything is made of it; encoded as a form, text is at most three times as long.
    if len(body) > 3 * LARGEST_FORM_BYTES or len(body) - 2 * len(_ENCODED.findall(body)) > LARGEST_FORM_BYTES:
        return 413
    if body.count(b"&") >= MOST_FIELDS:
        return 413
    return None


def _host(environ: Environ, site: Site) -> int | None:
    if environ.get("PATH_INFO") in PROBED:
        # A probe knows the machine only by its address; what it is told says nothing about the host.
        environ["HTTP_HOST"] = min(site.hosts)
        return None
    return None if named_host(environ.get("HTTP_HOST", "")) in site.hosts else 400


def named_host(text: str) -> str:
    """The host named in a Host header: in lower case, without port and final dot."""
    host = text.lower()
    name, _, port = host.rpartition(":")
    if name and port.isascii() and port.isdigit():
        host = name
    return host.removesuffix(".")


def _address(environ: Environ) -> int | None:
    try:
        for name in ("SCRIPT_NAME", "PATH_INFO"):
            path = environ.get(name, "").encode("latin-1").decode("utf-8")
            if any(ord(character) < 0x20 or ord(character) == 0x7F for character in path):
                return 400
    except (UnicodeEncodeError, UnicodeDecodeError):
        return 400
    if {".", ".."} & set(environ.get("PATH_INFO", "").split("/")):
        return 404
    query = environ.get("QUERY_STRING", "")
    if len(query) > LONGEST_QUERY or query.count("&") + query.count(";") >= MOST_FIELDS:
        return 414
    return None


def _length(environ: Environ, site: Site) -> int | None:
    length = environ.get("CONTENT_LENGTH") or ""
    if not length:
        return 411 if environ.get("HTTP_TRANSFER_ENCODING") else None
    # A number with this many digits takes time to be read.
    if not (length.isascii() and length.isdigit() and len(length) <= 20):
        return 400
    return 413 if int(length) > site.body_bytes else None


def _charset(parameters: str) -> str:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip("\"'").lower()
    return ""


def _own_cookies(header: str, name: str) -> str:
    """Only our cookies, as far as they can be ours: other programs on this host have theirs, and strangers send any."""
    own: dict[str, str] = {}
    start = header.find(name)
    for part in header[start:].split(";", MOST_FIELDS)[:MOST_FIELDS] if start >= 0 else ():
        key, _, value = part.strip().partition("=")
        if len(value) > 1 and value[0] == value[-1] == '"':
            value = value[1:-1]
        if key.startswith(name) and len(part) <= LONGEST_COOKIE and _is_token(key) and _is_token(value):
            own.setdefault(key, value)
    return "; ".join(f"{key}={value}" for key, value in own.items())


def _is_token(text: str) -> bool:
    return text.isascii() and text.replace("-", "a").replace("_", "a").replace(".", "a").isalnum()
