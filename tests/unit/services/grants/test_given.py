"""What came under a standing grant is shown only while that grant runs, is its subject's own, and can be read."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from blockmrs.cid import Cid
from blockmrs.crypto.keys import ending_keyring
from blockmrs.domain.bundles import BundleTerms
from blockmrs.domain.kinds import Scope
from blockmrs.domain.sharing import BundleGrant, Grant, Now, Pointer, Revocation
from blockmrs.errors import ObjectMissing
from blockmrs.services.grants import given
from blockmrs.services.grants.given import GivenReader
from blockmrs.services.lines.reader import BundleGrantEntry, GrantEntry, Line

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SUBJECT, OTHER, STANDING, REPORT, SHARED = (letter * 32 for letter in (b"s", b"o", b"g", b"r", b"x"))
"""Two cards, the payload id of the standing grant, and two updates: one given under it, and one shared by itself."""
TERMS = BundleTerms(kinds=("report",))
STANDS = BundleGrantEntry(
    STANDING,
    SUBJECT,
    BundleGrant(Scope.STANDING, Pointer(Cid(b"c" * 32), b"k" * 32), b"b" * 32, SUBJECT, "care", NOON, NOON + DAY),
)
GIVEN = GrantEntry(REPORT, SUBJECT, Grant(REPORT, SUBJECT, "report", NOON, copy_of=STANDING))
BY_ITSELF = GrantEntry(SHARED, OTHER, Grant(SHARED, SUBJECT, "report", NOON))


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> GivenReader:
    """At noon; nothing has been ended on a line of its own, and what was chosen is reports."""
    mailbox = SimpleNamespace(
        chain_id=bytes(32),
        present=lambda: Now(NOON, NOON),
        derived=lambda _make, grant_id: ending_keyring(grant_id),
        messages_on=lambda _line_key, _reader: (),
        readings=SimpleNamespace(now=lambda: SimpleNamespace(once=lambda _key, make: make())),
    )
    monkeypatch.setattr(given, "read_terms", lambda *_, **__: SimpleNamespace(terms=TERMS))
    return GivenReader(mailbox, objects=None)


def shown(reader: GivenReader, standing: BundleGrantEntry | None = STANDS, entry: GrantEntry = GIVEN) -> set[bytes]:
    """The updates that are shown of a line with a share, with what was given, and with what it was given under."""
    bundles = {} if standing is None else {standing.id: standing}
    line = reader.as_it_runs(Line(grants={SHARED: BY_ITSELF, entry.id: entry}, bundles=bundles))
    return set(line.grants)


def test_what_was_given_is_shown_with_the_shares_while_it_runs(reader: GivenReader) -> None:
    assert shown(reader) == {SHARED, REPORT}


def test_a_line_on_which_nothing_was_given_is_as_it_was(reader: GivenReader) -> None:
    line = Line(grants={SHARED: BY_ITSELF}, bundles={STANDING: STANDS})
    assert reader.as_it_runs(line) is line


def test_another_standing_grant_shows_nothing_of_this_one(reader: GivenReader) -> None:
    assert shown(reader, None) == {SHARED}
    assert shown(reader, replace(STANDS, id=OTHER)) == {SHARED}


@pytest.mark.parametrize(
    "grant",
    [
        replace(STANDS.grant, scope=Scope.BUNDLE),
        replace(STANDS.grant, copy_of=OTHER),
        replace(STANDS.grant, subject=OTHER),
        replace(STANDS.grant, not_after=NOON - DAY),
    ],
    ids=["a bundle", "a copy", "somebody else's record", "run out"],
)
def test_nothing_is_given_under_what_is_no_running_grant_of_the_records_own_card(
    reader: GivenReader, grant: BundleGrant
) -> None:
    assert shown(reader, replace(STANDS, grant=grant)) == {SHARED}


def test_one_end_on_its_line_ends_what_was_given(reader: GivenReader) -> None:
    assert shown(reader, replace(STANDS, revoked=Revocation(STANDING, NOON))) == {SHARED}


@pytest.mark.parametrize(
    "entry",
    [replace(GIVEN, author=OTHER), replace(GIVEN, grant=replace(GIVEN.grant, purpose="facts"))],
    ids=["by somebody else", "not chosen"],
)
def test_only_the_record_s_card_gives_and_only_what_was_chosen(reader: GivenReader, entry: GrantEntry) -> None:
    assert shown(reader, entry=entry) == {SHARED}


def test_while_what_was_chosen_cannot_be_read_nothing_of_it_is_shown_and_the_shares_are(
    reader: GivenReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise ObjectMissing("not here")

    monkeypatch.setattr(given, "read_terms", away)
    assert shown(reader) == {SHARED}
