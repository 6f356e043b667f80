"""Files under a passphrase."""

import io

import pytest

from blockmrs.crypto.streams import MAGIC, OpeningReader, SealingWriter
from blockmrs.crypto.wrapping import WrapCost, Wrapper
from blockmrs.errors import CannotOpen
from tests.reference import cobblestone

CHEAP = WrapCost(memory_kib=64, iterations=1, lanes=1)
PASSPHRASE = "six candles under the stairs"


def seal(content: bytes, part: int = 10_000) -> bytes:
    file = io.BytesIO()
    writer = SealingWriter(file, PASSPHRASE, purpose="test", cost=CHEAP)
    for start in range(0, len(content), part):
        assert writer.write(content[start : start + part]) == len(content[start : start + part])
    writer.finish()
    return file.getvalue()


def unseal(sealed: bytes, passphrase: str = PASSPHRASE, purpose: str = "test") -> bytes:
    file = io.BytesIO(sealed)
    assert file.read(len(MAGIC)) == MAGIC
    reader = OpeningReader(file, passphrase, purpose=purpose)
    content = b"".join(iter(lambda: reader.read(777), b""))
    reader.finish()
    return content


@pytest.mark.parametrize("size_bytes", [0, 1, 16_383, 16_384, 16_385, 200_000])
def test_what_was_sealed_opens(size_bytes: int) -> None:
    content = bytes(number % 251 for number in range(size_bytes))
    assert unseal(seal(content)) == content


def test_the_end_can_be_checked_without_reading_everything() -> None:
    file = io.BytesIO(seal(bytes(500_000)))
    file.seek(len(MAGIC))
    OpeningReader(file, PASSPHRASE, purpose="test").finish()


def test_nothing_of_the_content_shows() -> None:
    assert b"content" not in seal(b"content" * 1000)


def test_the_same_content_is_never_sealed_to_the_same_bytes() -> None:
    assert seal(b"content") != seal(b"content")


@pytest.mark.parametrize("wrong", [{"passphrase": "six candles under the stair"}, {"purpose": "other"}])
def test_another_passphrase_or_purpose_opens_nothing(wrong: dict[str, str]) -> None:
    with pytest.raises(CannotOpen):
        unseal(seal(b"content"), **wrong)


def test_a_file_cut_short_anywhere_does_not_open() -> None:
    sealed = seal(bytes(40_000))
    for length in [*range(len(MAGIC), 300), *range(300, len(sealed), 1111), len(sealed) - 1]:
        with pytest.raises(CannotOpen):
            unseal(sealed[:length])


def test_one_changed_bit_anywhere_is_noticed() -> None:
    sealed = bytearray(seal(bytes(40_000)))
    # The cost stands in clear and is checked against bounds; the other bytes of the head are covered likewise.
    for place in [*range(len(MAGIC) + 10, 300), *range(300, len(sealed), 1111), len(sealed) - 1]:
        sealed[place] ^= 1
        with pytest.raises(CannotOpen):
            unseal(bytes(sealed))
        sealed[place] ^= 1


def test_the_file_is_as_it_is_described_so_that_a_backup_of_today_opens_in_years() -> None:
    sealed = seal(b"content")
    head = b"blockmrs sealed file 1\n"
    assert sealed.startswith(head)
    length = int.from_bytes(sealed[len(head) : len(head) + 2], "big")
    start = len(head) + 2
    wrapper, context = Wrapper(bytes(32), CHEAP), b"blockmrs/1 test\x00"
    key = wrapper.unwrap(PASSPHRASE, sealed[start : start + length], context=context)
    rest = sealed[start + length :]
    assert cobblestone.seal(key, b"content", context=context, salt=rest[:24]) == rest


def test_a_file_is_never_read_whole_into_memory() -> None:
    class Parts(io.BytesIO):
        asked: list[int]

        def read(self, size: int | None = -1) -> bytes:
            self.asked.append(-1 if size is None else size)
            return super().read(size)

    file = Parts(seal(bytes(200_000)))
    file.seek(len(MAGIC))
    file.asked = []
    OpeningReader(file, PASSPHRASE, purpose="test").finish()
    assert file.asked
    assert all(0 < size <= 64 * 1024 for size in file.asked)
