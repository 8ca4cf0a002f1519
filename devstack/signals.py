"""Signals as something the launcher's one thread waits for."""

import os
import select
import signal
from types import FrameType, TracebackType
from typing import Self

from devstack.errors import StopRequested

_STOP = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class SignalInbox:
    """While open, SIGINT, SIGTERM and SIGHUP become StopRequested at the next pause; a child's end cuts it short."""

    def __init__(self) -> None:
        self._asked: list[int] = []
        self._receiving, self._sending = os.pipe()
        for descriptor in (self._receiving, self._sending):
            os.set_blocking(descriptor, False)

    def __enter__(self) -> Self:
        signal.set_wakeup_fd(self._sending, warn_on_full_buffer=False)
        self._earlier = {number: signal.getsignal(number) for number in (*_STOP, signal.SIGCHLD)}
        for number in _STOP:
            # nohup ignores SIGHUP so that closing the terminal ends nothing.
            if number != signal.SIGHUP or self._earlier[number] != signal.SIG_IGN:
                signal.signal(number, self._note)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.set_wakeup_fd(-1)
        for number, handler in self._earlier.items():
            signal.signal(number, handler)
        os.close(self._receiving)
        os.close(self._sending)

    def pause(self, seconds: float) -> None:
        """Sleep until a signal comes, at most `seconds`.

        Raises:
            StopRequested: somebody asked the launcher to end; each asking raises once.
        """
        self._raise_if_asked()
        readable, _, _ = select.select([self._receiving], [], [], seconds)
        if readable:
            os.read(self._receiving, 4096)
        self._raise_if_asked()

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self._asked.append(number)

    def _raise_if_asked(self) -> None:
        if self._asked:
            raise StopRequested(self._asked.pop(0))
