"""A renewal names one update's new object, and is read as nothing else."""

import pytest

from blockmrs.cid import Cid
from blockmrs.domain.kinds import Scope
from blockmrs.domain.renewal import Renewal
from blockmrs.domain.sharing import Pointer
from blockmrs.errors import Malformed

RENEWAL = Renewal(b"u" * 32, b"s" * 32, Pointer(Cid(b"d" * 32), b"k" * 32))


def test_a_renewal_comes_back_as_it_was_written() -> None:
    assert Renewal.from_fields(RENEWAL.to_fields()) == RENEWAL


@pytest.mark.parametrize("scope", [scope for scope in Scope if scope is not Scope.RENEWAL])
def test_a_grant_of_another_scope_is_no_renewal(scope: Scope) -> None:
    with pytest.raises(Malformed):
        Renewal.from_fields({**RENEWAL.to_fields(), 6: int(scope)})


@pytest.mark.parametrize("key", [7, 8, 9, 13])
@pytest.mark.parametrize("value", [None, b"short", "s" * 32])
def test_a_renewal_lacks_nothing_that_it_names(key: int, value: object) -> None:
    with pytest.raises(Malformed):
        Renewal.from_fields({**RENEWAL.to_fields(), key: value})
