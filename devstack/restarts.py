"""How long to wait before a service that died is started again."""

FIRST_SECONDS = 0.5
LONGEST_SECONDS = 30.0
HEALTHY_SECONDS = 60.0


class RestartPause:
    """Doubles with each death, and starts over after a minute of health."""

    def __init__(self) -> None:
        self._next_seconds = FIRST_SECONDS

    def after(self, lived_seconds: float) -> float:
        """Seconds to wait after a death."""
        if lived_seconds >= HEALTHY_SECONDS:
            self._next_seconds = FIRST_SECONDS
        seconds = self._next_seconds
        self._next_seconds = min(2 * seconds, LONGEST_SECONDS)
        return seconds
