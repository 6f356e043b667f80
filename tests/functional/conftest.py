"""One installation for each file of tests, and a fresh browser for each test."""

from collections.abc import Iterator

import pytest
from webtest import TestApp

from tests.functional.site import TestSite, build_site


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestSite]:
    built = build_site(tmp_path_factory.mktemp("site"))
    yield built
    built.foundation.database.engine.dispose()


@pytest.fixture
def app(site: TestSite) -> TestApp:
    return site.browser()
