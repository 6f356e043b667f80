"""The backup file: a tar of known members, the last of which, the manifest, says what all the others must be.

Members, in this order: `database.db`; `secrets/<name>`; `objects/<content identifier>`; `manifest.json`. A member's
name is only ever looked up, never used as a path. With a passphrase the whole tar is sealed (`crypto/streams.py`).
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, Self, cast

from blockmrs.cid import Cid
from blockmrs.crypto.streams import MAGIC, OpeningReader, SealingWriter
from blockmrs.errors import InvalidInput, ObjectMismatch, Unavailable, VerificationFailed
from blockmrs.storage import MAX_OBJECT_BYTES

if TYPE_CHECKING:
    from blockmrs.crypto.wrapping import WrapCost

VERSION = 1
PURPOSE = "backup"
DATABASE = "database.db"
MANIFEST = "manifest.json"
_SECRET = re.compile(r"secrets/([a-z0-9][a-z0-9.-]{0,63})")
_OBJECT = re.compile(r"objects/(bafkrei[a-z2-7]{52})")
_MAX_SECRET_BYTES = 16 * 1024 * 1024
_MAX_MANIFEST_BYTES = 64 * 1024 * 1024


@dataclass
class Manifest:
    """What a backup holds. `members`: size and SHA-256 (hex) by name; objects are only counted: their names say it."""

    created: str = ""
    members: dict[str, tuple[int, str]] = field(default_factory=dict)
    objects: int = 0
    objects_digest: str = ""
    missing: list[str] = field(default_factory=list)

    def encode(self) -> bytes:
        """JSON for people and programs."""
        return json.dumps({"version": VERSION, **self.__dict__}, indent=1, sort_keys=True).encode()

    @classmethod
    def decode(cls, content: bytes) -> Manifest:
        """The manifest that `content` encodes, else InvalidInput."""
        try:
            values = json.loads(content)
            if values.pop("version") != VERSION:
                raise InvalidInput("this backup was made by another version of the program")
            members = {str(name): (int(size), str(digest)) for name, (size, digest) in values.pop("members").items()}
            manifest = cls(**values, members=members)
            manifest.missing = [str(Cid.parse(text)) for text in manifest.missing]
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise InvalidInput("the backup's manifest cannot be read") from error
        return manifest


class _Sink(Protocol):
    def write(self, data: bytes, /) -> int: ...


class _Objects:
    """A count of objects, and one digest over their identifiers in the order in which they are in the file."""

    def __init__(self) -> None:
        self.count = 0
        self._digest = hashlib.sha256()

    def add(self, cid: Cid) -> None:
        self.count += 1
        self._digest.update(cid.digest)

    @property
    def digest_hex(self) -> str:
        return self._digest.hexdigest()


class ArchiveWriter:
    """Writes a backup to `file`, member by member; `finish` completes it."""

    def __init__(self, file: BinaryIO, passphrase: str | None, cost: WrapCost | None = None) -> None:
        self._sealing = None if passphrase is None else SealingWriter(file, passphrase, purpose=PURPOSE, cost=cost)
        sink: _Sink = self._sealing or file
        self._tar = tarfile.open(fileobj=cast(Any, sink), mode="w|", format=tarfile.PAX_FORMAT)  # noqa: SIM115 - `finish` closes it
        self._objects = _Objects()
        self._manifest = Manifest()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        if failed is not None:
            # Otherwise its buffer would be written when it is collected, to a file that is closed by then.
            with suppress(OSError):
                cast(Any, self._tar).fileobj.close()

    def add(self, name: str, source: BinaryIO, size_bytes: int) -> None:
        """Append the next `size_bytes` of `source` as the member `name`."""
        hashing = _HashingReader(source)
        self._add(_entry(name, size_bytes), cast(BinaryIO, hashing))
        self._manifest.members[name] = (size_bytes, hashing.digest_hex)

    def add_bytes(self, name: str, content: bytes) -> None:
        """Append `content` as the member `name`."""
        self.add(name, io.BytesIO(content), len(content))

    def add_object(self, cid: Cid, content: bytes) -> None:
        """Append an object whose bytes have been checked."""
        self._add(_entry(f"objects/{cid}", len(content)), io.BytesIO(content))
        self._objects.add(cid)

    def finish(self, created: str, missing: list[Cid]) -> Manifest:
        """Append the manifest and the end; `missing` objects are listed, so that a restore knows about them."""
        manifest = self._manifest
        manifest.created = created
        manifest.missing = [str(cid) for cid in missing]
        manifest.objects, manifest.objects_digest = self._objects.count, self._objects.digest_hex
        content = manifest.encode()
        self._add(_entry(MANIFEST, len(content)), io.BytesIO(content))
        self._tar.close()
        if self._sealing is not None:
            self._sealing.finish()
        return manifest

    def _add(self, entry: tarfile.TarInfo, content: BinaryIO) -> None:
        self._tar.addfile(entry, content)
        _forget(self._tar)


def is_sealed(path: Path) -> bool:
    """Whether the file begins like a sealed backup; Unavailable if it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError as error:
        raise Unavailable("the backup cannot be read", reason=error.strerror, path=path) from error


class ArchiveReader:
    """Reads a backup from `file`. Do not act on it before `members` has come to its end and `complete` has returned.

    Raises:
        InvalidInput: not a backup, or a member that no backup has, or one that does not match the manifest.
        CannotOpen: another passphrase, or changed or missing bytes.
    """

    def __init__(self, file: BinaryIO, passphrase: str | None) -> None:
        start = file.read(len(MAGIC))
        self._opening: OpeningReader | None = None
        if start == MAGIC:
            if passphrase is None:
                raise InvalidInput("this backup is sealed, and opens only with its passphrase")
            self._opening = OpeningReader(file, passphrase, purpose=PURPOSE)
        elif passphrase is not None:
            raise InvalidInput("this backup is not sealed with a passphrase")
        else:
            file.seek(0)
        self._source = self._opening or file
        self._members: dict[str, tuple[int, str]] = {}
        self._objects = _Objects()
        self._manifest: Manifest | None = None

    def members(self) -> Iterator[tuple[str, BinaryIO]]:
        """Each member except the manifest: its checked name, and its bytes, to be read before the next is taken."""
        try:
            with tarfile.open(fileobj=cast(Any, self._source), mode="r|") as tar:
                while (entry := tar.next()) is not None:
                    _forget(tar)
                    if self._manifest is not None:
                        raise InvalidInput("something follows the backup's manifest")
                    yield from self._member(tar, entry)
            if self._opening is not None:
                self._opening.finish()
        except (tarfile.TarError, EOFError, ValueError) as error:
            raise InvalidInput("this is not a complete backup") from error

    def complete(self) -> Manifest:
        """The manifest, once all members have been read and found to match it."""
        manifest = self._manifest
        if manifest is None:
            raise InvalidInput("this backup has no end: it was cut short")
        if manifest.members != self._members:
            raise VerificationFailed("a member of the backup does not match its manifest")
        if (manifest.objects, manifest.objects_digest) != (self._objects.count, self._objects.digest_hex):
            raise VerificationFailed("the objects in the backup do not match its manifest")
        return manifest

    def _member(self, tar: tarfile.TarFile, entry: tarfile.TarInfo) -> Iterator[tuple[str, BinaryIO]]:
        if entry.type != tarfile.REGTYPE or entry.name in self._members:
            raise InvalidInput("backups have no such member", name=entry.name[:80])
        content = _HashingReader(cast(BinaryIO, tar.extractfile(entry)))
        limit = _limit(entry.name)
        if limit is not None and entry.size > limit:
            raise InvalidInput("a member of the backup is too large", name=entry.name[:80])
        if entry.name == MANIFEST:
            self._manifest = Manifest.decode(content.read(entry.size))
            return
        yield entry.name, cast(BinaryIO, content)
        if match := _OBJECT.fullmatch(entry.name):
            self._objects.add(Cid.parse(match[1]))
        else:
            self._members[entry.name] = (entry.size, content.digest_hex)


def _forget(tar: tarfile.TarFile) -> None:
    """Keep `tar` from remembering each of a million members."""
    cast(Any, tar).members = []


def secret_name(member: str) -> str | None:
    """The name of the secret file that `member` stands for; None if it is not one."""
    match = _SECRET.fullmatch(member)
    return None if match is None else match[1]


def read_object(member: str, source: BinaryIO) -> bytes:
    """The bytes of the object named by `member`, checked; VerificationFailed names it."""
    cid = Cid.parse(member.removeprefix("objects/"))
    content = source.read(MAX_OBJECT_BYTES + 1)
    try:
        cid.check_bytes(content)
    except ObjectMismatch as error:
        raise VerificationFailed("an object in the backup does not match its name", cid=cid) from error
    return content


def _limit(name: str) -> int | None:
    if name == DATABASE:
        return None
    if name == MANIFEST:
        return _MAX_MANIFEST_BYTES
    if _SECRET.fullmatch(name):
        return _MAX_SECRET_BYTES
    if _OBJECT.fullmatch(name):
        return MAX_OBJECT_BYTES
    raise InvalidInput("backups have no such member", name=name[:80])


def _entry(name: str, size_bytes: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size_bytes, 0o600
    return entry


class _HashingReader:
    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        try:
            data = self._source.read(size)
        except tarfile.TarError as error:
            raise InvalidInput("this is not a complete backup") from error
        self._digest.update(data)
        return data

    @property
    def digest_hex(self) -> str:
        return self._digest.hexdigest()
