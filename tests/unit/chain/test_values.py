"""What the values of `chain/` have in common."""

import blockmrs.chain
from blockmrs.chain.merkle import Frontier
from tests.support.values import loose, missing


def test_every_value_is_frozen_and_takes_no_other_names_but_the_one_that_grows() -> None:
    assert list(loose(blockmrs.chain)) == ["blockmrs.chain.merkle.Frontier"]
    assert "__slots__" in vars(Frontier)


def test_every_name_that_a_module_offers_is_there() -> None:
    assert list(missing(blockmrs.chain)) == []
