"""What is left to do after shares were stopped, as the lines show it: no row says so, so no crash can lose it.

A share that was stopped leaves its recipient with the key of an object. Of the owner's side, that is the report, where
the family gave it, the symptom checks, which the player's card passes on whoever shared the report, and what was given
under a standing grant, or with other parts of the record; of its author's side, the report, where the author gave it.
An update is left to do while its newest object is older, in the log, than the end of such a share: the key of what came
later was never given to whoever was stopped.
Source: docs/protocol "Sealing anew".
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from blockmrs.domain.kinds import Content
from blockmrs.errors import NOT_HERE, BlockMRSError, ObjectMissing, Unavailable
from blockmrs.services.lines.contents import KEY_BYTES, OPENS, Sort

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from blockmrs.crypto.keys import Keyring
    from blockmrs.domain.bundles import BundleEntry
    from blockmrs.domain.roll import Roll
    from blockmrs.domain.sharing import Grant
    from blockmrs.services.grants.standing import StandingGrants
    from blockmrs.services.grants.standing_readers import StandingReader
    from blockmrs.services.lines.contents import Items
    from blockmrs.services.lines.mailbox import BundleGrantEntry, EntrustedKeys, GrantEntry, Mailbox

log = logging.getLogger(__name__)
_OF_THE_OWNER = (Content.REPORT, Content.FACTS, Content.CHECK)
"""What is kept in an object of the owner's; what clinicians wrote is in theirs."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """An update whose key somebody has who was stopped.

    `report` gives the report that it is, or follows; `entry` opens it now, and says which objects it had before.
    `ended` is where in the log the last such share ended.
    """

    report: GrantEntry
    entry: GrantEntry
    ended: int

    @property
    def is_sealed_anew(self) -> bool:
        """Whether nobody who was stopped has the key of its newest object."""
        return max(self.entry.index, self.entry.renewed) > self.ended

    @property
    def update_id(self) -> bytes:
        """The id of the update."""
        return self.entry.grant.update_id


class LeftToDo:
    """Finds what is left to do for a card; writes nothing."""

    def __init__(self, mailbox: Mailbox, standing: StandingGrants, roll_of: Callable[[Keyring], Roll]) -> None:
        self._mailbox = mailbox
        self._standing = standing
        self._roll_of = roll_of

    def may_be(self, owner: Keyring) -> bool:
        """Whether anything that was shared of a card was ever stopped: nearly always not, and that is quick to see."""
        contents = self._mailbox.contents(owner)
        return bool(_ends(contents) or _ends_of(Sort.STANDING, contents) or _ends_of(Sort.BUNDLE, contents))

    def of_owner(self, subject: EntrustedKeys) -> list[Stopped]:
        """What the card itself gave: what the family shared, what went along with any share, and from now on."""
        shared = self._of_shares(subject.keyring)
        latest: dict[bytes, Stopped] = {}
        for one in (*shared, *self._of_standing(subject), *self._of_bundles(subject)):
            known = latest.get(one.update_id)
            if known is None or known.ended < one.ended:
                latest[one.update_id] = one
        return list(latest.values())

    def hides_readers(self, owner: Keyring) -> bool:
        """Whether covers hide how many read the record from now on, as whatever is saved on its line says."""
        return any(item.sort is Sort.STANDING for item in self._mailbox.contents(owner))

    def readers_from_now_on(self, subject: EntrustedKeys, entry: GrantEntry) -> set[bytes]:
        """The card ids of those who may read an update of the owner's by a standing grant that runs.

        It was given to them, or will be: what it covers goes to them whole. A renewal holds a key, so that nobody gets
        one of what is private, and was not given to them.

        Raises:
            ObjectMissing: what one of them gets cannot be read here now, so that nobody can tell.
        """
        readers = [reader for reader in self._standing.running(subject) if reader.copy.index < entry.index]
        if any(reader.terms is None for reader in readers):
            raise ObjectMissing("to whom it was given cannot be read here now")
        return {reader.grantee for reader in self._standing.gets(subject, readers, entry.grant)}

    def _of_bundles(self, subject: EntrustedKeys) -> list[Stopped]:
        """What was given with other parts of the record in one share, as far as what it listed can be read here."""
        contents = self._mailbox.contents(subject.keyring)
        ends = _ends_of(Sort.BUNDLE, contents)
        items = [item for item in contents if item.sort is Sort.BUNDLE and item.key in ends]
        entries = self._updates(subject.keyring) if items else {}
        stopped = []
        copies = self._mailbox.opened(subject.keyring, items).bundles.values() if items else ()
        for copy in self._that_count(subject, copies):
            for listed in self._listed(copy):
                entry = entries.get(listed.update_id)
                if entry is not None:
                    report = entries.get(entry.grant.about or b"", entry)
                    stopped.append(Stopped(report, entry, ends[copy.id[:KEY_BYTES]]))
        return stopped

    def _that_count(self, subject: EntrustedKeys, copies: Iterable[BundleGrantEntry]) -> Iterator[BundleGrantEntry]:
        """The copies that somebody of the family signed, who is or was in; `selections/copies.py` believes the same."""
        card = subject.keyring.card.id
        # Nobody else holds the keys of somebody's own card.
        roll = self._roll_of(subject.keyring) if subject.seed else None
        for copy in copies:
            counts = copy.author == card if roll is None else roll.was_family(copy.author)
            if counts and copy.grant.copy_of is not None and copy.grant.subject == card:
                yield copy

    def _listed(self, copy: BundleGrantEntry) -> tuple[BundleEntry, ...]:
        """What a bundle lists; nothing, if it does not open, so that it holds up no other.

        Raises:
            Unavailable: the store does not answer.
        """
        try:
            return self._mailbox.bundle(copy.grant).entries
        except NOT_HERE as error:
            log.warning("what a stopped share listed is not here: %s", error)
        except Unavailable:
            raise
        except BlockMRSError as error:
            log.warning("what a stopped share listed does not open: %s", error)
        return ()

    def _of_shares(self, owner: Keyring) -> list[Stopped]:
        contents = self._mailbox.contents(owner)
        ends, reports = _ends(contents), self._reports(owner, contents)
        stopped = []
        for update_id, shares in ends.items():
            report = reports.get(update_id)
            if report is None:
                continue  # It stands here no longer, or does not open: nothing that could be sealed anew.
            # What its author shared has an object of the author's own.
            by_family = [at for by, at in shares if not report.author.startswith(by)]
            if by_family:
                stopped.append(Stopped(report, report, max(by_family)))
            last, checks = max(at for _, at in shares), self._checks(owner, contents, update_id)
            stopped += [Stopped(report, check, last) for check in checks if check.index < last]
        return stopped

    def of_author(self, author: Keyring, owner: Keyring) -> list[Stopped]:
        """What somebody gave of the reports that they wrote about that card, as its line shows the ends."""
        ends = _ends(self._mailbox.contents(owner))
        contents = self._mailbox.contents(author)
        mine = author.card.id[:KEY_BYTES]
        items = [item for item in contents if item.sort is Sort.REPORT and item.about in ends]
        line = self._mailbox.opened(author, items, author=author.card)
        stopped = []
        for report in self._mailbox.placed(line.grants.values()):
            by_author = [at for by, at in ends.get(report.grant.update_id, ()) if by == mine]
            if by_author and report.grant.subject == owner.card.id and report.grant.object is not None:
                stopped.append(Stopped(report, report, max(by_author)))
        return stopped

    def _of_standing(self, subject: EntrustedKeys) -> list[Stopped]:
        ends = _ends_of(Sort.STANDING, self._mailbox.contents(subject.keyring))
        # Who signed the copies decides nothing here: one that does not count makes somebody seal anew for nothing.
        readers = [reader for reader in self._standing.of(subject) if reader.copy.id[:KEY_BYTES] in ends]
        entries = self._updates(subject.keyring) if readers else {}
        return [
            Stopped(entries.get(entry.grant.about or b"", entry), entry, ends[reader.copy.id[:KEY_BYTES]])
            for reader in readers
            for entry in entries.values()
            if reader.copy.index < entry.index < ends[reader.copy.id[:KEY_BYTES]] and _may_cover(reader, entry.grant)
        ]

    def _updates(self, owner: Keyring) -> dict[bytes, GrantEntry]:
        """Everything about the card on its line that has an object of the owner's, by update id."""
        contents = self._mailbox.contents(owner)
        items = [item for item in contents if item.sort in OPENS and (item.of_reader or item.sort is Sort.FOLLOWING)]
        entries = [
            entry
            for entry in self._mailbox.opened(owner, items).grants.values()
            if entry.grant.purpose in _OF_THE_OWNER and entry.grant.object is not None and entry.grant.grantee is None
        ]
        return {entry.grant.update_id: entry for entry in self._mailbox.placed(entries)}

    def _reports(self, owner: Keyring, contents: Items) -> dict[bytes, GrantEntry]:
        ends = _ends(contents)
        items = [item for item in contents if item.sort is Sort.REPORT and item.of_reader and item.about in ends]
        entries = self._mailbox.opened(owner, items).grants.values()
        reports = [entry for entry in entries if entry.grant.grantee is None and entry.grant.object is not None]
        return {entry.grant.update_id: entry for entry in self._mailbox.placed(reports)}

    def _checks(self, owner: Keyring, contents: Items, report: bytes) -> list[GrantEntry]:
        items = [item for item in contents if item.sort is Sort.FOLLOWING and item.about == report]
        entries = self._mailbox.opened(owner, items).grants.values()
        return [
            entry
            for entry in self._mailbox.placed(entries)
            if entry.grant.purpose == Content.CHECK and entry.grant.object is not None
        ]


def _ends(contents: Items) -> dict[bytes, list[tuple[bytes, int]]]:
    """By report: who signed the copy of each share that was ended (16 bytes), and the end's place in the log.

    The end of a copy stands in the block of the share's own end. One that stands alone, as whoever holds the line's key
    could write it, makes somebody seal anew for nothing.
    """
    shares = {item.key: item for item in contents if item.sort is Sort.SHARE}
    ends: dict[bytes, list[tuple[bytes, int]]] = {}
    for item in contents:
        share = shares.get(item.key) if item.sort is Sort.REVOCATION else None
        if share is not None:
            ends.setdefault(share.about, []).append((share.by, item.index))
    return ends


def _may_cover(reader: StandingReader, grant: Grant) -> bool:
    """Whether it went to that reader, as far as can be told."""
    return reader.terms is None or reader.covers(grant.purpose, grant.update_id)


def _ends_of(sort: Sort, contents: Items) -> dict[bytes, int]:
    """The end's place in the log of each grant of that sort that was ended, by the first bytes of its copy's id."""
    copies = {item.key for item in contents if item.sort is sort}
    return {item.key: item.index for item in contents if item.sort is Sort.REVOCATION and item.key in copies}
