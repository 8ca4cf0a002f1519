"""Charts: every value within the picture, in the order of time, no line over a gap."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from analytics.line_chart import HEIGHT, WIDTH, line_chart

START = datetime(2025, 3, 10, tzinfo=UTC)
values = st.lists(st.none() | st.floats(0, 1e12, allow_nan=False), max_size=50)


@given(values)
def test_every_value_has_its_place(given_values: list[float | None]) -> None:
    points = [(START + n * timedelta(days=1), value) for n, value in enumerate(given_values)]
    chart = line_chart(points)
    assert [(dot.at, dot.value) for dot in chart.dots] == [point for point in points if point[1] is not None]
    assert all(0 <= dot.x <= WIDTH and 0 <= dot.y <= HEIGHT for dot in chart.dots)
    assert [dot.x for dot in chart.dots] == sorted(dot.x for dot in chart.dots)
    for higher in chart.dots:
        assert all(higher.y <= dot.y for dot in chart.dots if dot.value <= higher.value)


def test_no_line_crosses_a_gap() -> None:
    points = [(START + n * timedelta(days=1), value) for n, value in enumerate([1.0, 2.0, None, 3.0])]
    assert [len(piece) for piece in line_chart(points).pieces] == [2, 1]
    assert line_chart([]).dots == []
    assert line_chart([(START, None)]).lines == []
