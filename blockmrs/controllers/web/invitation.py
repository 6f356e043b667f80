"""An invitation as it is handed on: a code to say, a link and a QR code to open, a text message with the words ready.

The code stands in the link's fragment, which no browser sends (RFC 9110, 7.1): public/js/page/join.js takes it out of
the address bar and fills in the form of `/join`. Opening the link accepts nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tg.i18n import ugettext as _

from blockmrs.controllers.site import times
from blockmrs.controllers.site.hand_on import QrDrawing, draw_qr, text_message
from blockmrs.controllers.web.context import site_address

if TYPE_CHECKING:
    from datetime import datetime

_PAGE = "/join"


@dataclass(frozen=True, slots=True)
class Handout:
    """What a page shows, once, of a new invitation. `join`: where its code is typed; `text`: opens a text message."""

    code: str = field(repr=False)
    until: datetime
    join: str
    link: str = field(repr=False)
    qr: QrDrawing
    text: str = field(repr=False)


def hand_out(code: str, until: datetime, opening: str) -> Handout:
    """The invitation with that code, which works until then; `opening` is the message's first sentence."""
    join = site_address() + _PAGE
    link = f"{join}#{code}"
    lines = [
        opening,
        _("Open this link:"),
        link,
        _("Or go to %(address)s and type this code: %(code)s") % {"address": join, "code": code},
        _("It works once, until %(time)s.") % {"time": times.full(until)},
    ]
    return Handout(code, until, join, link, draw_qr(link), text_message("\n".join(lines)))
