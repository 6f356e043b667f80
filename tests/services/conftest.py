"""What the tests here may use."""

from tests.support.fixtures import app, site

__all__ = ["app", "site"]
