"""A clock that a test moves."""


class Clock:
    """Stands still until `now` is changed."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        """As time.monotonic."""
        return self.now
