"""What can go wrong in a way the reader of one line can mend."""


class StackError(Exception):
    """Its text says what is wrong and what to do; the command line shows it and exits with 1."""


class StopRequested(Exception):
    """Somebody asked the launcher to end: Ctrl-C, SIGTERM or SIGHUP."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number
