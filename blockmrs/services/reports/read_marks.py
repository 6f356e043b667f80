"""Which reports somebody has opened, so that the others are told to them as new.

A mark is a sealed row under a digest that only its reader's keys produce: it tells nobody else what was read. Whoever
removes one only makes a report new once more.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from blockmrs.crypto.envelope import seal_secret
from blockmrs.services.lines.short_cuts import read_short_cuts, replace_short_cut

if TYPE_CHECKING:
    from blockmrs.model.database import Database
    from blockmrs.services.accounts.actor import Actor

_LABEL = "report read"


class ReadMarks:
    """Keeps the marks; reports are named by the first bytes of their update id, as in their addresses."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, actor: Actor, prefix: bytes) -> None:
        """Note that the actor has opened the report; nothing is written where that is known already."""
        if self.among(actor, [prefix]):
            return
        lookup = actor.keyring.derive(_LABEL, prefix)
        sealed = seal_secret(actor.keyring.derive(_LABEL), b"", context=lookup)
        with self._database.write() as rows:
            replace_short_cut(rows, lookup, sealed)

    def among(self, actor: Actor, prefixes: Iterable[bytes]) -> set[bytes]:
        """Those of these reports that the actor has opened."""
        by_lookup = {actor.keyring.derive(_LABEL, prefix): prefix for prefix in prefixes}
        return (
            {by_lookup[lookup] for lookup in read_short_cuts(self._database, list(by_lookup))} if by_lookup else set()
        )
