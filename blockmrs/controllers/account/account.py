"""The pages of an account: which controller answers which address. Each is in a file of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blockmrs.controllers.account.admin import AdminController
from blockmrs.controllers.account.join import JoinController
from blockmrs.controllers.account.leaving import LeftController
from blockmrs.controllers.account.login import LoginController, LogoutController, RecoverController
from blockmrs.controllers.account.settings import SettingsController
from blockmrs.controllers.account.setup import SetupController
from blockmrs.controllers.account.signup import SignupController

if TYPE_CHECKING:
    from blockmrs.services.container import Services


def account_controllers(services: Services) -> dict[str, Any]:
    """By the first part of their address."""
    identity = services.identity
    return {
        "signup": SignupController(identity, services.joining),
        "login": LoginController(identity, services.rights, services.reminders),
        "logout": LogoutController(identity),
        "recover": RecoverController(identity),
        "settings": SettingsController(identity, services.departures),
        "setup": SetupController(identity),
        "admin": AdminController(services.overview, services.organisations, services.identity.questions),
        "left": LeftController(services.departures),
        "join": JoinController(services.joining, services.teams, services.organisations),
    }
