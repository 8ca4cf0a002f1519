"""`devstack install`: whose npm, on which machine."""

import os
import platform
from pathlib import Path

import pytest

from devstack import install
from devstack.directories import ROOT
from devstack.errors import StackError


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An npm on the PATH that answers its version and fails at everything else."""
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.defpath}")
    file = tmp_path / "npm"
    file.write_text('#!/bin/sh\n[ "$1" = --version ] && echo 10.8.2 || { echo "no network" >&2; exit 1; }\n')
    file.chmod(0o755)
    return file


def test_a_failure_is_told_in_npms_words(npm: Path) -> None:
    with pytest.raises(StackError) as raised:
        install.run()
    assert str(raised.value) == f"{npm} ci failed in devstack/:\nno network"


@pytest.mark.parametrize(("system", "machine"), [("Darwin", "arm64"), ("Linux", "aarch64"), ("Windows", "AMD64")])
def test_another_machine_is_refused(monkeypatch: pytest.MonkeyPatch, system: str, machine: str) -> None:
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    with pytest.raises(StackError, match=f"this is {system} on {machine}"):
        install.run()


def test_the_lock_names_no_host() -> None:
    assert "://" not in (ROOT / "devstack" / "package-lock.json").read_text()
