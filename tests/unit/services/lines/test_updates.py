"""Reading an update: each step of the protocol refuses what is wrong with it."""

from dataclasses import replace

import pytest

from blockmrs.crypto.envelope import seal_object
from blockmrs.crypto.keys import Keyring
from blockmrs.crypto.signatures import sign
from blockmrs.domain.records import Update, encode_update, update_id
from blockmrs.domain.sharing import Grant, Pointer
from blockmrs.errors import InvalidProof, InvalidSignature, NotFound, ObjectMismatch
from blockmrs.services.lines.updates import open_update, read_update, write_update
from tests.support.lines import Lines

BODY = b'{"resourceType":"Bundle"}'


def written(lines: Lines, author: Keyring, subject: Keyring, *, near: bool = False) -> tuple[Pointer, bytes]:
    return write_update(
        lines.mailbox.batch(), author, subject=subject.card.id, kind="report", purpose="care", body=BODY,
        created=lines.clock(), chain_id=lines.chain_id, near=near,
    )  # fmt: skip


@pytest.fixture
def grant(lines: Lines, carol: Keyring, sam: Keyring) -> Grant:
    pointer, identifier = written(lines, carol, sam)
    return lines.grant(sam, 1, update_id=identifier, object=pointer)


def read(lines: Lines, grant: Grant, grantor: Keyring) -> Update:
    return read_update(lines.objects, lines.cards, grant.gives, grantor.card.id, chain_id=lines.chain_id)


def forged(lines: Lines, author: Keyring, signer: Keyring, subject: Keyring, purpose: str = "update") -> Grant:
    """A grant of an update in the name of `author` that `signer` signed."""
    update = Update(bytes(16), subject.card.id, author.card.id, "report", lines.clock(), "care", BODY)
    plaintext = encode_update(update, sign(signer.signing_seed, purpose, lines.chain_id, update.signed_bytes()))
    sealed = seal_object(plaintext, chain_id=lines.chain_id)
    lines.objects.put(sealed.content)
    return lines.grant(subject, 1, update_id=update_id(plaintext), object=Pointer(sealed.cid, sealed.seed))


def test_what_was_written_is_read_as_it_was(lines: Lines, carol: Keyring, sam: Keyring, grant: Grant) -> None:
    update = read(lines, grant, carol)
    assert (update.author, update.subject, update.body) == (carol.card.id, sam.card.id, BODY)
    assert (update.kind, update.purpose, update.created) == ("report", "care", lines.clock())
    assert len(update.nonce) == 16


def test_two_updates_that_say_the_same_have_two_ids(lines: Lines, carol: Keyring, sam: Keyring) -> None:
    assert written(lines, carol, sam)[1] != written(lines, carol, sam)[1]


@pytest.mark.parametrize("near", [False, True])
def test_an_update_is_kept_where_its_writer_says(lines: Lines, carol: Keyring, sam: Keyring, near: bool) -> None:
    pointer, _ = written(lines, carol, sam, near=near)
    assert (pointer.cid in lines.near.objects, pointer.cid in lines.objects.objects) == (near, not near)


def test_its_author_and_its_subject_may_grant_it_and_nobody_else(
    lines: Lines, carol: Keyring, sam: Keyring, grant: Grant
) -> None:
    assert read(lines, grant, carol) == read(lines, grant, sam)
    mallory = lines.person("mallory")
    with pytest.raises(InvalidProof, match="may not grant"):
        read(lines, grant, mallory)
    assert open_update(lines.objects, lines.cards, grant.gives, chain_id=lines.chain_id).author == carol.card.id


def test_a_grant_without_an_object_reads_nothing(lines: Lines, carol: Keyring, grant: Grant) -> None:
    with pytest.raises(NotFound, match="no object"):
        read(lines, replace(grant, object=None), carol)


def test_another_update_than_was_granted_is_refused(lines: Lines, carol: Keyring, grant: Grant) -> None:
    with pytest.raises(ObjectMismatch, match="other than the one granted"):
        read(lines, replace(grant, update_id=bytes(32)), carol)


def test_an_update_about_somebody_else_than_was_granted_is_refused(lines: Lines, carol: Keyring, grant: Grant) -> None:
    with pytest.raises(InvalidProof, match="somebody other"):
        read(lines, replace(grant, subject=carol.card.id), carol)


def test_an_update_in_the_name_of_somebody_who_did_not_sign_it_is_refused(
    lines: Lines, carol: Keyring, sam: Keyring
) -> None:
    assert read(lines, forged(lines, carol, carol, sam), carol).author == carol.card.id
    with pytest.raises(InvalidSignature):
        read(lines, forged(lines, carol, sam, sam), carol)
    with pytest.raises(InvalidSignature):
        read(lines, forged(lines, carol, carol, sam, purpose="payload"), carol)
