"""Whoever runs this site, as far as they say it: how to reach them, and their terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from blockmrs.domain.phones import PhoneNumber


@dataclass(frozen=True, slots=True)
class Operator:
    """`email`, `phones` and `url` (of a page of theirs) may each be empty. `terms` are plain text, by language."""

    email: str = ""
    phones: tuple[PhoneNumber, ...] = ()
    url: str = ""
    terms: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_reachable(self) -> bool:
        """Whether they say any way to reach them."""
        return bool(self.email or self.phones or self.url)

    def terms_in(self, language: str) -> str:
        """Their terms in that language, or in another if there are none in it; "" if they have no terms."""
        return self.terms.get(language) or next(iter(self.terms.values()), "")
