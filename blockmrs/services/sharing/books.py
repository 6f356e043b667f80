"""Who got a report: the copies of its shares, each with what ended it, as far as they are to be believed.

A coach's shares are in the coach's own book, with copies on the player's line. The family's are on that line alone:
the player's card gives them, and whoever of the family sent it signs the copy with their own card, so that the others
see who it was. Nobody else's copy counts: whoever holds the line's key can write on it that somebody shared something.
Source: docs/protocol "Sharing with an organisation".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from blockmrs.domain.kinds import Content, Relation
from blockmrs.domain.permission import Action, Standing
from blockmrs.domain.sharing import Grant
from blockmrs.errors import NotFound
from blockmrs.services.grants.ending import any_ended, ending_of, who_may_end
from blockmrs.services.lines.contents import Sort
from blockmrs.services.lines.mailbox import GrantEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from blockmrs.crypto.keys import Keyring
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.grants.standing import StandingGrants
    from blockmrs.services.lines.mailbox import EntrustedKeys, Mailbox
    from blockmrs.services.people.rolls import Rolls
    from blockmrs.services.reports.access import Access, AccessFinder
    from blockmrs.services.reports.reports import Reports


LONGEST = timedelta(days=366)
"""How long a share can last."""


@dataclass(frozen=True, slots=True)
class RunningShare:
    """A share that runs; fields as in `shares.Share`."""

    share_id: str
    party: str
    since: datetime
    until: datetime | None
    from_family: bool
    sender: str


class Books:
    """Reads the copies; writes none."""

    def __init__(
        self, mailbox: Mailbox, rolls: Rolls, access: AccessFinder, reports: Reports, standing: StandingGrants
    ) -> None:
        self._standing = standing
        self._mailbox = mailbox
        self._rolls = rolls
        self._access = access
        self._reports = reports

    def subject(self, actor: Actor, access: Access) -> EntrustedKeys:
        """The keys of the card that the report is about, which its author and the family hold; else NotFound."""
        keys = access.keys if access.standing is Standing.SUBJECT else None
        if keys is None and access.place is not None:
            keys = self._access.subject_keys(actor, access.place)
        if keys is None:
            raise NotFound("the player's card is not held here")
        return keys

    def shown(self, actor: Actor, access: Access) -> list[GrantEntry]:
        """Every share that the actor is shown and may end: a coach's own ones, and for the family all of them."""
        if access.standing is not Standing.AUTHOR:
            return self._on_line(access, access.reader)
        subject = self._subject_as_family(actor, access)
        return self.authors(actor, access) + (self._familys(access, subject.keyring) if subject is not None else [])

    def authors(self, actor: Actor, access: Access) -> list[GrantEntry]:
        """What the actor shared as the report's author. Authors need no proof of what they noted in their own book."""
        book_key = self._reports.book_key(actor.keyring, access.grant.update_id)
        line = self._mailbox.private_line(book_key, actor.keyring)
        copies = [
            (entry, entry.author)
            for entry in line.grants.values()
            if entry.grant.update_id == access.grant.update_id and entry.grant.copy_of is not None
        ]
        return self._with_endings(copies, trusted=True)

    def everything(self, actor: Actor, access: Access) -> list[GrantEntry]:
        """Every share of the report: for those who decide what goes with it, whoever shared it."""
        if access.standing is not Standing.AUTHOR:
            return self._on_line(access, access.reader)
        is_own = access.grant.subject == actor.keyring.card.id
        if is_own or self._reports.is_withheld(actor, access):
            return self.authors(actor, access)
        return self.authors(actor, access) + self._familys(access, self.subject(actor, access).keyring)

    def returning(self, actor: Actor, access: Access, *, whole: bool = True) -> list[GrantEntry]:
        """Every share on whose return line somebody may have written about the report, given from now on included.

        Args:
            whole: whoever shared it; else only what the actor is shown.
        """
        shares = self.everything(actor, access) if whole else self.shown(actor, access)
        subject = self._giving(actor, access, whole)
        return shares if subject is None else [*shares, *self._from_now_on(access, subject)]

    def _giving(self, actor: Actor, access: Access, whole: bool) -> EntrustedKeys | None:
        """The subject's keys, for whoever is to know what came back from those who get everything from now on."""
        if access.standing is Standing.SUBJECT:
            return access.keys
        if access.standing is not Standing.AUTHOR or self._is_withheld(actor, access):
            return None
        is_own = access.grant.subject == actor.keyring.card.id
        return self.subject(actor, access) if whole or is_own else self._subject_as_family(actor, access)

    def _is_withheld(self, actor: Actor, access: Access) -> bool:
        return access.standing is Standing.AUTHOR and self._reports.is_withheld(actor, access)

    def _from_now_on(self, access: Access, subject: EntrustedKeys) -> Iterator[GrantEntry]:
        """The standing grants under which the report may have been given, each as if it were a share of the report."""
        for reader in self._standing.of(subject):
            if reader.covers(Content.REPORT, access.grant.update_id):
                grant = reader.copy.grant
                share = Grant(
                    access.grant.update_id,
                    grant.subject,
                    grant.purpose,
                    grant.not_before,
                    grant.not_after,
                    return_to_subject=grant.return_to_subject,
                    grantee=grant.grantee,
                    copy_of=grant.copy_of,
                    party=grant.party,
                )
                by, revoked = reader.ended or (b"", None)
                yield GrantEntry(reader.copy.id, reader.copy.author, share, revoked, revoked_by=by)

    def running(self, actor: Actor, access: Access) -> list[tuple[bytes, datetime]]:
        """Those with whom the report is shared now, whoever shared it: each organisation's card id, and until when."""
        return [
            (entry.grant.grantee, entry.grant.not_after)
            for entry in self.everything(actor, access)
            if entry.grant.grantee and entry.grant.not_after and self.is_running(entry)
        ]

    def running_shares(self, actor: Actor, address: str) -> list[RunningShare]:
        """The running shares of the report at `address` that the actor is shown, newest first, without receipts."""
        access = self._access.allow(actor, address, Action.SEE_WHO_LOOKED)
        entries = [entry for entry in self.shown(actor, access) if self.is_running(entry)]
        return [
            RunningShare(
                entry.id.hex(),
                entry.grant.party,
                self._mailbox.written_at(entry),
                entry.grant.not_after,
                not self.is_authors(access, entry),
                self.sender(actor, access, entry),
            )
            for entry in sorted(entries, key=lambda entry: entry.index, reverse=True)
        ]

    def is_running(self, entry: GrantEntry) -> bool:
        """Whether a share is running, by its copy and by what ended it."""
        return entry.revoked is None and entry.grant.covers(self._mailbox.present())

    def is_authors(self, access: Access, copy: GrantEntry) -> bool:
        """Whether that share was made by the report's author; otherwise by one of the family."""
        return copy.author == self._reports.author_of(access)

    def sender(self, actor: Actor, access: Access, copy: GrantEntry) -> str:
        """The name of whoever of the family sent it; empty for its author's shares, and for whom no roll names."""
        if self.is_authors(access, copy):
            return ""
        return self._rolls.of(self.subject(actor, access).keyring).name_of(copy.author)

    def copies_on(self, owner: Keyring, update_id: bytes) -> list[GrantEntry]:
        """The copies of every share of that report on its subject's own line, with their revocations, unexamined."""
        contents = self._mailbox.contents(owner)
        copies = [item for item in contents if item.sort is Sort.SHARE and item.about == update_id]
        if not copies:
            return []
        ids = {item.key for item in copies}
        ends = [item for item in contents if item.sort is Sort.REVOCATION and item.key in ids]
        entries = self._mailbox.opened(owner, [*copies, *ends]).grants.values()
        return [entry for entry in entries if entry.grant.update_id == update_id and entry.grant.copy_of is not None]

    def _on_line(self, access: Access, owner: Keyring) -> list[GrantEntry]:
        """The author's and the family's copies on the subject's line, in its order."""
        author, copies = self._reports.author_of(access), self.copies_on(owner, access.grant.update_id)
        others = {entry.index for entry in self._of_family(owner, copies, author)}
        counting = [entry for entry in copies if entry.author == author or entry.index in others]
        return self._with_endings(
            [(entry, author if entry.author == author else access.grant.subject) for entry in counting]
        )

    def _familys(self, access: Access, owner: Keyring) -> list[GrantEntry]:
        copies = self.copies_on(owner, access.grant.update_id)
        family = self._of_family(owner, copies, self._reports.author_of(access))
        return self._with_endings([(entry, access.grant.subject) for entry in family])

    def _of_family(self, owner: Keyring, copies: Iterable[GrantEntry], author: bytes) -> list[GrantEntry]:
        """Those copies that somebody of the family signed who was ever in: what they sent runs on without them."""
        by_others = [entry for entry in copies if entry.author != author]
        if not by_others:
            return []  # Nearly always; then the roll is not read.
        roll = self._rolls.of(owner)
        return [entry for entry in by_others if roll.was_family(entry.author)]

    def _with_endings(self, copies: Sequence[tuple[GrantEntry, bytes]], *, trusted: bool = False) -> list[GrantEntry]:
        """Each copy, with what ended its original, which the card beside it gave; revoking only a copy ends nothing."""
        originals = [copy.grant.copy_of for copy, _ in copies if copy.grant.copy_of is not None]
        # Asked once for all: most shares run.
        looks = any_ended(self._mailbox, originals)
        return [self._with_ending(copy, giver, looks=looks, trusted=trusted) for copy, giver in copies]

    def _with_ending(self, copy: GrantEntry, giver: bytes, *, looks: bool, trusted: bool) -> GrantEntry:
        if copy.grant.copy_of is None:
            return copy
        ending = ending_of(self._mailbox, copy.grant.copy_of, who_may_end(copy.grant, giver)) if looks else None
        if ending is not None:
            return replace(copy, revoked_by=ending[0], revoked=ending[1])
        return copy if trusted else replace(copy, revoked=None, copy_revocation=copy.revoked)

    def _subject_as_family(self, actor: Actor, access: Access) -> EntrustedKeys | None:
        """The subject's keys, if the report's author is of the family too; a coach is not shown what a family sends."""
        if access.grant.subject == actor.keyring.card.id or self._reports.is_withheld(actor, access):
            return None
        subject = self.subject(actor, access)
        is_family = subject.relation != Relation.HOLDER or self._rolls.of(subject.keyring).is_in(actor.keyring.card.id)
        return subject if is_family else None
