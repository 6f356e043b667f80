"""A backup file that was damaged, cut short, or made by somebody who means harm."""

import io
import json
import os
import tarfile
from pathlib import Path

import pytest

from blockmrs.cid import Cid
from blockmrs.crypto.wrapping import WrapCost
from blockmrs.errors import BlockMRSError, CannotOpen, InvalidInput, VerificationFailed
from blockmrs.services.node import archive as archives
from blockmrs.storage import MAX_OBJECT_BYTES
from tests.support.installation import Installation

PASSPHRASE = "six candles under the stairs"
CHEAP = WrapCost(memory_kib=64, iterations=1, lanes=1)
Entry = tuple[tarfile.TarInfo, bytes]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> list[Entry]:
    """The members of a good backup."""
    folder = tmp_path_factory.mktemp("good")
    with Installation(folder / "data") as installation:
        installation.sign_up("carol")
        installation.backup(folder / "saved")
    with tarfile.open(folder / "saved") as tar:
        return [(entry, tar.extractfile(entry).read()) for entry in tar]  # a file, not None


@pytest.fixture
def victim(tmp_path: Path) -> Installation:
    (tmp_path / "machine").mkdir()
    return Installation(tmp_path / "machine" / "data")


def member(name: str, content: bytes = b"", kind: bytes = tarfile.REGTYPE, link: str = "") -> Entry:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname, entry.size = kind, link, len(content)
    return entry, content


def pack(entries: list[Entry], path: Path) -> Path:
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        for entry, content in entries:
            tar.addfile(entry, io.BytesIO(content))
    return path


def with_manifest(entries: list[Entry], **changes: object) -> list[Entry]:
    """The entries with their manifest changed."""
    values = json.loads(entries[-1][1]) | changes
    return [*entries[:-1], member(archives.MANIFEST, json.dumps(values).encode())]


def without(entries: list[Entry], name: str) -> list[Entry]:
    kept = [entry for entry in entries if entry[0].name != name]
    values = json.loads(kept[-1][1])
    values["members"].pop(name, None)
    return with_manifest(kept, **values)


def refused(victim: Installation, path: Path, passphrase: str | None = None) -> str:
    """Why the backup is refused; nothing of it stays anywhere."""
    with pytest.raises((InvalidInput, VerificationFailed)) as caught:
        victim.restore(path, passphrase)
    assert sorted(os.listdir(victim.folder)) == ["in-use"]
    assert os.listdir(victim.folder.parent) == ["data"]
    return str(caught.value)


def read(content: bytes, passphrase: str | None = None) -> dict[str, bytes]:
    """Every member, once the whole has proved to be a backup."""
    reader = archives.ArchiveReader(io.BytesIO(content), passphrase)
    found = {name: source.read(10_000_000) for name, source in reader.members()}
    reader.complete()
    return found


def test_the_good_one_is_good(victim: Installation, good: list[Entry], tmp_path: Path) -> None:
    victim.restore(pack(good, tmp_path / "saved"))
    with victim:
        victim.verify()


@pytest.mark.parametrize(
    "evil",
    [
        member("../evil", b"x"),
        member("/tmp/evil", b"x"),
        member("secrets/../../evil", b"x"),
        member("secrets/", b""),
        member("secrets/.hidden", b"x"),
        member("secrets/inner/file", b"x"),
        member("objects/evil", b"x"),
        member("objects/../../evil", b"x"),
        member("evil", b"x"),
        member("restoring/ready", b"evil"),
        member("outbox/evil", b"x"),
        member("database.db", b"a second one"),
        member("secrets/pepper", b"a second one"),
        member("secrets/link", kind=tarfile.SYMTYPE, link="/etc/passwd"),
        member("secrets/link", kind=tarfile.LNKTYPE, link="database.db"),
        member("secrets/pipe", kind=tarfile.FIFOTYPE),
        member("secrets/device", kind=tarfile.CHRTYPE),
        member("secrets/folder", kind=tarfile.DIRTYPE),
        member("secrets/sparse", kind=tarfile.CONTTYPE),
        member("secrets/new\nline", b"x"),
        member("secrets/" + "x" * 200, b"x"),
    ],
    ids=lambda entry: repr(entry[0].name)[:40],
)
@pytest.mark.parametrize("place", [1, -1])
def test_a_member_that_no_backup_has_is_refused(
    evil: Entry, place: int, victim: Installation, good: list[Entry], tmp_path: Path
) -> None:
    entries = list(good)
    entries.insert(place if place >= 0 else len(entries) - 1, evil)
    refused(victim, pack(entries, tmp_path / "saved"))


def test_a_link_in_the_place_of_a_secret_is_refused(victim: Installation, good: list[Entry], tmp_path: Path) -> None:
    evil = member("secrets/pepper", kind=tarfile.SYMTYPE, link="/etc/passwd")
    entries = [evil if entry[0].name == "secrets/pepper" else entry for entry in good]
    refused(victim, pack(entries, tmp_path / "saved"))


def test_nothing_may_follow_the_manifest(victim: Installation, good: list[Entry], tmp_path: Path) -> None:
    assert "follows" in refused(victim, pack([*good, member("secrets/late", b"x")], tmp_path / "saved"))


def test_an_object_that_is_not_what_its_name_says_is_named(
    victim: Installation, good: list[Entry], tmp_path: Path
) -> None:
    at = next(number for number, (entry, _) in enumerate(good) if entry.name.startswith("objects/"))
    entries = list(good)
    entries[at] = member(good[at][0].name, good[at][1][:-1] + b"x")
    assert good[at][0].name.removeprefix("objects/") in refused(victim, pack(entries, tmp_path / "saved"))


def test_an_object_over_the_limit_is_refused(victim: Installation, good: list[Entry], tmp_path: Path) -> None:
    content = bytes(MAX_OBJECT_BYTES + 1)
    evil = member(f"objects/{Cid.of(content)}", content)
    assert "too large" in refused(victim, pack([*good[:-1], evil, good[-1]], tmp_path / "saved"))


@pytest.mark.parametrize("name", ["database.db", "secrets/pepper", "secrets/sealer.key", "secrets/sealer.head"])
def test_a_changed_member_is_noticed(name: str, victim: Installation, good: list[Entry], tmp_path: Path) -> None:
    entries = [
        member(name, content[:-1] + bytes([content[-1] ^ 1])) if entry.name == name else (entry, content)
        for entry, content in good
    ]
    assert "manifest" in refused(victim, pack(entries, tmp_path / "saved"))


@pytest.mark.parametrize("name", ["database.db", "secrets/pepper", "secrets/sealer.key", "secrets/sealer.head"])
def test_a_backup_without_a_part_is_refused(name: str, victim: Installation, good: list[Entry], tmp_path: Path) -> None:
    refused(victim, pack([entry for entry in good if entry[0].name != name], tmp_path / "saved"))
    assert "lacks" in refused(victim, pack(without(good, name), tmp_path / "saved-again"))


def test_a_backup_without_an_object_that_its_database_names_is_refused(
    victim: Installation, good: list[Entry], tmp_path: Path
) -> None:
    entries = [entry for entry in good if not entry[0].name.startswith("objects/")]
    assert "do not match its manifest" in refused(victim, pack(entries, tmp_path / "saved"))
    none = archives._Objects()
    forged = with_manifest(entries, objects=0, objects_digest=none.digest_hex)
    assert "lacks an object" in refused(victim, pack(forged, tmp_path / "saved-again"))


@pytest.mark.parametrize("content", [b"not a database", b"", b"SQLite format 3\0" + bytes(4080)])
def test_a_database_that_is_none_is_refused(
    content: bytes, victim: Installation, good: list[Entry], tmp_path: Path
) -> None:
    path = tmp_path / "saved"
    with path.open("wb") as file, archives.ArchiveWriter(file, None) as writer:
        writer.add_bytes(archives.DATABASE, content)
        for entry, secret in good:
            if entry.name.startswith("secrets/"):
                writer.add_bytes(entry.name, secret)
        writer.finish("", [])
    assert "database" in refused(victim, path)


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"version": None},
        {"members": []},
        {"members": {"database.db": "all of it"}},
        {"missing": ["evil"]},
        {"missing": 7},
        {"objects": "many"},
        {"unknown": 1},
    ],
)
def test_a_manifest_that_makes_no_sense_is_refused(
    change: dict[str, object], victim: Installation, good: list[Entry], tmp_path: Path
) -> None:
    refused(victim, pack(with_manifest(good, **change), tmp_path / "saved"))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000])
def test_a_manifest_that_is_none_is_refused(
    content: bytes, victim: Installation, good: list[Entry], tmp_path: Path
) -> None:
    refused(victim, pack([*good[:-1], member(archives.MANIFEST, content)], tmp_path / "saved"))


@pytest.mark.parametrize("content", [b"", b"x", bytes(10_240), b"PK\x03\x04" + bytes(3000), os.urandom(5000)])
def test_a_file_that_is_no_backup_is_refused(content: bytes, victim: Installation, tmp_path: Path) -> None:
    (tmp_path / "saved").write_bytes(content)
    refused(victim, tmp_path / "saved")


def cut_points(size_bytes: int) -> list[int]:
    return [1, 512, 513, size_bytes // 2, size_bytes - 5_000]


def test_a_backup_that_was_cut_short_is_refused(victim: Installation, good: list[Entry], tmp_path: Path) -> None:
    path = pack(good, tmp_path / "whole")
    content = path.read_bytes()
    manifest_at = content.index(b"manifest.json")
    for length in [*cut_points(manifest_at), manifest_at, manifest_at + 513]:
        (tmp_path / "cut").write_bytes(content[:length])
        refused(victim, tmp_path / "cut")


def test_a_sealed_backup_that_was_cut_or_changed_anywhere_is_refused(good: list[Entry], tmp_path: Path) -> None:
    path = tmp_path / "sealed"
    with path.open("wb") as file, archives.ArchiveWriter(file, PASSPHRASE, CHEAP) as writer:
        writer.add_bytes("secrets/pepper", os.urandom(50_000))
        writer.finish("", [])
    content = path.read_bytes()

    read(content, PASSPHRASE)
    for place in [60, 150, 500, len(content) // 2, len(content) - 1]:
        for damaged in (content[:place], content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]):
            with pytest.raises((CannotOpen, InvalidInput)):
                read(damaged, PASSPHRASE)


def test_a_disk_that_fails_while_a_backup_is_written_is_not_hidden(tmp_path: Path) -> None:
    class Full(io.BytesIO):
        def write(self, data: object) -> int:
            raise OSError(28, "No space left on device")

    def write() -> None:
        with archives.ArchiveWriter(Full(), None) as writer:
            writer.add_bytes("secrets/pepper", bytes(100_000))

    with pytest.raises(OSError, match="No space"):
        write()


def test_one_changed_byte_is_an_error_of_ours_or_changes_nothing_that_counts(good: list[Entry], tmp_path: Path) -> None:
    content = bytearray(pack(good, tmp_path / "whole").read_bytes())
    whole = read(bytes(content))
    for place in range(0, len(content), 211):
        content[place] ^= 0xFF
        try:
            damaged = read(bytes(content))
        except BlockMRSError:
            continue
        else:
            # Then it was the padding between members; objects are checked against their names by the restore.
            for name, member_content in damaged.items():
                assert member_content == whole[name] or name.startswith("objects/")
        finally:
            content[place] ^= 0xFF
