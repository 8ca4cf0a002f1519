"""The guardian: `python -m devstack.guardian_process`. It waits for the launcher's end and then stops what is left."""

import json
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

from devstack import process_group
from devstack.charge import Charge


def main() -> None:
    """Each line read is the whole of what is to be stopped; the end of the pipe is the launcher's end."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    state: dict[str, Any] = {"charges": [], "remove_directory": ""}
    for line in sys.stdin:
        if line.endswith("\n"):
            state = json.loads(line)
    for charge in (Charge(**fields) for fields in reversed(state["charges"])):
        process_group.stop(charge.pid, charge.stop_steps)
        if charge.pid_file:
            Path(charge.pid_file).unlink(missing_ok=True)
    if state["remove_directory"]:
        shutil.rmtree(state["remove_directory"], ignore_errors=True)


if __name__ == "__main__":
    main()
