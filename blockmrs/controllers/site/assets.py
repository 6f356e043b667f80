"""Static files under addresses that change with their content, so that browsers may keep them for good."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

DIGEST_CHARACTERS = 10
STYLESHEET = "/css/app.css"
DRAWINGS = "/img/aid-"


class Assets:
    """The files of the public folder, read once at start."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._versions = {
            "/" + path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()[:DIGEST_CHARACTERS]
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
        self._bare = {
            path: without_comments((folder / path[1:]).read_text(encoding="utf-8")).encode()
            for path in self._versions
            if path.endswith(".js")
        }
        self._drawings = {
            path: (folder / path[1:]).read_text(encoding="utf-8").strip()
            for path in self._versions
            if path.startswith(DRAWINGS)
        }
        self.style = (folder / STYLESHEET[1:]).read_text(encoding="utf-8")
        """The one stylesheet, for the page that carries it inside, so that its first paint needs no second answer."""

    def style_source(self) -> str:
        """What a Content-Security-Policy calls `style` if it is inside a page (CSP Level 3, "hash-source")."""
        digest = hashlib.sha256(self.style.encode("utf-8")).digest()
        return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"

    def address(self, path: str) -> str:
        """`path` with its content's version; unchanged if there is no such file."""
        version = self._versions.get(path)
        return path if version is None else f"{path}?v={version}"

    def read(self, path: str) -> str:
        """The text of one of the files."""
        return (self.folder / path[1:]).read_text(encoding="utf-8")

    def drawing(self, name: str) -> str:
        """A drawing of first aid as markup, to stand inside a page: it needs no second answer, and no signal."""
        return self._drawings[f"{DRAWINGS}{name}.svg"]

    def bare(self, path: str) -> bytes | None:
        """A script as it travels, without its comments; None for any other file."""
        return self._bare.get(path)

    def has(self, path: str) -> bool:
        """Whether `path` names a static file."""
        return path in self._versions

    def is_current(self, path: str, query: str) -> bool:
        """Whether this address names exactly the present content, and so will never change."""
        version = self._versions.get(path)
        return version is not None and query == f"v={version}"


def without_comments(script: str) -> str:
    """A script of ours without its comments, each line of it where it was: nobody waits for words and types to arrive.

    It goes by how we write: a line that begins with `//`, a block that begins a line with `/**`, and a cast between two
    words of one line (`/** @type {Element} */`). What else looks like a comment stays.
    """
    bare, is_inside = [], False
    for line in script.split("\n"):
        text = line.strip()
        if is_inside or text.startswith("/**"):
            is_inside = "*/" not in text
            text = text.partition("*/")[2] if not is_inside else ""
            bare.append(_without_casts(text))
        else:
            bare.append("" if text.startswith("//") else _without_casts(line))
    return "\n".join(bare)


def _without_casts(line: str) -> str:
    before, *casts = line.split("/** @")
    return before + "".join(cast.partition("*/")[2].lstrip(" ") for cast in casts)
