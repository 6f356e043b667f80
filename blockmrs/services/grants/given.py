"""What a reader got under a standing grant, as far as that runs: one end of it ends all that was given under it.

Source: docs/protocol "Everything from now on".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from blockmrs.domain.kinds import Scope
from blockmrs.domain.standing import covers
from blockmrs.errors import BlockMRSError
from blockmrs.services.grants.ending import ending_of
from blockmrs.services.lines.bundles import read_terms

if TYPE_CHECKING:
    from blockmrs.domain.bundles import BundleTerms
    from blockmrs.services.lines.mailbox import GrantEntry, Line, Mailbox
    from blockmrs.services.lines.reader import BundleGrantEntry
    from blockmrs.storage import ObjectStore


class GivenReader:
    """Reads standing grants for whoever they are for."""

    def __init__(self, mailbox: Mailbox, objects: ObjectStore) -> None:
        self._mailbox = mailbox
        self._objects = objects

    def runs(self, entry: BundleGrantEntry) -> bool:
        """Whether a standing grant from its subject's card runs: by its line, its own times and its ending line."""
        grant = entry.grant
        if grant.scope is not Scope.STANDING or grant.copy_of is not None or grant.subject != entry.author:
            return False
        if entry.revoked is not None or not grant.covers(self._mailbox.present()):
            return False
        return ending_of(self._mailbox, entry.id, (entry.author,)) is None

    def terms(self, entry: BundleGrantEntry) -> BundleTerms:
        """What was chosen.

        Raises:
            Unavailable, VerificationFailed: that cannot be read here now; then nothing given under it is shown.
        """
        key = "terms", entry.grant.object, entry.grant.bundle_id
        chain_id = self._mailbox.chain_id
        bundle = self._mailbox.readings.now().once(
            key, lambda: read_terms(self._objects, entry.grant, chain_id=chain_id)
        )
        return bundle.terms

    def as_it_runs(self, line: Line) -> Line:
        """The line without what was given under a standing grant that is not there, does not run, or names it not."""
        given = {entry.grant.copy_of for entry in line.grants.values() if entry.grant.copy_of is not None}
        if not given:
            return line  # Nearly always.
        terms: dict[bytes, BundleTerms] = {}
        for entry in line.bundles.values():
            if entry.id in given and self.runs(entry):
                try:
                    terms[entry.id] = self.terms(entry)
                except BlockMRSError:
                    continue
        grants = {grant_id: entry for grant_id, entry in line.grants.items() if _is_shown(entry, terms)}
        return replace(line, grants=grants)


def _is_shown(entry: GrantEntry, terms: dict[bytes, BundleTerms]) -> bool:
    grant = entry.grant
    if grant.copy_of is None:
        return True
    of_it = terms.get(grant.copy_of) if grant.subject == entry.author else None
    return of_it is not None and covers(of_it, grant.purpose, grant.update_id)
