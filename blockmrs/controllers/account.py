"""The pages of an account: which controller answers which address. Each stands in a file of its own."""

from typing import Any

from blockmrs.controllers.admin import AdminController
from blockmrs.controllers.join import JoinController
from blockmrs.controllers.login import LoginController, LogoutController, RecoverController
from blockmrs.controllers.settings import SettingsController
from blockmrs.controllers.setup import SetupController
from blockmrs.controllers.signup import SignupController
from blockmrs.services.container import Services


def account_controllers(services: Services) -> dict[str, Any]:
    """By the first part of their address."""
    identity = services.identity
    return {
        "signup": SignupController(identity, services.joining),
        "login": LoginController(identity, services.rights),
        "logout": LogoutController(identity),
        "recover": RecoverController(identity),
        "settings": SettingsController(identity),
        "setup": SetupController(identity),
        "admin": AdminController(services.overview, services.organisations),
        "join": JoinController(services.joining, services.teams, services.organisations),
    }
