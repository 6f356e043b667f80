"""A chart shows from three points on, inside its frame, and its numbers never lie on each other."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from blockmrs.controllers.followup.trend import draw_trend

points = st.lists(st.tuples(st.integers(0, 120), st.integers(0, 10)), min_size=3, max_size=40).map(sorted)


def test_two_points_make_no_chart() -> None:
    assert draw_trend([(1, 5), (3, 2)], 10) is None


@given(points)
def test_every_point_lies_inside_the_frame_and_later_ones_further_right(given_points) -> None:
    trend = draw_trend(given_points, 10)
    assert trend is not None
    assert len(trend.points) == len(given_points) == trend.line.count(",")
    for (day, value), mark in zip(given_points, trend.points, strict=True):
        assert trend.left <= mark.x <= trend.right
        assert 0 < mark.y <= trend.floor
        assert (mark.y == trend.floor) is (value == 0), day
    assert [mark.x for mark in trend.points] == sorted(mark.x for mark in trend.points)


def test_checks_of_one_day_stand_side_by_side_on_that_day() -> None:
    trend = draw_trend([(1, 5), (1, 5), (1, 2), (3, 2), (7, 0), (7, 0)], 10)
    assert trend is not None
    places = [mark.x for mark in trend.points]
    assert all(right - left >= 10 for left, right in pairwise(places))
    day = {mark.text: mark.x for mark in trend.days}
    assert day["1"] == places[0] < places[2] < day["3"] == places[3]
    assert trend.days[-1].text == "7"


@given(points)
def test_the_numbers_of_the_days_leave_room_for_each_other_and_the_last_one_stands(given_points) -> None:
    trend = draw_trend(given_points, 10)
    assert trend is not None
    places = [mark.x for mark in trend.days]
    assert all(right - left >= 26 for left, right in pairwise(places))
    assert trend.days[-1].text == str(max(7, *(day for day, _ in given_points)))
