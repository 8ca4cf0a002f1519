"""The supervisor with small programs in the place of servers."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devstack import process_group
from devstack.directories import DataDirectory
from devstack.errors import StackError, StopRequested
from devstack.guardian import Guardian
from devstack.program import Program
from devstack.signals import SignalInbox
from devstack.supervisor import Supervisor
from tests.devstack.launched import pid_of

pytestmark = pytest.mark.stack
ENVIRONMENT = {"PATH": os.environ["PATH"]}
# Says when it may be asked to end, and notes in a file that it was.
POLITE = 'trap "echo $0 >> {notes}; exit" TERM; touch "$READY_FILE"; while :; do sleep 0.02; done'
DEAF = 'trap "" TERM; touch "$READY_FILE"; while :; do sleep 0.02; done'


@pytest.fixture
def inbox() -> Iterator[SignalInbox]:
    with SignalInbox() as inbox:
        yield inbox


@pytest.fixture
def guardian(data: DataDirectory) -> Iterator[Guardian]:
    guardian = Guardian(data)
    yield guardian
    guardian.release()


@pytest.fixture
def supervisor(data: DataDirectory, inbox: SignalInbox, guardian: Guardian) -> Iterator[Supervisor]:
    supervisor = Supervisor(data, inbox, guardian)
    yield supervisor
    supervisor.stop()


def script(data: DataDirectory, name: str, text: str, **more: Any) -> Program:
    """A shell script that touches READY_FILE; its $0 is its name."""
    command = ["sh", "-c", text, name]
    return Program(name=name, command=command, environment=ENVIRONMENT, is_ready=data.ready_file(name).exists, **more)


def test_it_works(data: DataDirectory, supervisor: Supervisor, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    programs = [script(data, name, POLITE.format(notes=notes)) for name in ("first", "second", "third")]
    supervisor.start(programs)
    assert all(process_group.alive(pid_of(data, program.name)) for program in programs)
    supervisor.stop()
    assert notes.read_text().split() == ["third", "second", "first"]
    assert [file.stem for file in data.run.glob("*.pid")] == ["guardian"]


def test_each_ready_service_is_one_line(
    data: DataDirectory, supervisor: Supervisor, capfd: pytest.CaptureFixture[str]
) -> None:
    supervisor.start([script(data, "server", DEAF, address="127.0.0.1:1", stop_steps=())])
    supervisor.start([script(data, "task", "exit 0", ends=True)])
    server, task = capfd.readouterr().out.splitlines()
    assert server.split()[:2] == ["server", "127.0.0.1:1"]
    assert task.split()[:2] == ["task", "done"]


@pytest.mark.parametrize(
    ("text", "more", "message"),
    [
        ("echo no room; exit 3", {}, "it failed (exit code 3): no room"),
        ("echo no room; exit 3", {"ends": True}, "it failed (exit code 3): no room"),
        ("exit 0", {}, "it failed (exit code 0): it said nothing"),
        ("kill -9 $$", {}, "it failed (signal 9)"),
        ("echo still reading; sleep 60", {"ready_seconds": 0.2}, "it was not ready within 0 s: still reading"),
    ],
)
def test_what_does_not_start_says_why(
    data: DataDirectory, supervisor: Supervisor, text: str, more: dict[str, Any], message: str
) -> None:
    with pytest.raises(StackError) as raised:
        supervisor.start([script(data, "it", text, **more)])
    assert str(raised.value).startswith(message)
    assert str(data.log("it")) in str(raised.value)


def test_a_service_that_dies_is_started_again_after_the_rest_of_its_group(
    data: DataDirectory, supervisor: Supervisor, capfd: pytest.CaptureFixture[str]
) -> None:
    supervisor.start([script(data, "it", f"sleep 300 & {DEAF}", stop_steps=())])
    first = pid_of(data, "it")
    assert len(process_group.members(first)) > 1
    os.kill(first, signal.SIGKILL)
    supervisor.watch(until=lambda: pid_of(data, "it") not in {0, first} and data.ready_file("it").exists())
    assert process_group.members(first) == []
    assert "it ended (signal 9): starting it again in 0.5 s" in capfd.readouterr().out


def test_one_that_is_deaf_is_killed(data: DataDirectory, supervisor: Supervisor) -> None:
    supervisor.start([script(data, "it", DEAF, stop_steps=((signal.SIGTERM, 0.1),))])
    pid = pid_of(data, "it")
    supervisor.stop()
    assert not process_group.alive(pid)


def test_asked_twice_it_hurries(data: DataDirectory, supervisor: Supervisor) -> None:
    supervisor.start([script(data, "it", DEAF, stop_steps=((signal.SIGTERM, 300.0),))])
    pid = pid_of(data, "it")
    os.kill(os.getpid(), signal.SIGINT)
    with pytest.raises(StopRequested):
        supervisor.watch()
    os.kill(os.getpid(), signal.SIGINT)
    supervisor.stop()
    assert not process_group.alive(pid)
