"""What a browser's cookie holds, and the keys that exist only while it is presented.

The cookie's value is a random token; the server keeps its digest to find the session, and nothing from which the
token, or a key derived from it, could be recomputed.
"""

import hashlib
import hmac
import re
import secrets

from blockmrs.errors import Malformed

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def new_token() -> str:
    """A fresh token: 256 random bits as 43 characters of base64url."""
    return secrets.token_urlsafe(32)


def check_token(token: str) -> str:
    """The token itself if it is well-formed, else InvalidInput."""
    if not _TOKEN.fullmatch(token):
        raise Malformed("not a session token")
    return token


def token_digest(token: str) -> bytes:
    """32 bytes under which the server finds the session."""
    return hashlib.sha256(b"blockmrs/1 session id\x00" + token.encode("ascii")).digest()


def token_key(token: str, purpose: str) -> bytes:
    """A 32-byte key for `purpose` that exists only while the browser shows its token (HMAC-SHA256 as the PRF)."""
    return hmac.digest(token.encode("ascii"), b"blockmrs/1 session key\x00" + purpose.encode("ascii"), "sha256")


def known_mark(token: str, account_id: bytes) -> bytes:
    """32 bytes for this browser's lasting token and this account together; nobody can compute it without the token."""
    return hmac.digest(token_key(token, "known browser"), account_id, "sha256")
