"""The grant on the line of whom an update is about: its number there, and the update before it."""

import pytest

from blockmrs.crypto.keys import Keyring
from blockmrs.services.grants.granting import owners_grant
from tests.support.lines import Lines, held, update


def given(lines: Lines, sam: Keyring, number: int, **changes: object) -> tuple[int | None, bytes | None]:
    """The number and the update before it of one more grant; nothing is written."""
    made = owners_grant(lines.mailbox, lines.mailbox.batch(), held(sam), lines.grant(sam, number), **changes)
    return made.number, made.previous


def test_the_first_update_on_a_line_has_number_0_and_none_before_it(lines: Lines, sam: Keyring) -> None:
    assert given(lines, sam, 1) == (0, None)


def test_an_update_names_the_one_before_it_on_the_line(lines: Lines, sam: Keyring) -> None:
    lines.own(lines.grant(sam, 1), sam)
    lines.own(lines.grant(sam, 2), sam)
    assert given(lines, sam, 3) == (2, update(2))


def test_everything_else_of_the_grant_stays_as_it_was(lines: Lines, sam: Keyring) -> None:
    grant = lines.grant(sam, 1, title="Head", level=2)
    made = owners_grant(lines.mailbox, lines.mailbox.batch(), held(sam), grant)
    assert (made.update_id, made.title, made.level, made.object) == (update(1), "Head", 2, grant.object)


@pytest.mark.parametrize(("copies", "previous"), [(3, update(1)), (4, update(1)), (5, None)])
def test_copies_of_shares_and_what_is_about_others_are_passed_over_five_places_back(
    lines: Lines, sam: Keyring, copies: int, previous: bytes | None
) -> None:
    other = lines.person("maria")
    lines.own(lines.grant(sam, 1), sam)
    for number in range(copies):
        is_copy = number % 2
        lines.own(lines.grant(sam if is_copy else other, 2, grantee=bytes(32) if is_copy else None), sam)
    assert given(lines, sam, 3) == (copies + 1, previous)


def test_what_the_same_batch_gives_before_is_the_update_before(lines: Lines, sam: Keyring) -> None:
    lines.own(lines.grant(sam, 1), sam)
    assert given(lines, sam, 3, previous=update(9)) == (1, update(9))


def test_two_of_one_batch_take_two_numbers_and_the_line_is_searched_once(
    lines: Lines, sam: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        lines.own(lines.grant(sam, number), sam)
    batch, starts = lines.mailbox.batch(), []
    search = lines.ledger.next_free

    def next_free(line_key: bytes, start: int = 0) -> int:
        starts.append(start)
        return search(line_key, start)

    monkeypatch.setattr(lines.ledger, "next_free", next_free)
    from blockmrs.chain.transaction import Kind

    numbers = []
    for number in (5, 6):
        made = owners_grant(lines.mailbox, batch, held(sam), lines.grant(sam, number), previous=update(9))
        numbers.append(made.number)
        batch.add(Kind.GRANT, made.to_fields(), author=sam, recipient=sam.card, line_key=sam.own_line)
    assert numbers == [3, 4]
    # From the beginning once; then from where the line was found to end.
    assert starts == [0, 3]
