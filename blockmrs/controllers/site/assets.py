"""Static files under addresses that change with their content, so that browsers may keep them for good."""

import base64
import hashlib
from pathlib import Path

DIGEST_CHARACTERS = 10
STYLESHEET = "/css/app.css"


class Assets:
    """The files of the public folder, read once at start."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._versions = {
            "/" + path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()[:DIGEST_CHARACTERS]
            for path in sorted(folder.rglob("*"))
            if path.is_file()
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

    def has(self, path: str) -> bool:
        """Whether `path` names a static file."""
        return path in self._versions

    def is_current(self, path: str, query: str) -> bool:
        """Whether this address names exactly the present content, and so will never change."""
        version = self._versions.get(path)
        return version is not None and query == f"v={version}"
