"""`devstack run`: the whole of Tidewatch, and the starts that it refuses."""

import fcntl
import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from devstack import process_group
from devstack.directories import DataDirectory
from tests.devstack.launched import finish, launch, launch_program, pid_of, processes_of, wait_until

pytestmark = pytest.mark.stack
SERVICES = ("postgresql", "redis", "clickhouse", "s3", "web", "writer", "worker", "beat")


def _free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return str(server.getsockname()[1])


def test_it_works(tmp_path: Path) -> None:
    data, port = DataDirectory(tmp_path / "data"), _free_port()
    variables = {"DATA_DIR": str(data.path), "PORT": port, "DEMO": "0"}
    launched = launch(["run"], **variables)
    assert launched.stdout
    lines = [launched.stdout.readline()]
    while lines[-1] and not lines[-1].startswith("ready"):
        lines.append(launched.stdout.readline())
    assert lines[-1] == f"ready http://127.0.0.1:{port}\n", lines
    assert {line.split()[0] for line in lines} >= set(SERVICES)
    assert all(process_group.alive(pid_of(data, service)) for service in SERVICES)
    assert all(data.log(service).exists() for service in SERVICES)

    again = finish(launch(["run"], **variables))
    assert again[0] == 1
    assert again[1].startswith(f"Tidewatch already runs on DATA_DIR {data.path} (pid {launched.pid}).")
    assert finish(launch(["manage", "check"], **variables))[0] == 0

    web = pid_of(data, "web")
    os.kill(web, signal.SIGKILL)
    wait_until(lambda: pid_of(data, "web") not in {0, web})
    launched.send_signal(signal.SIGINT)
    code, rest = finish(launched)
    assert code == 0, rest
    assert "web ended (signal 9)" in rest
    assert processes_of(data.path) == []
    assert list(data.run.glob("*.pid")) == []


def test_a_start_waits_for_the_guardian_of_a_killed_one(data: DataDirectory) -> None:
    with data.guardian_lock.open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        launched = launch(["run"], DATA_DIR=str(data.path), PORT=_free_port())
        assert launched.stdout
        assert launched.stdout.readline() == "An earlier start is still being stopped: waiting for it\n"
        launched.send_signal(signal.SIGINT)
        assert finish(launched) == (0, "stopped\n")


def test_a_taken_port_is_one_line(data: DataDirectory) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code, output = finish(launch(["run"], DATA_DIR=str(data.path), PORT=str(port)))
    assert code == 1
    assert output == (
        f"Cannot listen on 127.0.0.1 port {port}: Address already in use. "
        "Stop what uses it, or choose another: make run HOST=127.0.0.1 PORT=8001\n"
    )


def test_a_directory_that_cannot_be_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    code, output = finish(launch(["run"], DATA_DIR=str(tmp_path / "file" / "data"), PORT=_free_port()))
    assert code == 1
    assert output == (
        f"Cannot write to DATA_DIR {tmp_path}/file/data: Not a directory. "
        "Make it writable or choose another: make run DATA_DIR=/some/where\n"
    )


def test_manage_needs_a_running_start(data: DataDirectory) -> None:
    code, output = finish(launch(["manage", "check"], DATA_DIR=str(data.path)))
    assert code == 1
    assert output == f"Tidewatch does not run on DATA_DIR {data.path}. Start it first: make run\n"


def test_it_ends_with_its_parent(data: DataDirectory) -> None:
    """A shell starts it, as make does, and is killed."""
    command = f"{sys.executable} -m devstack run --stop-with-parent; true"
    with data.guardian_lock.open("ab") as lock:  # keeps the start from going far
        fcntl.flock(lock, fcntl.LOCK_EX)
        shell = launch_program(["sh", "-c", command], DATA_DIR=str(data.path), PORT=_free_port())
        assert shell.stdout
        shell.stdout.readline()
        shell.kill()
        assert finish(shell)[1] == "stopped\n"
