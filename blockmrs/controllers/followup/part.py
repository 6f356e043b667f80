"""What every page of one report begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tg import TGController

if TYPE_CHECKING:
    from blockmrs.services.container import Services


class ReportPart(TGController):
    """Pages of the report at `address`; made for one request."""

    def __init__(self, services: Services, address: str) -> None:
        super().__init__()
        self._services = services
        self._address = address
