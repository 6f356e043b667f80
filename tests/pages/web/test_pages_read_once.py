"""Within one request every entry is fetched, opened and checked once; what is written meanwhile is seen."""

import secrets
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from blockmrs.chain.ledger import Ledger
from blockmrs.crypto.keys import Keyring
from blockmrs.services.lines import mailbox as mailboxes
from blockmrs.services.lines import reader as readers
from tests.support.cast import Cast, play_in
from tests.support.quick import quick_folder

PAGES = [
    (persona, page)
    for persona, pages in {
        "family": ["/", "/record", "/record/facts", "/log", "/people", "/field/report/{report}"],
        "author": ["/", "/team", "/field/reports", "/field/report/{report}", "/field/report/{report}/share"],
        "recipient": ["/inbox", "/inbox/{opened}", "/organisation"],
    }.items()
    for page in pages
]


@pytest.fixture(scope="module")
def cast() -> Iterator[Cast]:
    with quick_folder() as folder:
        cast = play_in(folder)
        with closing(cast.site.foundation.in_use):
            yield cast
        cast.site.foundation.database.engine.dispose()


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> dict[str, Counter[Any]]:
    """How often each thing was fetched, opened or checked; by the bytes of it."""
    counts: dict[str, Counter[Any]] = {name: Counter() for name in ("fetched", "opened", "checked", "objects", "keys")}

    def count(where: Any, name: str, what: str, key: Any) -> None:
        real = getattr(where, name)

        def counted(*args: Any, **named: Any) -> Any:
            counts[what].update(key(*args))
            return real(*args, **named)

        monkeypatch.setattr(where, name, counted)

    count(Ledger, "at_numbers", "fetched", lambda _, line, numbers: [(line, number) for number in numbers])
    count(readers, "open_transaction", "opened", lambda transaction, keys: [(transaction, keys)])
    count(readers.OpenedPayload, "verify_author", "checked", lambda opened, key: [(opened.id, key)])
    count(mailboxes, "open_update", "objects", lambda objects, cards, grant: [(grant.object, grant.update_id)])
    count(mailboxes.Mailbox, "_open_keys", "keys", lambda _, pointer, dependent: [(pointer, dependent)])
    return counts


@pytest.mark.parametrize(("persona", "page"), PAGES, ids=lambda value: value)
def test_a_page_reads_each_entry_once(cast: Cast, read, persona: str, page: str) -> None:
    browser = cast.usual_browser(persona)
    browser.get("/field")
    for counter in read.values():
        counter.clear()
    browser.get(page.format(report=cast.address, opened=cast.opened))
    assert read["fetched"]
    assert read["opened"]
    for what, counter in read.items():
        assert not {key: number for key, number in counter.items() if number > 1}, what


def test_the_next_request_reads_and_checks_all_of_it_anew(cast: Cast, read) -> None:
    browser, opened = cast.usual_browser("family"), []
    for _ in range(2):
        read["opened"].clear()
        browser.get("/record")
        opened.append(sum(read["opened"].values()))
    assert opened[0] == opened[1] > 0


def test_a_request_leaves_nothing_of_what_it_read(cast: Cast) -> None:
    cast.usual_browser("family").get("/record")
    cast.usual_browser("stranger").get("/field/report/" + cast.address, status=404)
    assert not cast.site.services.readings.has_begun


def test_the_private_keys_of_a_keyring_are_expanded_once() -> None:
    keyring = Keyring.from_seed(secrets.token_bytes(32))
    assert keyring.sealing_keys is keyring.sealing_keys
