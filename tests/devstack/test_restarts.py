"""The pause before a restart."""

from devstack.restarts import RestartPause


def test_it_doubles_up_to_its_limit() -> None:
    pause = RestartPause()
    assert [pause.after(lived_seconds=1) for _ in range(8)] == [0.5, 1, 2, 4, 8, 16, 30, 30]


def test_a_minute_of_health_starts_over() -> None:
    pause = RestartPause()
    assert [pause.after(lived_seconds=lived) for lived in (1, 1, 59, 60, 1)] == [0.5, 1, 2, 0.5, 1]
