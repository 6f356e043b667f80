"""What the values of `services/lines/` have in common."""

import blockmrs.services.lines
from blockmrs.services.lines.reader import Line
from tests.support.values import loose, missing


def test_every_value_is_frozen_and_takes_no_other_names_but_the_line_that_is_filled_while_it_is_read() -> None:
    assert list(loose(blockmrs.services.lines)) == ["blockmrs.services.lines.reader.Line"]
    assert "__slots__" in vars(Line)


def test_every_name_that_a_module_offers_is_there() -> None:
    assert list(missing(blockmrs.services.lines)) == []
