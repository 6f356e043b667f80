"""`/healthz` and `/readyz`, for machines: alive; able to serve."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import tg

from blockmrs.errors import BlockMRSError

if TYPE_CHECKING:
    from blockmrs.services.node.clock_watch import ClockWatch
    from blockmrs.services.node.health import HealthService


class HealthAnswers:
    """The two answers. Not a controller: TurboGears would serve it a second time, under its attribute's name."""

    def __init__(self, health: HealthService, watch: ClockWatch) -> None:
        self._health = health
        self._watch = watch

    def alive(self) -> dict[str, Any]:
        """The process answers."""
        return {"status": "ok"}

    def ready(self) -> dict[str, Any]:
        """How each part is; 503 if reports could not be saved, or if everything that was there is gone."""
        readiness = self._health.readiness()
        tg.response.status_int = 200 if readiness.is_ready else 503
        status = "away" if not readiness.is_ready else "ok" if readiness.is_well else "degraded"
        return {"status": status, **asdict(readiness), "clock": self._clock()}

    def _clock(self) -> str:
        """Whether this machine's clock can be believed; the operator's page says how far off it is."""
        try:
            state = self._watch.state()
        except BlockMRSError:
            return "unknown"
        return "ok" if state.is_believed else "behind" if state.behind else "jumped"
