"""What the web layer needs to know of the settings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import TYPE_CHECKING

from blockmrs.controllers.site.operator import Operator
from blockmrs.domain.triage.places import DEFAULT_CRISIS_LINES, CrisisLine, parse_crisis_lines, places_of

if TYPE_CHECKING:
    from blockmrs.controllers.site.assets import Assets
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.sharing.right_news import RightNews


@dataclass(frozen=True, slots=True)
class Site:
    """How this site is reached and what it says; built once by `config`.

    `zone` counts for browsers that say none; None: the machine's own. `session_s` is how long a session lasts at most.
    """

    find_actor: Callable[[str], Actor | None]
    assets: Assets
    one_reading: Callable[[], AbstractContextManager[None]] = nullcontext
    family_news: Callable[[Actor], Sequence[RightNews]] = lambda _actor: ()
    hosts: frozenset[str] = frozenset({"127.0.0.1", "localhost", "[::1]"})
    secure_cookies: bool = False
    emergency_number: str = "911"
    crisis_lines: tuple[CrisisLine, ...] = parse_crisis_lines(DEFAULT_CRISIS_LINES)
    language: str = "en"
    operator: Operator = field(default_factory=Operator)
    zone: tzinfo | None = None
    body_bytes: int = 262_144
    session_s: int = 43_200

    @property
    def places(self) -> dict[str, str]:
        """What the operator fills into the rules' texts."""
        return places_of(self.crisis_lines)

    @property
    def cookie_name(self) -> str:
        """The cookie's name. With the prefix, browsers accept it only from this host, over HTTPS, for every path."""
        return "__Host-blockmrs" if self.secure_cookies else "blockmrs"

    @property
    def language_cookie_name(self) -> str:
        """The name of the cookie that keeps the chosen language."""
        return f"{self.cookie_name}-language"

    @property
    def zone_cookie_name(self) -> str:
        """The name of the cookie in which a page's script says the browser's time zone."""
        return f"{self.cookie_name}-zone"

    @property
    def known_cookie_name(self) -> str:
        """The name of the cookie by which a browser is known to the accounts that have signed in with it."""
        return f"{self.cookie_name}-known"
