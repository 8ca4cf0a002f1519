"""What is measured: the web application in this process, and a worker beside it."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.test import Client

from accounts.models import User
from accounts.tokens import access_token_sign

STATS = "/api/v1/stats"
_START_SECONDS = 60


class Caller:
    """Somebody who asks through the whole web application."""

    def __init__(self, user: User) -> None:
        self._client = Client(SERVER_NAME="127.0.0.1")
        self._headers = {"Authorization": f"Bearer {access_token_sign(user=user)}"}

    def get(self, path: str) -> Any:
        """What is answered."""
        return self._checked(self._client.get(STATS + path, headers=self._headers))

    def post(self, path: str) -> Any:
        """What is answered."""
        answer = self._client.post(STATS + path, "{}", content_type="application/json", headers=self._headers)
        return self._checked(answer)

    def _checked(self, answer: Any) -> Any:
        if answer.status_code not in {200, 202}:
            raise RuntimeError(f"{answer.status_code}: {answer.content!r}")
        return answer.json()


@contextmanager
def worker() -> Iterator[None]:
    """A Celery worker beside this process, as `make run` starts one."""
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready"
        command = [sys.executable, "-m", "celery", "-A", "celery_worker", "worker", "--concurrency", "2"]
        process = subprocess.Popen(
            [*command, "--without-mingle", "--without-gossip"],
            env=os.environ | {"READY_FILE": str(ready)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            deadline = time.monotonic() + _START_SECONDS
            while not ready.exists():
                if time.monotonic() > deadline or process.poll() is not None:
                    raise RuntimeError("the worker did not start")
                time.sleep(0.1)
            yield
        finally:
            process.terminate()
            process.wait(timeout=30)
