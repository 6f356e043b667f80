"""What the values of `crypto/` have in common."""

import blockmrs.crypto
from tests.support.values import loose, missing


def test_every_value_is_frozen_and_takes_no_other_names() -> None:
    assert list(loose(blockmrs.crypto)) == []


def test_every_name_that_a_module_offers_is_there() -> None:
    assert list(missing(blockmrs.crypto)) == []
