"""What outlived launcher and guardian is stopped by the next start, and nobody else."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack import leftovers, process_group


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "processes.json"


@pytest.fixture
def sleeper() -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen(["sleep", "300"], start_new_session=True) as process:
        yield process
        process.kill()


def test_it_works(file: Path, sleeper: "subprocess.Popen[bytes]") -> None:
    leftovers.remember(file, [sleeper.pid])
    leftovers.stop(file)
    assert not process_group.alive(sleeper.pid)


def test_a_stranger_with_the_same_pid_is_left_alone(file: Path, sleeper: "subprocess.Popen[bytes]") -> None:
    leftovers.remember(file, [sleeper.pid])
    ((pid, identity),) = json.loads(file.read_text()).items()
    file.write_text(json.dumps({pid: identity + "1"}))
    leftovers.stop(file)
    assert process_group.alive(sleeper.pid)


@pytest.mark.parametrize("text", [None, "", "{"])
def test_without_a_memory_nothing_happens(file: Path, text: str | None) -> None:
    if text is not None:
        file.write_text(text)
    leftovers.stop(file)


def test_one_that_had_ended_is_not_looked_for(file: Path) -> None:
    leftovers.remember(file, [2**22 + 1])  # above the largest pid
    leftovers.stop(file)
    assert not file.exists()
