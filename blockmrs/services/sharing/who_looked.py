"""Who looked: every receipt for a report about one of the actor's people, and what a crew opened by code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from blockmrs.services.lines.contents import KEY_BYTES, ListPlace, Sort, page_of
from blockmrs.services.reports.access import report_address

if TYPE_CHECKING:
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.lines.mailbox import Mailbox
    from blockmrs.services.people.persons import Person
    from blockmrs.services.sharing.crew_codes import Codes, ReportCode
    from blockmrs.services.sharing.openings import Opening
    from blockmrs.services.sharing.shares import Sharing


@dataclass(frozen=True, slots=True)
class Look:
    """One opening of the report at `address`, which is about `about`, by a recipient of a share.

    `concerns`: what the report is about (domain/concerns.py), for those who may read it.
    """

    receipt: Opening
    about: str
    address: str
    concerns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CodeLook:
    """A code for the report at `address`, which is about `about`, that somebody opened. `concerns` as above."""

    code: ReportCode
    about: str
    address: str
    concerns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Looks:
    """One page: the openings of the twenty most recently shared reports. `older` begins the next page, if any."""

    looks: list[Look]
    codes: list[CodeLook]
    older: ListPlace | None


class WhoLooked:
    """Collects openings; keeps nothing itself. Only reports that were shared, or opened by code, are considered."""

    def __init__(self, mailbox: Mailbox, sharing: Sharing, codes: Codes) -> None:
        self._mailbox = mailbox
        self._sharing = sharing
        self._codes = codes

    def page(self, actor: Actor, people: Sequence[Person], before: ListPlace | None = None) -> Looks:
        """The openings of reports about these people, newest first, and on the newest page those by code."""
        newest_shares: dict[bytes, tuple[int, Person]] = {}
        for person in people:
            for keys in person.cards:
                for item in self._mailbox.contents(keys.keyring):
                    if item.sort is Sort.SHARE:
                        newest = max(item.at_ms, newest_shares.get(item.about, (0, person))[0])
                        newest_shares[item.about] = newest, person
        page, older = page_of(
            newest_shares, before, lambda update: ListPlace(newest_shares[update][0], 0, update[:KEY_BYTES])
        )
        looks = [
            look
            for update_id in page
            for look in self._of(actor, report_address(update_id), newest_shares[update_id][1].label)
        ]
        looks.sort(key=lambda look: look.receipt.at, reverse=True)
        return Looks(looks, self._by_code(actor, people) if before is None else [], older)

    def _of(self, actor: Actor, address: str, about: str) -> list[Look]:
        """The openings of one report."""
        receipts = [receipt for share in self._sharing.shares(actor, address) for receipt in share.receipts]
        concerns = self._sharing.named(actor, address).concerns if receipts else ()
        return [Look(receipt, about, address, concerns) for receipt in receipts]

    def _by_code(self, actor: Actor, people: Sequence[Person]) -> list[CodeLook]:
        handles = self._codes.opened_handles()
        if not handles:
            return []  # Nearly always; then no line is read.
        by_address: dict[str, CodeLook] = {}
        for person in people:
            for keys in person.cards:
                for item in self._mailbox.contents(keys.keyring):
                    is_about = item.sort is Sort.REPORT and item.of_reader
                    if is_about and self._codes.handle_of(keys, item.about) in handles:
                        address = report_address(item.about)
                        code = self._codes.status(actor, address)
                        if code is not None and code.first_opened is not None:
                            concerns = self._sharing.named(actor, address).concerns
                            by_address[address] = CodeLook(code, person.label, address, concerns)
        return list(by_address.values())
