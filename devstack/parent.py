"""Ends with whoever started us."""

import ctypes
import os
import signal

_PR_SET_PDEATHSIG = 1


def stop_with_it() -> None:
    """Ask the kernel for a SIGTERM when the parent is gone, however it went."""
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it went meanwhile
        os.kill(os.getpid(), signal.SIGTERM)
