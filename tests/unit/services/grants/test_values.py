"""What the values of `services/grants/` have in common."""

import blockmrs.services.grants
from tests.support.values import loose


def test_every_value_is_frozen_and_takes_no_other_names() -> None:
    assert list(loose(blockmrs.services.grants)) == []
