"""`devstack manage`: a command of manage.py in the world of a running start."""

import os
import sys
from collections.abc import Sequence

from devstack import environment_file, lock
from devstack.directories import ROOT, DataDirectory
from devstack.errors import StackError
from devstack.run_settings import RunSettings


def run(settings: RunSettings, arguments: Sequence[str]) -> None:
    """Become the command; never returns.

    Raises:
        StackError: nothing runs on the data directory.
    """
    data = DataDirectory(settings.data_directory)
    if not lock.is_held(data):
        raise StackError(f"Tidewatch does not run on DATA_DIR {data.path}. Start it first: make run")
    environment = dict(settings.environment) | environment_file.read(data.environment)
    os.execve(sys.executable, [sys.executable, str(ROOT / "manage.py"), *arguments], environment)  # noqa: S606
