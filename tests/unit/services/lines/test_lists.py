"""Lists of what stands on a line: each update once, where its author gave it first."""

from blockmrs.services.lines.contents import Item, Sort, first_grants, newest_once


def report(index: int, update: bytes, by: bytes = b"a", key: bytes = b"") -> Item:
    return Item(
        index, Sort.REPORT, update * 32, (key or update) * 16, index=index, by=by * 16, of_reader=True
    )  # fmt: skip


def test_an_update_that_is_given_again_keeps_its_first_place() -> None:
    items = [report(1, b"x"), report(2, b"y"), report(3, b"x")]
    assert [item.index for item in first_grants(items)] == [1, 2]
    assert [item.index for item in newest_once(items)] == [2, 1]


def test_another_signers_grant_is_told_apart_and_not_taken_for_the_first() -> None:
    items = [report(1, b"x"), report(2, b"x", by=b"b")]
    assert [item.index for item in first_grants(items)] == [1, 2]


def test_of_two_updates_of_one_pressing_of_save_the_newer_is_shown() -> None:
    items = [report(1, b"x", key=b"k"), report(2, b"z"), report(3, b"y", key=b"k")]
    assert [item.index for item in newest_once(items)] == [3, 2]


def test_somebody_elses_draft_mark_hides_no_report() -> None:
    items = [report(1, b"x", key=b"k"), report(2, b"y", by=b"b", key=b"k")]
    assert [item.index for item in newest_once(items)] == [2, 1]
