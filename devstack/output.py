"""The launcher's only way to speak."""

import contextlib
import os


def say(line: str) -> None:
    """Print one line at once."""
    # A closed terminal or pipe is no reason to stop the servers; SIGHUP is.
    with contextlib.suppress(BrokenPipeError, OSError):
        os.write(1, f"{line}\n".encode())
