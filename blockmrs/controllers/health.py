"""`/healthz` and `/readyz`, for machines: alive; able to serve."""

from dataclasses import asdict
from typing import Any

import tg
from tg import TGController, expose

from blockmrs.controllers.context import PAGE
from blockmrs.services.health import HealthService


class HealthController(TGController):
    """The two answers; root gives them their addresses."""

    def __init__(self, health: HealthService) -> None:
        super().__init__()
        self._health = health

    @expose("json", allowed_methods=PAGE)
    def alive(self) -> dict[str, Any]:
        """The process answers."""
        return {"status": "ok"}

    @expose("json", allowed_methods=PAGE)
    def ready(self) -> dict[str, Any]:
        """Database, chain and store answer; 503 when reports could not be saved."""
        readiness = self._health.readiness()
        tg.response.status_int = 200 if readiness.is_ready else 503
        return {"status": "ok" if readiness.is_ready else "away", **asdict(readiness)}
