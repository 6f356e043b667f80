"""Who sends reports to an organisation: whom it knows, whom it blocked, and by what name the directory knows them.

A decision is on the organisation's own line of senders, signed by the member who made it; every member reads it. The
last one about a sender counts, if its signer was a member when it entered the log. Opening a report means knowing its
sender from then on. What senders call themselves decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from blockmrs.chain.transaction import Kind
from blockmrs.domain.names import Names
from blockmrs.domain.senders import SenderDecision, Standing
from blockmrs.domain.staff import at_place
from blockmrs.errors import InvalidInput

if TYPE_CHECKING:
    from blockmrs.encoding import Value
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.lines.batch import Batch
    from blockmrs.services.lines.mailbox import EntrustedKeys, Mailbox
    from blockmrs.services.lines.reader import Message
    from blockmrs.services.people.organisations import Organisations

_HANDLE_BYTES = 16
# Names are a hint for people: a minute old is fresh enough, and the whole directory is not read for each page.
_NAMES_LAST = timedelta(minutes=1)


class Senders:
    """Reads and writes what organisations have decided about senders."""

    def __init__(self, mailbox: Mailbox, organisations: Organisations) -> None:
        self._mailbox = mailbox
        self._organisations = organisations
        self._names: tuple[datetime, Names] | None = None

    def standings(self, organisation: EntrustedKeys) -> dict[bytes, Standing]:
        """By card id, what each sender is to an organisation; anybody not listed is unknown."""
        memberships = self._organisations.staff.of(organisation.keyring.card.id)
        by_sender: dict[bytes, Standing] = {}
        for placed in self._mailbox.remembered(_line(organisation), organisation.keyring, _value_of):
            match placed.value:
                case [bytes() as author, bytes() as sender, int() as standing]:
                    if at_place(memberships, author, placed.index) is not None:
                        by_sender[sender] = Standing(standing)
        return by_sender

    def decide(self, actor: Actor, organisation: EntrustedKeys, sender: bytes, standing: Standing) -> None:
        """Decide about a sender, in the name of an organisation; repeating a decision changes nothing."""
        if self.standings(organisation).get(sender, Standing.UNKNOWN) is not standing:
            batch = self._mailbox.batch()
            self.add(batch, actor, organisation, sender, standing)
            batch.commit()

    def add(self, batch: Batch, actor: Actor, organisation: EntrustedKeys, sender: bytes, standing: Standing) -> None:
        """Add a decision to `batch`."""
        decision = SenderDecision(sender, self._mailbox.moment(), standing)
        batch.add(
            Kind.DECIDE,
            decision.to_fields(),
            author=actor.keyring,
            recipient=organisation.keyring.card,
            line_key=_line(organisation),
        )

    def listed(self, senders: Iterable[bytes]) -> dict[bytes, str]:
        """By card id, the directory's names for those senders who are members of any organisation."""
        return self._organisations.listed(senders)

    def imitated(self, claimed: str) -> str | None:
        """The name in the directory that this name could be taken for."""
        now, names = self._mailbox.now(), self._names
        if names is None or not names[0] <= now < names[0] + _NAMES_LAST:
            self._names = names = now, Names(self._organisations.names())
        return names[1].imitated(claimed)

    def handle(self, organisation: EntrustedKeys, sender: bytes) -> str:
        """The sender's id in the addresses of an organisation's pages; it means nothing to anybody else."""
        return organisation.keyring.derive("sender", sender)[:_HANDLE_BYTES].hex()


def _line(organisation: EntrustedKeys) -> bytes:
    return organisation.keyring.derive("senders")


def _value_of(message: Message) -> Value:
    if message.kind is not Kind.DECIDE:
        return None
    try:
        decision = SenderDecision.from_fields(message.fields)
    except InvalidInput:
        return None
    return [message.author, decision.sender, int(decision.standing)]
