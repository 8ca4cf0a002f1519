"""Starts services and waits until they are ready, restarts those that die, stops them in reverse order."""

import time
from collections.abc import Callable, Sequence

from devstack import leftovers
from devstack.charge import Charge
from devstack.directories import DataDirectory
from devstack.errors import StackError, StopRequested
from devstack.guardian import Guardian
from devstack.output import say
from devstack.program import Program
from devstack.restarts import RestartPause
from devstack.service import Service
from devstack.signals import SignalInbox

_STARTING_SECONDS = 0.05  # between two looks at what is not ready yet
_WATCHING_SECONDS = 0.5  # between two looks at what should run; a death is seen at once


class _Watched:
    """A service and what is known of its health."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.pause = RestartPause()
        self.ready = False
        self.restart_at: float | None = None

    def overdue(self) -> bool:
        """Whether it runs without having become ready in time."""
        lived = time.monotonic() - self.service.started_at
        return not self.ready and lived > self.service.program.ready_seconds


class Supervisor:
    """Everything that a launcher runs."""

    def __init__(self, data: DataDirectory, inbox: SignalInbox, guardian: Guardian) -> None:
        self._data = data
        self._inbox = inbox
        self._guardian = guardian
        self._watched: list[_Watched] = []
        self._adopted: list[Charge] = []

    def start(self, programs: Sequence[Program], *, quiet: bool = False) -> None:
        """Start them together and wait until each is ready, or has done what it is for; one line each unless quiet.

        Raises:
            StackError: one ended, or was not ready in time.
            StopRequested: somebody asked the launcher to end.
        """
        waiting = [_Watched(Service(program, self._data)) for program in programs]
        for watched in waiting:
            self._watched.append(watched)
            self._launch(watched)
        while waiting:
            for watched in [watched for watched in waiting if self._became_ready(watched)]:
                waiting.remove(watched)
                if not quiet:
                    _announce(watched.service)
            if waiting:
                self._inbox.pause(_STARTING_SECONDS)

    def adopt(self, charge: Charge) -> None:
        """A process of somebody else's making, for the guardian to stop."""
        self._adopted.append(charge)
        self._guard()

    def watch(self, until: Callable[[], bool] = lambda: False) -> None:
        """Keep everything running.

        Raises:
            StopRequested: somebody asked the launcher to end.
        """
        while not until():
            self._guardian.ensure_alive()
            for watched in self._watched:
                self._look_at(watched)
            self._inbox.pause(_WATCHING_SECONDS)

    def stop(self) -> None:
        """Stop everything, the last started first. Asked a second time to end, it kills the rest."""
        hurry = False
        for watched in reversed(self._watched):
            try:
                watched.service.stop(hurry=hurry, pause=self._inbox.pause)
            except StopRequested:
                hurry = True
                watched.service.stop(hurry=True)
        self._watched.clear()
        self._guard()

    def _launch(self, watched: _Watched) -> None:
        watched.ready = False
        watched.restart_at = None
        watched.service.start()
        self._guard()

    def _guard(self) -> None:
        charges = [watched.service.charge() for watched in self._watched if watched.service.pid]
        self._guardian.watch_over(charges + self._adopted)
        leftovers.remember(self._data.processes, [charge.pid for charge in charges])

    def _became_ready(self, watched: _Watched) -> bool:
        service = watched.service
        code = service.exit_code()
        if code == 0 and service.program.ends:
            service.stop(hurry=True)
            self._watched.remove(watched)
            self._guard()
            return True
        if code is not None:
            raise StackError(_failure(service, f"failed ({_how(code)})"))
        if watched.overdue():
            raise StackError(_failure(service, f"was not ready within {service.program.ready_seconds:.0f} s"))
        watched.ready = not service.program.ends and service.program.is_ready()
        return watched.ready

    def _look_at(self, watched: _Watched) -> None:
        service = watched.service
        if watched.restart_at is not None:
            if time.monotonic() >= watched.restart_at:
                self._launch(watched)
        elif (code := service.exit_code()) is not None:
            self._restart_later(watched, f"ended ({_how(code)})")
        elif watched.overdue():
            self._restart_later(watched, "does not answer")
        elif not watched.ready and service.program.is_ready():
            watched.ready = True
            _announce(service)

    def _restart_later(self, watched: _Watched, what: str) -> None:
        service = watched.service
        service.stop(hurry=True)  # what is left of its group may hold its port
        seconds = watched.pause.after(time.monotonic() - service.started_at)
        watched.restart_at = time.monotonic() + seconds
        say(f"{service.name} {what}: starting it again in {seconds:g} s. See {service.log}")


def _announce(service: Service) -> None:
    where = "done" if service.program.ends else service.program.address or f"pid {service.pid}"
    say(f"{service.name:<12} {where:<24} {time.monotonic() - service.started_at:5.1f} s")


def _failure(service: Service, what: str) -> str:
    return f"{service.name} {what}: {service.last_words()} (all of it: {service.log})"


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
