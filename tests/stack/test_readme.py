"""The README's walk through the main job, run as it stands; its answers are the ones shown."""

import json
import re
import subprocess
from typing import Any
from uuid import uuid4

import pytest

from tests.stack.conftest import ROOT, Running, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]

VOLATILE = {"received_at", "computed_at", "computed_through", "next"}
MARK = "=== next block ==="


def blocks() -> list[tuple[str, Any]]:
    """(the shell's lines, the answer shown below them) of each ```bash block."""
    text = (ROOT / "README.md").read_text()
    found = re.findall(r"```bash\n(.*?)```\n(?:```json\n(.*?)```)?", text, re.DOTALL)
    return [(shell, json.loads(answer) if answer else None) for shell, answer in found]


def without_volatile(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_volatile(inner) for name, inner in value.items() if name not in VOLATILE}
    return [without_volatile(inner) for inner in value] if isinstance(value, list) else value


def writer_works(running: Running) -> None:
    """Return when an event gets through: other tests kill the writer, and the walk waits but seconds for it."""
    client, user_id = running.client(), f"walker-{uuid4()}"
    event = {
        "event_id": str(uuid4()),
        "user_id": user_id,
        "event_type": "walked",
        "occurred_at": "2025-03-01T09:00:00Z",
    }
    assert client.post("/events", json={"events": [event]}).status_code == 202
    wait_until(lambda: client.get("/events", params={"user_id": user_id}).json()["count"], what="the event")


def test_the_walk(running: Running) -> None:
    writer_works(running)
    walk = blocks()
    assert len([answer for _, answer in walk if answer]) >= 4
    script = f"\necho '{MARK}'\n".join(shell for shell, _ in walk).replace("http://127.0.0.1:8000", running.url)
    ran = subprocess.run(["bash", "-e", "-c", script], capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
    for printed, (_, shown) in zip(ran.stdout.split(MARK), walk, strict=True):
        if shown is not None:
            assert without_volatile(json.loads(printed)) == without_volatile(shown)
