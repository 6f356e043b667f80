"""Where everybody who knows of a grant finds its end."""

from datetime import timedelta

from blockmrs.chain.transaction import Kind
from blockmrs.crypto.keys import Keyring, ending_keyring
from blockmrs.domain.sharing import Revocation
from blockmrs.services.grants.ending import ending_of, who_may_end, write_ending
from tests.conftest import StillClock
from tests.support.lines import Lines

GRANT = bytes([7]) * 32


def end(lines: Lines, author: Keyring, grant_id: bytes = GRANT, days_ago: int = 0) -> None:
    batch = lines.mailbox.batch()
    write_ending(batch, grant_id, lines.clock() - timedelta(days=days_ago), author)
    batch.commit()


def say(lines: Lines, author: Keyring, kind: Kind, fields: dict, grant_id: bytes = GRANT) -> None:
    """Whatever somebody likes, on the line on which the grant's end stands."""
    common, batch = ending_keyring(grant_id), lines.mailbox.batch()
    batch.add(kind, fields, author=author, recipient=common.card, line_key=common.own_line)
    batch.commit()


def test_a_grant_of_which_nothing_is_said_runs(lines: Lines, carol: Keyring) -> None:
    assert ending_of(lines.mailbox, GRANT, [carol.card.id]) is None


def test_a_grants_end_names_who_ended_it_and_the_time_of_its_block(
    lines: Lines, carol: Keyring, clock: StillClock
) -> None:
    end(lines, carol, days_ago=3)
    then = clock()
    clock.advance(timedelta(hours=1))
    assert ending_of(lines.mailbox, GRANT, [carol.card.id]) == (carol.card.id, Revocation(GRANT, then))


def test_only_who_may_end_it_ends_it_and_the_first_of_them_counts(lines: Lines, carol: Keyring) -> None:
    mallory, maria = lines.person("mallory"), lines.person("maria")
    for author in (mallory, maria, carol):
        end(lines, author)
    may = [carol.card.id, maria.card.id]
    assert ending_of(lines.mailbox, GRANT, [lines.person("joe").card.id]) is None
    found = ending_of(lines.mailbox, GRANT, may)
    assert found is not None
    assert found[0] == maria.card.id


def test_something_else_on_that_line_ends_nothing_and_hides_no_end(lines: Lines, carol: Keyring) -> None:
    say(lines, carol, Kind.COVER, Revocation(GRANT, lines.clock()).to_fields())
    say(lines, carol, Kind.REVOKE, {6: b"short"})
    say(lines, carol, Kind.REVOKE, Revocation(bytes(32), lines.clock()).to_fields())
    assert ending_of(lines.mailbox, GRANT, [carol.card.id]) is None
    end(lines, carol)
    assert ending_of(lines.mailbox, GRANT, [carol.card.id]) is not None


def test_the_end_of_one_grant_is_not_that_of_another(lines: Lines, carol: Keyring) -> None:
    end(lines, carol, bytes([8]) * 32)
    assert ending_of(lines.mailbox, GRANT, [carol.card.id]) is None


def test_the_subject_may_end_what_has_a_way_back_to_them_and_the_author_everything(
    lines: Lines, carol: Keyring
) -> None:
    sam = lines.person("sam")
    open_grant = lines.grant(sam, 1, return_to_subject=bytes(32))
    assert who_may_end(open_grant, carol.card.id) == (carol.card.id, sam.card.id)
    assert who_may_end(lines.grant(sam, 1), carol.card.id) == (carol.card.id,)
