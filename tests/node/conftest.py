"""What the tests here may use."""

from tests.support.fixtures import app, machine, original, other, saved, site, worlds

__all__ = ["app", "machine", "original", "other", "saved", "site", "worlds"]
