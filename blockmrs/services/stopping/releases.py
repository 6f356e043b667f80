"""Letting an object go: who may, and when nobody may.

Whoever lets one go must act for the card on whose behalf it was saved, by that card's roll, and show its release
secret. A recipient has no such secret; a former coach, who may still hold the card's keys, is not on its roll. So an
author's object is the author's to let go, and the owner's is the owner's. None is let go while a code for crews opens
the report: whoever scans it stands beside the injured. What was kept before there were such secrets stays.
Source: docs/protocol "Letting an object go".
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import select

from blockmrs.crypto.releases import opens_release, release_secret
from blockmrs.domain.permission import require_acting_for
from blockmrs.model.objects import ReleaseRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from blockmrs.cid import Cid
    from blockmrs.crypto.keys import Keyring
    from blockmrs.model.database import Database
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.lines.mailbox import EntrustedKeys, Mailbox
    from blockmrs.services.people.teams import Teams
    from blockmrs.services.sharing.crew_codes import Codes
    from blockmrs.services.stopping.left_to_do import Stopped


class LetsGo(Protocol):
    """What lets objects go: storage/leaving.py."""

    def __contains__(self, cid: Cid) -> bool: ...

    def let_go(self, cids: Iterable[Cid], at: datetime) -> None: ...


class Releases:
    """Lets go what was sealed anew."""

    def __init__(self, database: Database, mailbox: Mailbox, teams: Teams, codes: Codes, leaving: LetsGo) -> None:
        self._database = database
        self._mailbox = mailbox
        self._teams = teams
        self._codes = codes
        self._leaving = leaving

    def served(self, stopped: Stopped) -> list[Cid]:
        """The objects that it had before, as far as they were not let go."""
        return [pointer.cid for pointer in stopped.entry.earlier if pointer.cid not in self._leaving]

    def is_gone(self, cid: Cid) -> bool:
        """Whether it was let go already."""
        return cid in self._leaving

    def held_for(self, holder: Keyring, cids: Iterable[Cid]) -> list[Cid]:
        """Those that were kept on behalf of that card, and so can be let go with its keys."""
        every = {cid.digest: cid for cid in cids}
        with self._database.read() as rows:
            matches = rows.scalars(select(ReleaseRow).where(ReleaseRow.digest.in_(every))).all()
            digests = {row.digest: row.secret_digest for row in matches}
        return [
            cid
            for digest, cid in every.items()
            if digest in digests and opens_release(release_secret(holder, cid), digests[digest])
        ]

    def open_to_crew(self, subject: EntrustedKeys, some: Iterable[Stopped]) -> set[bytes]:
        """The ids of those whose report somebody's code opens now."""
        running = self._codes.running()
        return {
            one.update_id
            for one in some
            if running and self._codes.handle_of(subject, one.report.grant.update_id) in running
        }

    def let_go(self, actor: Actor, holder: Keyring, subject: EntrustedKeys, done: Sequence[Stopped]) -> None:
        """Let go what these had before they were sealed anew; what a code opens stays until the code has ended.

        The caller has opened and listed the newest object of each, which is what is left.

        Args:
            holder: the keys of the card on whose behalf it was kept, the actor's own or one they act for.
            subject: the card that it is about.

        Raises:
            NotAuthorized: the actor does not act for that card, whatever keys they hold.
            Unavailable: the store did not answer.
        """
        me, card = actor.keyring.card.id, holder.card.id
        require_acting_for(me == card or any(keys.keyring.card.id == card for keys in self._teams.acting_for(actor)))
        with ExitStack() as locks:
            # Nobody makes a code meanwhile.
            for report in sorted({one.report.grant.update_id for one in done}):
                locks.enter_context(self._codes.one_at_a_time(report))
            open_now = self.open_to_crew(subject, done)
            going = [one for one in done if one.is_sealed_anew and one.update_id not in open_now]
            cids = self.held_for(holder, [cid for one in going for cid in self.served(one)])
            if cids:
                # Never before the newest block: 30 days from then they are erased.
                self._leaving.let_go(cids, self._mailbox.moment())
