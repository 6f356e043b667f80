"""What every page of one report begins with; and what a clinician's pages about a shared report have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

from tg import TGController, redirect

from blockmrs.errors import NotAuthorized

if TYPE_CHECKING:
    from collections.abc import Callable

    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.container import Services

_Given = TypeVar("_Given")


class ReportPart(TGController):
    """Pages of the report at `address`; made for one request."""

    def __init__(self, services: Services, address: str) -> None:
        super().__init__()
        self._services = services
        self._address = address


class SharedReportPart(ReportPart):
    """Pages below a report that was shared with an organisation of the reader's, and that they have opened."""

    @property
    def _page(self) -> str:
        """The report's own page in the inbox."""
        return f"/inbox/{quote(self._address, safe='')}"

    def _opened(self, actor: Actor, ask: Callable[[Actor, str], _Given]) -> _Given:
        """What `ask` answers of the report; whoever has not opened it yet is sent to its cover.

        Raises:
            NotAuthorized: the reader wrote the report, or acts for the player: this is not theirs to do.
        """
        try:
            return ask(actor, self._address)
        except NotAuthorized:
            if self._services.sharing.is_author_or_family(actor, self._address):
                raise
            redirect(self._page)  # It has not been opened yet: its cover says what opening means.
            raise
